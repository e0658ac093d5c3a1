"""The pages of the second head with texts that need no white space, in any language, beside one's own passages."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from transformers import BertTokenizerFast

from analysis import load_bundle
from analysis.models.bundle import ModelBundle
from analysis.questions import Splits, Text
from analysis.tasks.splits import sweep_splits
from analysis.texts.encoding import encode
from analysis.texts.pieces import reads
from dashboard.__main__ import main
from dashboard.about import About
from dashboard.pages import PAGES
from dashboard.pages.next_sentence import ONE_TEXT
from dashboard.pages.tokens.chosen import cut_before
from dashboard.paper import link as links
from dashboard.screen.acts.fill import _words
from dashboard.screen.along import carried
from dashboard.texts import NOTEBOOK
from dashboard.view import ViewState
from tests.analysis.checkpoints import TOY_VOCABULARY, tiny_bert
from tests.analysis.toy_tokenizers import SPECIALS
from tests.dashboard.app import (
    ENTRYPOINT,
    PATIENCE,
    all_is_well,
    captions,
    choose,
    field,
    open_app,
    pick,
    resolved,
    strip,
    the_error,
    type_in,
)

pytestmark = pytest.mark.usefixtures("at_once")
DOOR = "She opened the door.The room was dark."
CHINESE = "他打开了门。房间很暗。她很害怕。"
BY_CHINESE = "Sentences are cut by the rules for Chinese (by its script): choose another under Options."
CUT = "next_sentence.cut"


def asked(at: AppTest, page: str = "splits", name: str = "splits") -> Splits:
    return at.session_state[f"{page}.work"].questions[name]


# --- Splits ---


def test_splits_of_a_text_without_spaces() -> None:
    at = type_in(open_app("splits"), "splits.text_a", CHINESE)
    at.number_input(key="splits.controls").set_value(0).run()
    all_is_well(at)
    assert BY_CHINESE in captions(at)
    assert [each.at for each in at.session_state["splits.work"].results()["splits"].boundaries if each.sentence] == [
        6,
        11,
    ]
    choose(at, "splits.unit", "token")
    all_is_well(at)
    assert len(at.session_state["splits.work"].results()["splits"].boundaries) == 15


def test_why_there_are_no_controls_is_said() -> None:
    at = type_in(open_app("splits"), "splits.text_a", CHINESE)
    all_is_well(at)
    assert "No controls were drawn" in " ".join(each.value for each in at.warning) + captions(at)
    at.number_input(key="splits.controls").set_value(1).run()
    at.text_area(key="splits.controls_from").set_value(f"  {CHINESE}\n\n{CHINESE} ").run()
    assert "This model has no pieces for most of your passages" in the_error(at)
    passage = "The door stood open when he came home, and nobody answered him in the dark."
    at.text_area(key="splits.controls_from").set_value(f"{passage}\n\n {passage} ").run()
    all_is_well(at)
    assert asked(at).controls_from == (passage, passage)
    assert len(at.session_state["splits.work"].results()["splits"].controls) == 1


def test_the_language_is_chosen(bundled: ModelBundle) -> None:
    german = "Am 3. Mai kam er. Es regnete."
    at = type_in(open_app("splits"), "splits.text_a", german)
    choose(at, "splits.unit", "sentence")
    assert "rules for English (by its script)" in captions(at)
    at.get_by_key("splits.language").set_value("de").run()
    all_is_well(at)
    assert "Sentences are cut by the rules for German: choose another under Options." in captions(at)
    found = at.session_state["splits.work"].results()["splits"]
    wanted = sweep_splits(bundled, german, language="de", context="adjacent")
    assert [each.at for each in found.boundaries] == [each.at for each in wanted.boundaries] == [18]


def test_pairs_says_whose_rules_its_button_goes_by() -> None:
    german = "Am 3. Mai kam er. Es regnete."
    at = type_in(open_app("pairs"), "pairs.text_a", german)
    rules = "“One sentence a line” cuts by the rules for {}: choose another under Options."
    assert rules.format("English (by its script)") in captions(at)
    at.get_by_key("pairs.language").set_value("de").run()
    assert rules.format("German") in captions(at)
    at.button(key="pairs.lines").click().run()
    all_is_well(at)
    assert at.text_area(key="pairs.text_a").value == "Am 3. Mai kam er.\nEs regnete."
    type_in(at, "pairs.text_a", CHINESE)
    at.get_by_key("pairs.language").set_value("script").run()
    assert rules.format("Chinese (by its script)") in captions(at)


def test_a_boundary_between_two_tokens_by_hand() -> None:
    at = type_in(open_app("splits"), "splits.text_a", DOOR)
    choose(at, "splits.unit", "sentence")
    rows = [resolved(each.value) for each in at.caption if each.value.startswith(("before word ", "inside word "))]
    assert len(rows) == 1
    field(at, "Add one").set_value(19).run()
    all_is_well(at)
    assert asked(at).sentence_starts == (19, 20)
    rows = [resolved(each.value) for each in at.caption if each.value.startswith(("before word ", "inside word "))]
    assert [row.split(":")[0] for row in rows] == ["inside word 4", "before word 5"]


def test_a_boundary_without_white_space_opens_on_next_sentence_and_comes_back() -> None:
    at = type_in(open_app("splits"), "splits.text_a", DOOR)
    choose(at, "splits.context", "text")
    choose(at, "splits.unit", "token")
    at.session_state["splits.clicked"] = 3
    at.run()
    all_is_well(at)
    assert at.text_area(key="next_sentence.text").value == DOOR
    assert at.session_state[CUT] == 19
    assert (asked(at, "next_sentence", "next_sentence").text) == Text("She opened the door", ".The room was dark.")


# --- Next sentence, Compare ---


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        (DOOR, ("She opened the door.", "The room was dark.", "")),
        (CHINESE, ("他打开了门。", "房间很暗。她很害怕。", "")),
        ("One.\n\n  Two.", ("One.", "Two.", "\n\n  ")),
    ],
)
def test_one_text_comes_back_as_it_was(text: str, pair: tuple[str, str, str]) -> None:
    at = choose(open_app("next_sentence"), "next_sentence.mode", ONE_TEXT)
    at.number_input(key="next_sentence.controls").set_value(0).run()
    type_in(at, "next_sentence.text", text)
    all_is_well(at)
    view: ViewState = at.session_state["next_sentence.shown"]
    assert (*view.texts[0:1], view.option("gap")) == (Text(*pair[:2]), pair[2])
    again = AppTest.from_file(ENTRYPOINT, default_timeout=PATIENCE)
    again.query_params["view"] = links.link("http://127.0.0.1:8501/", view, tuple(PAGES)).partition("?view=")[2]
    again.run()
    all_is_well(again)
    assert again.text_area(key="next_sentence.text").value == text
    assert again.session_state[CUT] == len(text) - len(pair[1])


def test_a_pair_in_another_script_has_no_english_controls() -> None:
    at = type_in(open_app("next_sentence"), "next_sentence.text_a", "他打开了门。")
    type_in(at, "next_sentence.text_b", "房间很暗。")
    all_is_well(at)
    assert "No controls were drawn" in captions(at)
    assert at.session_state["next_sentence.work"].results().get("next_sentence") is not None


def test_two_cuts_of_a_text_without_spaces() -> None:
    at = choose(open_app("compare"), "compare.mode", "Two segmentations")
    type_in(at, "compare.text", CHINESE)
    all_is_well(at)
    assert BY_CHINESE in captions(at)
    assert at.select_slider(key="compare.cut_b").value == 6


# --- Tokens ---


def test_cut_here_needs_no_white_space(bundled: ModelBundle) -> None:
    encoded = encode(bundled, DOOR)
    cuts = [cut_before(encoded, position) for position in range(len(encoded))]
    assert cuts == [None, None, 4, 11, 15, 19, 20, 24, 29, 33, 37, None]
    chinese = encode(bundled, CHINESE)
    assert [cut_before(chinese, position) for position in range(2, 9)] == [1, 2, 3, 4, 5, 6, 7]
    at = type_in(open_app(), "tokens.text_a", DOOR)
    pick(at, next(i for i, token in enumerate(strip(at)["tokens"]) if token["text"] == "room") - 1)
    at.button(key="tokens.cut").click().run()
    all_is_well(at)
    assert at.session_state[CUT] == 20


# --- texts that go along, files ---


def test_texts_go_along_without_spaces_of_ours() -> None:
    assert carried(Text(CHINESE), "text", "lines") == (Text("他打开了门。\n房间很暗。\n她很害怕。"),)
    assert carried(Text("他打开了门。\n房间很暗。"), "lines", "text") == (Text("他打开了门。房间很暗。"),)
    assert carried(Text("他打开了门。", "房间很暗。"), "pair", "text") == (Text("他打开了门。房间很暗。"),)
    assert carried(Text(CHINESE), "text", "pair") == (Text("他打开了门。", "房间很暗。她很害怕。"),)
    assert carried(Text(DOOR), "text", "lines") == (Text("She opened the door.\nThe room was dark."),)
    assert carried(Text("One\u2028two. Three\r\nfour."), "text", "lines") == (Text("One\u2028two.\nThree four."),)


@pytest.mark.parametrize("page", ["splits", "pairs", "next_sentence"])
def test_passages_come_from_a_file(page: str) -> None:
    at = open_app(page)
    upload = next(each for each in at.get("file_uploader") if "Passages of your own" in each.proto.label)
    assert upload.proto.type == [".txt"]
    assert PAGES[page].option("controls_from").place == "folded"


# --- a model of another alphabet ---


@pytest.fixture
def han(tmp_path: Path) -> str:
    """A tiny BERT whose vocabulary has pieces for nothing but Chinese."""
    folder = tiny_bert(tmp_path / "bert")
    entries = [*SPECIALS, *dict.fromkeys("他打开了门。房间很暗她害怕"), *(f"[unused{n}]" for n in range(99))]
    vocabulary = {token: number for number, token in enumerate(entries[: len(TOY_VOCABULARY)])}
    BertTokenizerFast(vocab=vocabulary, model_max_length=64).save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("page", ["tokens", "fill", "next_sentence", "splits", "pairs", "compare"])
def test_no_english_is_put_before_a_model_that_can_t_read_it(han: str, page: str) -> None:
    at = open_app(page, model=han)
    assert all(not area.value for area in at.text_area)
    assert not [each for each in at.get("menu_button") if each.proto.label == "Try"]


def test_the_tour_says_why_it_can_t_be_given(han: str) -> None:
    at = open_app("tour", model=han)
    assert "this model has no pieces for most of it" in the_error(at)


def test_what_a_model_can_read(han: str, bundled: ModelBundle) -> None:
    strange = load_bundle(han)
    assert About.of(bundled).reads_examples
    assert not About.of(strange).reads_examples
    assert reads(strange, CHINESE)
    assert not reads(strange, NOTEBOOK, CHINESE)


def test_any_word_can_be_taken_out_where_no_spaces_are() -> None:
    assert [CHINESE[slice(*span)] for span in _words(CHINESE)] == list("他打开了门房间很暗她很害怕")
    assert [span for span in _words("Don't go-cart 3月, x")] == [(0, 5), (6, 13), (14, 15), (15, 16), (18, 19)]


def test_a_report_takes_passages_from_a_file(tmp_path: Path) -> None:
    file, out = tmp_path / "passages.txt", tmp_path / "report.html"
    passage = "The door stood open when he came home, and nobody answered him in the dark."
    file.write_text(f"{passage}\n\n{passage}\n", encoding="utf-8")
    options = ["--controls-from", str(file), "--controls", "1", "--unit", "sentence", "--language", "de"]
    assert main(["report", "splits", "Am 3. Mai kam er. Es regnete.", *options, "-o", str(out)]) == 0
    report = out.read_text(encoding="utf-8")
    assert "your passages, line" in report
    assert "Controls are passages of your own. bundled may have read them." in report
    assert "Sentences are cut by the rules for German: choose another under Options." in report
