"""The foot of a page: everything that takes its results on, as one group of buttons, and the model.

A file is saved by one click; what is read here (the link, the same in Python) opens beside its button.
"""

import json
from contextlib import suppress
from urllib.parse import urlsplit

import streamlit as st

from analysis.errors import InputError
from analysis.types import Provenance
from dashboard.drawing.palette import palette
from dashboard.page import Look
from dashboard.pages import PAGES
from dashboard.paper import files, link, session
from dashboard.paper.page_report import report_of
from dashboard.paper.report import html_report
from dashboard.paper.snippet import snippet
from dashboard.screen import cache, components, opening
from dashboard.screen.acts import Shown
from dashboard.screen.markup import plain
from dashboard.screen.saved import download, now
from dashboard.sections import Section

_TOLD = "way_out.told"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def foot(shown: Shown) -> None:
    """Everything that takes a page's results on, and what became of a session file that was opened here."""
    source: Provenance | None = shown.results.provenance
    if source is None:
        return
    _check(shown, source)
    st.subheader("Export", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        for draw in (_jsons, _tables, _figures, _report, _session, _link, _python):
            draw(shown, source)
    st.caption(
        "The report is one HTML file with all that this page shows, and needs no network (about 5 MB; print it for a "
        "PDF). A session file opens here again, in the sidebar: it is computed anew, and the page says whether the "
        "numbers agree."
    )
    versions = ", ".join(f"{name} {version}" for name, version in source.versions)
    model = f"Model {source.spec}, revision {source.short_revision}, {source.architecture}, {source.dtype}"
    st.caption(plain(f"{model}; {versions}"))


def _jsons(shown: Shown, _source: Provenance) -> None:
    offers = shown.page.offers(shown.view, shown.results)
    for name, make in offers.items():
        download(
            "JSON" if len(offers) == 1 else f"JSON, {name.replace('_', ' ')}",
            lambda make=make: json.dumps(make(), ensure_ascii=False, indent=2),
            f"{name.replace('_', '-')}.json",
            key=shown.key(f"json.{name}"),
            help="The same as the command line prints.",
        )


def _on_paper(shown: Shown, look: Look) -> list[Section]:
    return list(shown.page.sections(shown.view, shown.results, look))


def _file(shown: Shown, ending: str) -> str:
    return f"{shown.page.key.replace('_', '-')}{ending}"


def _tables(shown: Shown, source: Provenance) -> None:
    download(
        "Tables",
        lambda: files.tables(_on_paper(shown, shown.look), source, now()),
        _file(shown, "-tables.zip"),
        key=shown.key("tables"),
        help="The numbers of every figure and table of this page, unrounded: CSV files in one ZIP archive.",
    )


def _figures(shown: Shown, source: Provenance) -> None:
    """Strips, drawn for paper; they are made when somebody opens this, the PNG in the browser."""
    key = shown.key("figures")
    place = st.popover("Figures", icon=":material/image:", key=key, on_change="rerun")
    if not place.open:
        return
    with place:
        drawn = files.pictures(_on_paper(shown, Look(palette("light"), shown.look.units)), source)
        st.caption(
            "The camera in the corner of a figure saves it; its format, SVG or PNG, is chosen in the sidebar."
            + (" Strips are saved here, drawn for paper." if drawn else "")
        )
        for name, (title, svg) in drawn.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(plain(title), width="content")
                file = _file(shown, f"-{name}")
                download("SVG", lambda svg=svg: svg, f"{file}.svg", key=f"{key}.{name}.svg")
                components.draw_png_button(svg, f"pretext-{file}.png", key=f"{key}.{name}.png")


def _link(shown: Shown, _source: Provenance) -> None:
    with st.popover("Link", icon=":material/share:", key=shown.key("link"), width="content"):
        try:
            st.code(link.link(st.context.url or "", shown.view, PAGES), language=None, wrap_lines=True)
        except InputError as error:
            st.info(plain(str(error)), icon=":material/link_off:")
            return
        st.caption(
            "The link holds this page's texts and options and opens them as they are here: whoever has it can read "
            "them."
        )
        if (urlsplit(st.context.url or "").hostname or "") in _LOOPBACK:
            st.caption(
                "This Pretext answers on this machine only: for others the link works where theirs runs at the same "
                "address (make run); a session file works everywhere."
            )
        if any(spec.startswith(("/", ".", "~")) for spec in shown.page.models(shown.view)):
            st.caption("The model is a folder of this machine: whoever opens the link needs the same one.")


def _session(shown: Shown, source: Provenance) -> None:
    download(
        "Session file",
        lambda: session.dump(shown.view, source, shown.page.exports(shown.view, shown.results), now()),
        _file(shown, "-session.json"),
        key=shown.key("session"),
        help="The view with its results, as JSON."
        if shown.work.complete
        else "A session file can be saved when everything has been read.",
        ready=shown.work.complete,
    )


def _report(shown: Shown, _source: Provenance) -> None:
    url = st.context.url or ""

    def make() -> str:
        address = None
        with suppress(InputError):
            address = link.link(url, shown.view, PAGES)
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

    download("Report", make, _file(shown, ".html"), key=shown.key("report"))


def _python(shown: Shown, _source: Provenance) -> None:
    with st.popover("Python", icon=":material/code:", key=shown.key("python"), width="content"):
        st.caption("Run it in Pretext's folder: it gives the numbers of this page.")
        st.code(snippet(shown.page, shown.view, shown.work.questions), language="python", wrap_lines=True)


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
