"""The ways out of every page: a link and a session file that bring the view back, a report, Python."""

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis.models.store import load_bundle
from dashboard import examples
from dashboard.controls.compare import CUTS, MODELS
from dashboard.controls.next_sentence import ONE_TEXT
from dashboard.paper import link as links
from dashboard.paper import session
from dashboard.state import ViewState, options
from tests.dashboard.app import (
    ENTRYPOINT,
    PAGES,
    all_is_well,
    captions,
    choose,
    drawn,
    go,
    metrics,
    open_app,
    payload,
    pick,
    type_in,
)

SOURCE = load_bundle("bundled").provenance()
HERE = "http://127.0.0.1:8501/"


def read_through(at: AppTest) -> AppTest:
    while any(str(each.key).endswith(".work.stop") or each.key == "tokens.hidden.stop" for each in at.button):
        at.run()
    return at


def way_out(at: AppTest, page: str, way: str) -> AppTest:
    return read_through(at.button_group(key=f"{page}.way_out").set_value(way).run())


def shared(at: AppTest, page: str) -> str:
    """The data of the link that the page offers."""
    way_out(at, page, "share")
    all_is_well(at)
    return next(each.value for each in at.code if "?view=" in each.value).partition("?view=")[2]


def arrive(data: str, *, theme: str = "light") -> AppTest:
    """A new visit, by a link."""
    at = AppTest.from_file(ENTRYPOINT, default_timeout=60)
    at.context = {"theme": theme}
    at.query_params["view"] = data
    return read_through(at.run())


def tokens(at: AppTest) -> None:
    type_in(at, "tokens.text_a", "She opened the door.")
    at.toggle(key="tokens.pair").set_value(True).run()
    type_in(at, "tokens.text_b", "The <b>room</b> was [MASK].")
    pick(at, 3)
    at.button(key="tokens.mask").click().run()
    pick(at, 1)
    choose(at, "tokens.measure", "surprisal")
    choose(at, "tokens.reading", "hidden")
    choose(at, "tokens.by", "word")
    at.radio(key="tokens.masking").set_value("word").run()
    at.number_input(key="tokens.k").set_value(7).run()
    at.text_input(key="tokens.follow").set_value("war, peace").run()
    choose(at, "units", "nats")


def fill(at: AppTest) -> None:
    type_in(at, "fill.text_a", "He [MASK] to [MASK], and came back.")
    at.button_group(key="fill.orders").set_value(["confident", "beam"]).run()
    at.number_input(key="fill.beam").set_value(3).run()
    type_in(at, "fill.candidates", "went\nran away")
    at.selectbox(key="fill.gap").set_value(2).run()
    at.selectbox(key="fill.reference").set_value("ran away").run()
    choose(at, "fill.steps", "beam")


def next_sentence(at: AppTest) -> None:
    choose(at, "nsp.mode", ONE_TEXT)
    type_in(at, "nsp.text", "The cat sat. It slept well. Nobody came.")
    at.select_slider(key="nsp.cut").set_value(28).run()


def splits(at: AppTest) -> None:
    type_in(at, "splits.text", "The cat sat. It slept. Nobody came to wake it.")
    choose(at, "splits.unit", "word")
    choose(at, "splits.context", "adjacent")
    at.number_input(key="splits.seed").set_value(3).run()
    at.number_input(key="splits.controls").set_value(2).run()
    at.button(key="splits.on.0").click().run()


def pairs(at: AppTest) -> None:
    type_in(at, "pairs.text", "The cat sat.\nIt slept.\nNobody came.")
    at.number_input(key="pairs.controls").set_value(4).run()
    next(each for each in at.selectbox if each.label == "Pair").set_value((2, 0)).run()


def compare(at: AppTest) -> None:
    type_in(at, "compare.text_a", "The cat sat.")
    type_in(at, "compare.text_b", "The dog sat.")
    choose(at, "compare.reading", "seen")
    choose(at, "compare.measure", "rank")
    at.session_state["compare.pair"] = 2
    at.run()


