"""The foot of a page: its results as JSON, a link, a session file, a report, the same in Python, the model."""

import json
from contextlib import suppress
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
from dashboard.screen.acts import Shown
from dashboard.screen.markup import plain
from dashboard.screen.show import download, now

_WAYS = {
    "share": ":material/share: Share a link",
    "session": ":material/save: Session file",
    "report": ":material/article: Report",
    "python": ":material/code: Copy as Python",
}
_TOLD = "way_out.told"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def foot(shown: Shown) -> None:
    """Everything that takes a page's results on, and what became of a session file that was opened here."""
    source: Provenance | None = shown.results.provenance
    if source is None:
        return
    _jsons(shown)
    _check(shown, source)
    wanted = st.pills(
        "Send it on",
        list(_WAYS),
        format_func=_WAYS.__getitem__,
        key=shown.key("way_out"),
        label_visibility="collapsed",
    )
    if wanted is not None:
        with st.container(border=True):
            {"share": _share, "session": _session, "report": _report, "python": _python}[wanted](shown)
    versions = ", ".join(f"{name} {version}" for name, version in source.versions)
    model = f"Model {source.spec}, revision {source.short_revision}, {source.architecture}, {source.dtype}"
    st.caption(plain(f"{model}; {versions}"))


def _jsons(shown: Shown) -> None:
    offers = shown.page.offers(shown.view, shown.results)
    with st.container(horizontal=True):
        for name, make in offers.items():
            download(
                "Download JSON" if len(offers) == 1 else f"JSON, {name.replace('_', ' ')}",
                lambda make=make: json.dumps(make(), ensure_ascii=False, indent=2),
                f"{name.replace('_', '-')}.json",
                key=shown.key(f"json.{name}"),
                help="The same as the command line prints.",
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


def _session(shown: Shown) -> None:
    if not shown.work.complete:
        st.caption("A session file can be saved when everything has been read.")
        return
    view, results = shown.view, shown.results
    st.caption(
        "The view with its results, as JSON. Opened again, in the sidebar, it is computed anew, and the page says "
        "whether the numbers agree."
    )
    download(
        "Download the session file",
        lambda: session.dump(view, results.provenance, shown.page.exports(view, results), now()),
        f"{shown.page.key.replace('_', '-')}-session.json",
        key=shown.key("session"),
    )


def _report(shown: Shown) -> None:
    st.caption(
        "One HTML file with what this page shows, its input, the model and the versions: it needs no network (about "
        "5 MB, the figures stay alive). Print it for a PDF."
    )
    address = None
    with suppress(InputError):
        address = link.link(st.context.url or "", shown.view, PAGES)

    def make() -> str:
        report = report_of(
            shown.page,
            shown.view,
            shown.results,
            snippet=snippet(shown.page, shown.view, shown.work.questions),
            link=address,
            made=now(),
            tokens_of=lambda spec: cache.models().get(spec).tokens_of,
        )
        return html_report(report)

    download("Download the report", make, f"{shown.page.key.replace('_', '-')}.html", key=shown.key("report"))


def _python(shown: Shown) -> None:
    st.caption("Run it in Pretext's folder: it gives the numbers of this page.")
    st.code(snippet(shown.page, shown.view, shown.work.questions), language="python")


def _check(shown: Shown, source: Provenance) -> None:
    """Say whether what a session file holds comes out again."""
    found = opening.loaded(shown.page, shown.view)
    if found is None:
        return
    if not shown.work.complete:
        st.info("The session's numbers are compared when everything has been read.", icon=":material/hourglass:")
        return
    # As the session's view shows them: how many predictions, under which masking.
    results = json.loads(json.dumps(shown.page.exports(found.view, shown.results)))
    outcome = session.agreement(found.results, results)
    say = st.success if outcome.agrees else st.warning
    icon = ":material/check:" if outcome.agrees else ":material/difference:"
    if st.session_state.get(_TOLD) is not found:
        # The page may be long, and this is at its end.
        st.session_state[_TOLD] = found
        st.toast(plain(outcome.sentence()), icon=icon)
    say(plain(f"Session of {found.saved}. {outcome.sentence()}"), icon=icon)
    then = found.made_by
    others = [
        f"{name} {then[name]} then, {value} now"
        for name, value in session.made_by(source).items()
        if then.get(name, value) != value
    ]
    if others:
        st.caption(plain(f"Different since: {'; '.join(others)}."))
