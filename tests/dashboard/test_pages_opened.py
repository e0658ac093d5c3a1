"""Every page opens whole, answers bad input in one sentence, and a view that is refused changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis.errors import InputError
from analysis.questions import Text
from dashboard.page import Choice, Count, Page, Pick, Switch
from dashboard.pages import PAGES
from dashboard.paper import link
from dashboard.view import ViewState
from tests.analysis.plain_words import assert_plain_sentence
from tests.dashboard.app import all_is_well, errors, figure, go, open_app, resolved, type_in
from tests.dashboard.visits import arrive, on_screen, open_file, read_through

HERE = "http://127.0.0.1:8501/"
FROM_0_1: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "from_0_1.json").read_text(encoding="utf-8")
)
BAD = {
    "empty": "",
    "blank": " \n\t ",
    "special tokens only": "[SEP] [CLS]",
    "too long": "word " * 3_000,
    "a book": "x" * 150_000,
    "control characters": "\x00\x01",
}
READ = {"pairs": "The cat sat.\nIt slept.", "next_sentence": "The cat sat."}


def valid(page: Page) -> ViewState:
    texts = {"none": (), "sides": (Text("a"), Text("b"))}.get(page.texts.kind, (Text("a"),))
    return page.check(ViewState(page.key, "bundled", texts))


@pytest.fixture(scope="module", params=PAGES)
def opened(request: pytest.FixtureRequest) -> tuple[Page, AppTest]:
    return PAGES[request.param], read_through(open_app(request.param))


def test_a_page_opens_whole(opened: tuple[Page, AppTest]) -> None:
    page, at = opened
    all_is_well(at)
    assert [title.value for title in at.title] == [page.asks]
    assert page.tip
    assert page.icon.startswith(":material/")
    twins = {str(fold.key) for fold in at.expander}
    for chart in at.get("plotly_chart"):
        key = str(chart.key).removesuffix(".figure")
        assert chart.proto.alt, key
        assert f"{key}.twin" in twins, key
        corner = [note.get("text", "") for note in figure(at, key)["layout"]["annotations"]]
        assert any(text.startswith("bundled @ ") for text in corner), key
    assert len(at.get("plotly_chart")) or page.texts.kind == "none"


def test_every_chart_s_table_opens_with_its_numbers(opened: tuple[Page, AppTest]) -> None:
    page, at = opened
    for chart in at.get("plotly_chart"):
        at.session_state[f"{str(chart.key).removesuffix('.figure')}.twin"] = True
    again = read_through(go(at, page.key))
    all_is_well(again)
    tables = again.dataframe
    assert len(tables) >= len(again.get("plotly_chart"))
    assert all(len(table.value) for table in tables)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_refuses_what_it_does_not_have(page: Page) -> None:
    view = valid(page)
    wrong = [view.with_options(elsewhere=1), ViewState(page.key, "bundled", (Text("a"),) * 3)]
    for option in page.options:
        if isinstance(option, Count):
            wrong += [view.with_options(**{option.name: each}) for each in (option.most + 1, option.least - 1, "x")]
        elif isinstance(option, Choice) and option.among is None:
            wrong.append(view.with_options(**{option.name: "elsewhere"}))
        elif isinstance(option, Switch):
            wrong.append(view.with_options(**{option.name: "x"}))
        elif isinstance(option, Pick):
            wrong.append(view.with_options(**{option.name: "x"}))
        assert option.label
    for each in wrong:
        with pytest.raises(InputError) as refused:
            page.check(each)
        assert_plain_sentence(refused.value)
    assert page.check(view) == view


@pytest.mark.parametrize("page", [each for each in PAGES.values() if each.texts.kind != "none"], ids=lambda p: p.key)
def test_bad_texts_are_told_of_and_kept(page: Page) -> None:
    at = read_through(open_app(page.key))
    before = [chart.proto.spec for chart in at.get("plotly_chart")]
    field = f"{page.key}.text_a"
    for text in BAD.values():
        type_in(at, field, text)
        read_through(at)
        assert not at.exception, at.exception
        said = errors(at)
        # A text without a gap is no error of Fill's, and characters that the tokenizer drops leave the others.
        assert len(said) <= 1, said
        for sentence in said:
            assert_plain_sentence(sentence)
        assert at.text_area(key=field).value == text
        if said:
            assert [chart.proto.spec for chart in at.get("plotly_chart")] == before, "the last good result stays"
        before = [chart.proto.spec for chart in at.get("plotly_chart")]
    type_in(at, field, "")
    assert len(errors(at)) == 1 or page.key == "fill"


def test_a_refused_link_changes_nothing(tmp_path: Path) -> None:
    tokens = PAGES["tokens"]
    view = tokens.check(ViewState("tokens", "bundled", (Text("The dog ran."),))).with_options(units="nats")
    refused = {
        "damaged": "1.AAAA",
        "newer": "9.AAAA",
        "unknown page": data(ViewState("elsewhere", "bundled")),
        "wrong option": data(view.with_options(k=9_999)),
        "a folder without a model": data(ViewState(view.page, str(tmp_path), view.texts, view.options)),
        "too many texts": data(ViewState(view.page, view.model, view.texts * 2, view.options)),
    }
    at = open_app("fill")
    type_in(at, "fill.text_a", "He [MASK] home.")
    before = on_screen(at), at.session_state["model.in_use"], at.session_state["units"]
    for name, each in refused.items():
        at.query_params[link.PARAMETER] = each
        read_through(at.run())
        (warning,) = at.warning
        assert_plain_sentence(resolved(warning.value))
        assert (on_screen(at), at.session_state["model.in_use"], at.session_state["units"]) == before, name
    for name, each in refused.items():
        made = {"pretext_session": 2, "saved": "", "made_by": {}, "results": {}}
        if name not in {"damaged", "newer"}:
            open_file(at, json.dumps(made | {"view": json.loads(link.view_of(each).to_json())}))
            assert len(errors(at)) == 1, name
            assert_plain_sentence(errors(at)[0])
            assert at.session_state["model.in_use"] == "bundled"
            assert at.text_area(key="fill.text_a").value == "He [MASK] home.", name


def data(view: ViewState) -> str:
    return link.link(HERE, view, PAGES).partition("?view=")[2]


@pytest.mark.parametrize("page", FROM_0_1)
def test_a_link_of_the_version_before_opens(page: str) -> None:
    at = arrive(FROM_0_1[page]["link"])
    all_is_well(at)
    assert not at.warning
    assert [title.value for title in at.title] == [PAGES[page.partition(",")[0]].asks]


def test_a_session_of_the_version_before_opens_and_is_not_compared() -> None:
    at = open_file(open_app("model"), json.dumps(FROM_0_1["tokens"]["session"]))
    all_is_well(at)
    assert at.text_area(key="tokens.text_a").value == "She opened it."
    assert at.text_area(key="tokens.text_b").value == "The <b>room</b> was [MASK]."
    assert at.session_state["units"] == "nats"
    assert any("an older Pretext" in resolved(each.value) for each in at.warning)


def test_an_absent_head_is_said_and_nothing_of_it_drawn(checkpoint_folder: Any) -> None:
    spec = str(checkpoint_folder("without_nsp"))
    at = open_app("tokens", model=spec)
    for page in ("next_sentence", "splits", "pairs"):
        go(at, page)
        assert len(errors(at)) == 1, page
        assert_plain_sentence(errors(at)[0])
        assert not at.get("plotly_chart")