def compare_cuts(at: AppTest) -> None:
    choose(at, "compare.mode", CUTS)
    type_in(at, "compare.text", "The cat sat.\n\nIt slept.  Nobody came.")
    at.select_slider(key="compare.cut_a").set_value(14).run()
    at.select_slider(key="compare.cut_b").set_value(25).run()


def compare_models(at: AppTest) -> None:
    choose(at, "compare.mode", MODELS)
    type_in(at, "compare.text", "The cat sat.")


CHANGES: dict[str, Callable[[AppTest], None] | None] = {
    "tokens": tokens,
    "fill": fill,
    "next_sentence": next_sentence,
    "splits": splits,
    "pairs": pairs,
    "compare": compare,
    "compare, cuts": compare_cuts,
    "compare, models": compare_models,
    "tour": None,
    "model": None,
}


def changed(name: str) -> tuple[AppTest, str]:
    page = name.partition(",")[0]
    at = open_app(page)
    change = CHANGES[name]
    if change is not None:
        change(at)
    read_through(at)
    all_is_well(at)
    return at, page


def components(at: AppTest) -> list[str]:
    """What the page's own components draw."""
    return sorted(each.proto.json for each in at.get("bidi_component"))


@pytest.mark.parametrize("name", CHANGES)
def test_a_link_reopens_the_same_view_in_a_new_visit(name: str) -> None:
    at, page = changed(name)
    data = shared(at, page)
    view = links.view_of(data)
    assert view.page == page
    there = arrive(data)
    all_is_well(there)
    assert there.title[0].value == at.title[0].value
    assert dict(there.query_params) == {}, "the address keeps nothing of a text"
    assert drawn(there) == drawn(at)
    assert metrics(there) == metrics(at)
    assert components(there) == components(at)
    assert links.view_of(shared(there, page)) == view, "and is shared again as it came"


@pytest.mark.parametrize("name", ["tokens", "fill", "next_sentence", "splits", "pairs", "compare"])
def test_a_session_file_restores_the_view_and_checks_itself(name: str) -> None:
    at, page = changed(name)
    view = links.view_of(shared(at, page))
    results = results_of(at, page)
    there = open_file(session.dump(view, SOURCE, results, "2026-01-02T03:04:05+00:00"))
    assert drawn(there) == drawn(at)
    (verdict,) = there.success
    assert "numbers agree with the saved ones" in verdict.value
    assert "2026-01-02" in verdict.value
    assert not there.warning
    damaged = json.loads(json.dumps(results))
    shift(damaged)
    there = open_file(session.dump(view, SOURCE, damaged, "2026"))
    (verdict,) = there.warning
    assert "differ from the saved ones" in verdict.value
    assert not there.success


def results_of(at: AppTest, page: str) -> dict[str, Any]:
    """The results of the session file that the page offers."""
    way_out(at, page, "session")
    (offered,) = [each for each in at.get("download_button") if each.label == "Download the session file"]
    assert offered.key == f"{page}.session"
    from analysis import export
    from dashboard import cache
    from dashboard.controls import compare as controls
    from dashboard.controls import pairs as matrices
    from dashboard.controls import splits as sweeps

    shown = at.session_state[f"{page}.shown"]
    made: dict[str, Callable[[], dict[str, Any]]] = {
        "tokens": lambda: {"seen": export.seen_reading(cache.seen_reading(shown.model, shown.input).first(7))},
        "fill": lambda: {
            "candidates": export.candidate_contest(
                cache.contest(shown.model, shown.text_a, None, ("went", "ran away"), 2, 1, False)
            )
        },
        "next_sentence": lambda: {
            page: export.segmentation_comparison(cache.comparison(shown.model, shown.text_a, shown.text_b or ""))
        },
        "splits": lambda: {page: export.split_sweep(whole(sweeps.question(shown), cache.split_sweep))},
        "pairs": lambda: {page: export.pair_matrix(whole(matrices.question(shown), cache.pair_matrix))},
        "compare": lambda: {
            page: export.comparison(cache.side_by_side(shown.model, controls.question(shown), 1).first(10))
        },
    }
    return made[page]()


