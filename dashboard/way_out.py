"""The way out of a page: a link, a session file, a report, and the same in Python."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from analysis.errors import InputError
from analysis.types import Edit, Provenance
from dashboard import cache, glossary, opening, snippets, views
from dashboard.paper import link as links
from dashboard.paper import session
from dashboard.paper.report import Report, Section, definitions, html_report
from dashboard.screen.markup import plain
from dashboard.state import Option, ViewState, edits_of

Results = Callable[[], dict[str, Any]]
"""Makes JSON-ready results by name; called when somebody wants them."""

_SHARE, _SESSION, _REPORT, _PYTHON = "share", "session", "report", "python"
_WAYS = {
    _SHARE: ":material/share: Share a link",
    _SESSION: ":material/save: Session file",
    _REPORT: ":material/article: Report",
    _PYTHON: ":material/code: Copy as Python",
}
_WITHOUT_RESULTS = {"tour", "model"}
_LEFT_OUT = {"segment_a", "segment_b", "candidates", "text", "units", "edits_a"}
_SETTING_NAMES = {
    "fit": "colours fitted to the text",
    "k": "predictions per position",
    "masking": "hidden with each position",
    "measure": "coloured by",
    "pair": "pair shown (from 0)",
    "position": "position shown (from 0)",
}
_TOLD = "way_out.told"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def row(
    view: ViewState,
    provenance: Provenance,
    *,
    title: str,
    results: Results | None,
    sections: Callable[[], Sequence[Section]] = tuple,
    measures: Sequence[glossary.Measure] = (),
    notes: Sequence[tuple[str, str]] = (),
) -> None:
    """A link, a session file, a report, the same in Python; and what became of a session file that was opened here.

    Parameters
    ----------
    title
        The page's question.
    results
        None while they are not complete.
    sections
        What stands in the report before the page's figures.
    measures, notes
        What the report defines and explains.
    """
    _check(view, provenance, results)
    wanted = st.pills(
        "Send it on",
        list(_WAYS),
        format_func=_WAYS.__getitem__,
        key=f"{view.page}.way_out",
        label_visibility="collapsed",
    )
    if wanted is None:
        return
    with st.container(border=True):
        if wanted == _SHARE:
            _share(view)
        elif wanted == _SESSION:
            _session(view, provenance, results)
        elif wanted == _REPORT:
            made = Report(
                title=title,
                inputs=_inputs(view),
                settings=_settings(view),
                sections=tuple(sections()),
                notes=(*definitions(measures), *notes),
                provenance=provenance,
                snippet=snippets.snippet(view),
                link=_link_or_none(view),
                made=views.now(),
            )
            _report(view, made, views.figures_shown())
        else:
            st.caption("Run it in Pretext's folder: it gives the numbers of this page.")
            st.code(snippets.snippet(view), language="python")


def _share(view: ViewState) -> None:
    try:
        st.code(links.link(st.context.url or "", view), language=None, wrap_lines=True)
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
    if view.model.startswith(("/", ".", "~")):
        st.caption("The model is a folder of this machine: whoever opens the link needs the same one.")


def _session(view: ViewState, provenance: Provenance, results: Results | None) -> None:
    if results is None:
        st.caption("A session file can be saved when everything has been read.")
        return
    if view.page in _WITHOUT_RESULTS:
        st.caption("The view, as JSON: opened in the sidebar, it brings this page back. It has no numbers to check.")
    else:
        st.caption(
            "The view with its results, as JSON. Opened again, in the sidebar, it is computed anew, and the page says "
            "whether the numbers agree."
        )
    st.download_button(
        "Download the session file",
        lambda: session.dump(view, provenance, results(), views.now()),
        file_name=f"pretext-{view.page.replace('_', '-')}-session.json",
        mime="application/json",
        icon=":material/download:",
        key=f"{view.page}.session",
        on_click="ignore",
    )


def _report(view: ViewState, made: Report, figures: Callable[[], Sequence[Section]]) -> None:
    st.caption(
        "One HTML file with this page's figures and tables, its input, the model and the versions: it needs no network "
        "(about 5 MB, the figures stay alive). Print it for a PDF."
    )
    st.download_button(
        "Download the report",
        # Drawn when somebody wants them, not at every run of the page.
        lambda: html_report(replace(made, sections=(*made.sections, *figures()))),
        file_name=f"pretext-{view.page.replace('_', '-')}.html",
        mime="text/html",
        icon=":material/download:",
        key=f"{view.page}.report",
        on_click="ignore",
    )


def _check(view: ViewState, provenance: Provenance, results: Results | None) -> None:
    """Say whether what a session file holds comes out again."""
    found = opening.loaded(view)
    if found is None or view.page in _WITHOUT_RESULTS:
        return
    if results is None:
        st.info("The session's numbers are compared when everything has been read.", icon=":material/hourglass:")
        return
    now = json.loads(json.dumps(results()))
    outcome = session.agreement(found.results, now)
    say = st.success if outcome.agrees else st.warning
    text = f"Session of {found.saved}. {outcome.sentence()}"
    if st.session_state.get(_TOLD) is not found:
        # The page may be long, and this is at its end.
        st.session_state[_TOLD] = found
        st.toast(plain(outcome.sentence()), icon=":material/check:" if outcome.agrees else ":material/difference:")
    say(plain(text), icon=":material/check:" if outcome.agrees else ":material/difference:")
    changed = _changed(found.made_by, session.made_by(provenance))
    if changed:
        st.caption(plain(changed))


def _changed(saved: dict[str, str], now: dict[str, str]) -> str:
    """Which versions and which model are others than when the session was saved."""
    others = [
        f"{name} {saved[name]} then, {value} now" for name, value in now.items() if saved.get(name, value) != value
    ]
    return f"Different since: {'; '.join(others)}." if others else ""


def _inputs(view: ViewState) -> tuple[tuple[str, str], ...]:
    name_a, name_b = ("Text A", "Text B") if view.text_b is not None else ("Text", "")
    if view.page == "compare":
        name_a, name_b = "A", "B"
    given = [(name_a, view.text_a), (name_b, view.text_b)]
    given += [(f"Second segment of {name}", view.option(f"segment_{name.lower()}")) for name in ("A", "B")]
    given.append(("Candidates", view.option("candidates")))
    return tuple((name, text) for name, text in given if isinstance(text, str) and text)


def _settings(view: ViewState) -> tuple[tuple[str, str], ...]:
    shown = [(name, value) for name, value in view.options if name not in _LEFT_OUT and value not in (None, "")]
    said = [(_SETTING_NAMES.get(name, name.replace("_", " ")), _setting(name, value)) for name, value in shown]
    sides = (
        (("B", view.edits), ("A", edits_of(view.name("edits_a")))) if view.page == "compare" else (("", view.edits),)
    )
    return (*said, *((f"edits {name}".rstrip(), _edits(view.model, edits)) for name, edits in sides if edits))


def _setting(name: str, value: Option) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return glossary.MASKING_NAMES.get(str(value), str(value)) if name == "masking" else str(value)


def _edits(model: str, edits: Sequence[Edit]) -> str:
    """Edits in words: which token was put at which position after tokenising."""
    tokens = cache.bundle(model).tokens_of([id_ for _, id_ in edits])
    return ", ".join(f"{token} at position {position}" for (position, _), token in zip(edits, tokens, strict=True))


def _link_or_none(view: ViewState) -> str | None:
    try:
        return links.link(st.context.url or "", view)
    except InputError:
        return None
