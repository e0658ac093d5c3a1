"""The foot of a page: its results as JSON, a link, a session file, a report, the same in Python, the model."""

import json
from urllib.parse import urlsplit

import streamlit as st

from analysis.errors import InputError
from analysis.types import Provenance
from dashboard.pages import PAGES
from dashboard.paper import link, session
from dashboard.paper.page_report import report_of
from dashboard.paper.report import html_report
from dashboard.paper.snippet import snippet
from dashboard.screen import cache, opening
from dashboard.screen.markup import plain
from dashboard.screen.show import download_json, now, provenance_line
from dashboard.screen.shown import Shown

_SHARE, _SESSION, _REPORT, _PYTHON = "share", "session", "report", "python"
_WAYS = {
    _SHARE: ":material/share: Share a link",
    _SESSION: ":material/save: Session file",
    _REPORT: ":material/article: Report",
    _PYTHON: ":material/code: Copy as Python",
}
_TOLD = "way_out.told"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def foot(shown: Shown) -> None:
    """Everything that takes a page's results on, and what became of a session file that was opened here."""
    sources = [each.provenance for each in shown.results.found.values()]
    if not sources:
        return
    _jsons(shown)
    _check(shown, sources[0])
    wanted = st.pills(
        "Send it on",
        list(_WAYS),
        format_func=_WAYS.__getitem__,
        key=shown.key("way_out"),
        label_visibility="collapsed",
    )
    if wanted is not None:
        with st.container(border=True):
            if wanted == _SHARE:
                _share(shown)
            elif wanted == _SESSION:
                _session(shown, sources[0])
            elif wanted == _REPORT:
                _report(shown)
            else:
                st.caption("Run it in Pretext's folder: it gives the numbers of this page.")
                st.code(snippet(shown.page, shown.view, shown.work.questions), language="python")
    provenance_line(sources[0])


def _jsons(shown: Shown) -> None:
    names = list(shown.page.exports(shown.view, shown.results))
    with st.container(horizontal=True):
        for name in names:
            download_json(
                lambda name=name: shown.page.exports(shown.view, shown.results)[name],
                name=name.replace("_", "-"),
                key=shown.key(f"json.{name}"),
                label="Download JSON" if len(names) == 1 else f"JSON, {name.replace('_', ' ')}",
            )


def _share(shown: Shown) -> None:
    try:
        st.code(link.link(st.context.url or "", shown.view, PAGES), language=None, wrap_lines=True)
    except InputError as error:
        st.info(plain(str(error)), icon=":material/link_off:")
        return
    st.caption(
        "The link holds this page's texts and options and opens them as they are here: whoever has it can read them."
    )
    if (urlsplit(st.context.url or "").hostname or "") in _LOOPBACK:
        st.caption(
            "This Pretext answers on this machine only: for others the link works where theirs runs at the same "
            "address (make run); a session file works everywhere."
        )
    if any(spec.startswith(("/", ".", "~")) for spec in shown.page.models(shown.view)):
        st.caption("The model is a folder of this machine: whoever opens the link needs the same one.")


def _session(shown: Shown, source: Provenance) -> None:
    if not shown.work.complete:
        st.caption("A session file can be saved when everything has been read.")
        return
    st.caption(
        "The view with its results, as JSON. Opened again, in the sidebar, it is computed anew, and the page says "
        "whether the numbers agree."
    )
    st.download_button(
        "Download the session file",
        lambda: session.dump(shown.view, source, dict(shown.page.exports(shown.view, shown.results)), now()),
        file_name=f"pretext-{shown.page.key.replace('_', '-')}-session.json",
        mime="application/json",
        icon=":material/download:",
        key=shown.key("session"),
        on_click="ignore",
    )


def _report(shown: Shown) -> None:
    st.caption(
        "One HTML file with what this page shows, its input, the model and the versions: it needs no network (about "
        "5 MB, the figures stay alive). Print it for a PDF."
    )
    address = st.context.url or ""
    st.download_button(
        "Download the report",
        # Drawn when somebody wants it, not at every run of the page.
        lambda: html_report(
            report_of(
                shown.page,
                shown.view,
                shown.results,
                snippet=snippet(shown.page, shown.view, shown.work.questions),
                link=_link_or_none(address, shown),
                made=now(),
                tokens_of=lambda spec: lambda ids: cache.tokens_of(spec, list(ids)),
            )
        ),
        file_name=f"pretext-{shown.page.key.replace('_', '-')}.html",
        mime="text/html",
        icon=":material/download:",
        key=shown.key("report"),
        on_click="ignore",
    )


def _link_or_none(address: str, shown: Shown) -> str | None:
    try:
        return link.link(address, shown.view, PAGES)
    except InputError:
        return None


def _check(shown: Shown, source: Provenance) -> None:
    """Say whether what a session file holds comes out again."""
    found = opening.loaded(shown.page, shown.view)
    if found is None:
        return
    if not shown.work.complete:
        st.info("The session's numbers are compared when everything has been read.", icon=":material/hourglass:")
        return
    results = json.loads(json.dumps(dict(shown.page.exports(shown.view, shown.results))))
    outcome = session.agreement(found.results, results)
    say = st.success if outcome.agrees else st.warning
    icon = ":material/check:" if outcome.agrees else ":material/difference:"
    if st.session_state.get(_TOLD) is not found:
        # The page may be long, and this is at its end.
        st.session_state[_TOLD] = found
        st.toast(plain(outcome.sentence()), icon=icon)
    say(plain(f"Session of {found.saved}. {outcome.sentence()}"), icon=icon)
    changed = _changed(found.made_by, session.made_by(source))
    if changed:
        st.caption(plain(changed))


def _changed(saved: dict[str, str], now: dict[str, str]) -> str:
    """Which versions and which model are others than when the session was saved."""
    others = [
        f"{name} {saved[name]} then, {value} now" for name, value in now.items() if saved.get(name, value) != value
    ]
    return f"Different since: {'; '.join(others)}." if others else ""