def whole(asked: Any, call: Callable[..., Any]) -> Any:
    from dashboard import cache

    return call("bundled", asked, cache.nsp_chunks("bundled", asked))


def shift(results: Any) -> bool:
    """Change the first number that is not counted in whole numbers."""
    for key, value in list(results.items() if isinstance(results, dict) else enumerate(results)):
        if key in {"provenance", "model"}:
            continue
        if isinstance(value, float):
            results[key] = value + 0.01
            return True
        if isinstance(value, (dict, list)) and shift(value):
            return True
    return False


def open_file(content: str) -> AppTest:
    at = open_app()
    at.file_uploader(key="opening.file").set_value(("session.json", content.encode(), "application/json")).run()
    read_through(at)
    all_is_well(at)
    return at


def test_another_version_and_another_model_are_told() -> None:
    at = open_app("next_sentence")
    view, results = links.view_of(shared(at, "next_sentence")), results_of(at, "next_sentence")
    versions = tuple((name, "1.0" if name == "torch" else version) for name, version in SOURCE.versions)
    other = replace(SOURCE, versions=versions, revision="sha256:other")
    there = open_file(session.dump(view, other, results, "2026"))
    assert "torch 1.0 then" in captions(there)
    assert "revision sha256:other then" in captions(there)


def test_what_is_not_there_again_does_not_agree() -> None:
    at = open_app("next_sentence")
    view, results = links.view_of(shared(at, "next_sentence")), results_of(at, "next_sentence")
    there = open_file(session.dump(view, SOURCE, {**results, "more": {"p": [1.0]}}, "2026"))
    assert not there.success
    assert "Not compared, because not here" in there.warning[0].value
    there = open_file(session.dump(view, SOURCE, {}, "2026"))
    assert not there.success
    assert "There is nothing to compare." in there.warning[0].value


def test_a_link_to_a_text_that_begins_with_spaces_keeps_its_cut() -> None:
    at = open_app("next_sentence")
    choose(at, "nsp.mode", ONE_TEXT)
    type_in(at, "nsp.text", "  Hello there. How are you?")
    at.select_slider(key="nsp.cut").set_value(19).run()
    there = arrive(shared(at, "next_sentence"))
    assert drawn(there) == drawn(at)


def test_the_verdict_goes_when_the_question_does() -> None:
    at = open_app("next_sentence")
    view, results = links.view_of(shared(at, "next_sentence")), results_of(at, "next_sentence")
    there = open_file(session.dump(view, SOURCE, results, "2026"))
    assert there.success
    choose(there, "units", "bits")
    assert there.success, "units are only shown"
    type_in(there, "nsp.text_b", "It slept.")
    assert not there.success


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"pretext_session": 7, "view": {}, "results": {}}'])
def test_a_file_that_is_no_session_changes_nothing(content: str) -> None:
    at = open_app()
    before = drawn(at)
    at.file_uploader(key="opening.file").set_value(("x.json", content.encode(), "application/json")).run()
    assert len(at.error) == 1
    assert not at.exception
    assert drawn(read_through(at)) == before


@pytest.mark.parametrize("data", ["", "1.AAAA", "junk", "9.abc"])
def test_a_damaged_link_says_so_and_opens_the_default(data: str) -> None:
    at = arrive(data)
    assert not at.exception
    (said,) = at.warning
    assert "link" in said.value
    assert at.title[0].value == "What does the head expect at each position?"
    assert at.text_area(key="tokens.text_a").value == examples.NOTEBOOK
    at.run()
    assert not at.warning, "it is said once"


ODD = {
    "starts without end": {"options": {"starts": "9" * 5_000, "unit": "word", "context": "text"}},
    "edits of A out of place": {"options": {"edits_a": "2=999999999", "mode": "Two texts"}},
    "another model": {"model": "no/such-model"},
    "an empty text": {"text_a": ""},
    "a huge k": {"options": {"k": 10**9, "masking": "x", "measure": "<b>", "position": 10**9, "reading": 5}},
    "edits out of place": {"edits": [[900, 5], [2, 10**8]]},
}


@pytest.mark.parametrize("page", [page for page in PAGES if page not in {"tour", "model"}])
@pytest.mark.parametrize("name", ODD)
def test_a_link_with_odd_values_never_breaks_a_page(page: str, name: str) -> None:
    fields = json.loads(ViewState(page, "bundled", "The cat sat. It slept.", "A dog.").to_json()) | ODD[name]
    at = arrive(links.link(HERE, ViewState.from_json(json.dumps(fields))).partition("?view=")[2])
    assert not at.exception
    assert len(at.title) == 1
    assert not at.warning


def test_a_link_with_another_page_s_options_opens_with_the_page_s_own() -> None:
    view = ViewState(
        "splits", "bundled", "The cat sat. It slept.", options=options({"unit": "felt", "controls": "many"})
    )
    at = arrive(links.link(HERE, view).partition("?view=")[2])
    all_is_well(at)
    assert at.button_group(key="splits.unit").value == "sentence"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_python_and_a_report(page: str) -> None:
    at = open_app(page)
    read_through(at)
    way_out(at, page, "python")
    all_is_well(at)
    source = next(each.value for each in at.code if "load_bundle" in each.value and each.value.startswith("# Pretext"))
    ast.parse(source)
    way_out(at, page, "report")
    all_is_well(at)
    assert [each for each in at.get("download_button") if each.key == f"{page}.report"]


def test_a_report_has_the_page_s_figures_on_a_light_ground() -> None:
    from dashboard import views
    from dashboard.drawing.palette import palette

    at = open_app("pairs", theme="dark")
    read_through(at)
    kept = at.session_state["views.drawn"]
    assert list(kept) == ["pairs.matrix", "pairs.strip", "pairs.effects"]
    for draw, _ in kept.values():
        assert draw(palette("light")).figure.layout.paper_bgcolor == palette("light").ground
    assert views.now().endswith("+00:00")
    go(at, "next_sentence")
    assert list(at.session_state["views.drawn"]) == ["nsp.margins", "nsp.effects", "nsp.logits"]


def test_a_session_waits_until_everything_has_been_read() -> None:
    at = open_app("splits")
    type_in(at, "splits.text", "The cat sat on the mat and slept all day. " * 30)
    choose(at, "splits.unit", "word")
    assert not at.exception
    at.button_group(key="splits.way_out").set_value("session").run()
    assert "when everything has been read" in captions(at)


def test_undo_brings_back_what_stood_there_before_a_session() -> None:
    view = ViewState("tokens", "bundled", "The dog ran.", options=options({"k": 10}))
    at = open_file(session.dump(view, SOURCE, {}, "2026"))
    assert at.text_area(key="tokens.text_a").value == "The dog ran."
    at.button(key="tokens.undo").click().run()
    assert at.text_area(key="tokens.text_a").value == examples.NOTEBOOK


def test_edits_of_another_model_do_not_come_along(checkpoint_folder: Callable[[str], Any]) -> None:
    view = ViewState("tokens", str(checkpoint_folder("tiny_bert")), "the cat sat", edits=((2, 30),))
    data = links.link(HERE, view).partition("?view=")[2]
    at = arrive(data)
    all_is_well(at)
    assert any(token["edited"] for token in payload(at, "tokens.strip")["tokens"])
    at = arrive(links.link(HERE, replace(view, model="no/such-model")).partition("?view=")[2])
    assert len(at.error) == 1
    assert not any(token["edited"] for token in payload(at, "tokens.strip")["tokens"])
