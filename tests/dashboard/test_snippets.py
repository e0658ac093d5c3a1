"""Every page's snippet runs as it is and gives the page's own numbers, whatever was typed."""

import ast
import io
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import fields, is_dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.tasks import fill as fills
from analysis.types import Edit
from dashboard import cache, examples, tour
from dashboard.controls import compare as compare_controls
from dashboard.controls import fill as fill_controls
from dashboard.controls import pairs as pairs_controls
from dashboard.controls import splits as splits_controls
from dashboard.controls import tokens as tokens_controls
from dashboard.snippets import snippet
from dashboard.state import PAGES, Option, ViewState, options
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.texts import AWKWARD
from tests.dashboard.app import open_app

ROOT = Path(__file__).parents[2]
COLUMNS = 88


def view(
    page: str, text_a: str = "", text_b: str | None = None, edits: tuple[Edit, ...] = (), **chosen: Option
) -> ViewState:
    return ViewState(page, "bundled", text_a, text_b, options(chosen), edits)


TOKENS: dict[str, Option] = {
    "follow": "",
    "k": 4,
    "masking": "word_l2r",
    "measure": "entropy",
    "position": None,
    "reading": "seen",
    "windows": False,
}
FILL: dict[str, Option] = {"beam": 3, "k": 4, "orders": "independent,left_to_right,right_to_left,confident,beam"}
CONTEST: dict[str, Option] = {"any_length": False, "candidates": "oak\nred  \noak\n wooden house ", "gap": 2}
SPLITS: dict[str, Option] = {"context": "text", "controls": 2, "seed": 0, "starts": None, "unit": "sentence"}
COMPARE: dict[str, Option] = {"edits_a": "", "k": 3, "masking": "word", "model_b": "bundled", "reading": "hidden"}
PAIR = ('She opened the antechamber\'s "door".', "The room was [MASK] and it smelled of dust.")
GAPS = "The [MASK] door of the [MASK] was open."
STORY = "The cat sat on the mat. It purred! Then it slept, and nobody came."

VIEWS = {
    "seen": view("tokens", *PAIR, **TOKENS),
    "seen, a position": view("tokens", *PAIR, **{**TOKENS, "position": 3}),
    "seen, edited and followed": view(
        "tokens", PAIR[1], edits=((2, 1012), (5, 103)), **{**TOKENS, "follow": "war ##s"}
    ),
    "seen in windows": view("tokens", "The cat sat by the door. " * 90, **{**TOKENS, "windows": True}),
    "hidden": view("tokens", *PAIR, **{**TOKENS, "reading": "hidden", "position": 5}),
    "hidden, word": view("tokens", PAIR[0], **{**TOKENS, "reading": "hidden", "masking": "word"}),
    "hidden, all options": view(
        "tokens",
        PAIR[0],
        edits=((2, 1012),),
        **{**TOKENS, "reading": "hidden", "masking": "token", "follow": "room", "position": 0, "k": 50},
    ),
    "the copy gap is hidden too": view("tokens", *PAIR, **{**TOKENS, "measure": "gap"}),
    "fill": view("fill", GAPS, **FILL, steps="beam"),
    "fill, two texts, without the beam": view(
        "fill", PAIR[0], PAIR[1], **{**FILL, "orders": "confident", "steps": "beam"}
    ),
    "candidates": view("fill", GAPS, **FILL, **CONTEST, steps="confident", reference="wooden house"),
    "candidates, no reference": view("fill", GAPS, **FILL, **{**CONTEST, "any_length": True}, reference=None),
    "next sentence": view("next_sentence", *PAIR, mode="Two texts", every=False),
    "next sentence, no room for every variant": view("next_sentence", "One", "two", mode="One text, movable boundary"),
    "splits": view("splits", STORY, **SPLITS),
    "splits between words": view("splits", STORY, **{**SPLITS, "unit": "word", "context": "adjacent", "seed": 7}),
    "splits without controls": view("splits", STORY, **{**SPLITS, "controls": 0}),
    "splits by hand": view("splits", STORY, **{**SPLITS, "starts": "8 35"}),
    "splits with no sentence left": view("splits", STORY, **{**SPLITS, "starts": "", "unit": "word", "controls": 1}),
    "pairs": view("pairs", f" {STORY} \n\n{PAIR[0]}\n{examples.NOTEBOOK_A}", controls=3, seed=5),
    "two sentences without controls": view("pairs", "\n".join(PAIR), controls=0, seed=0),
    "compare": view("compare", "The cat sat.", "The dog [MASK].", **COMPARE),
    "compare, seen, segments and edits": view(
        "compare",
        "The cat sat.",
        "The cat sat.",
        edits=((2, 3899),),
        **{**COMPARE, "reading": "seen", "segment_a": "It slept.", "edits_a": "3=2938 1=103"},
    ),
    "tour": view("tour"),
    "model": view("model"),
}

UNITS = {
    "tokens": {"bits"},
    "fill": {"nats"},
    "next_sentence": {"nats"},
    "splits": {"nats"},
    "pairs": {"nats"},
    "compare": {"bits"},
    "tour": {"nats"},
    "model": {"MB", "tokens"},
}


def ran(source: str) -> tuple[dict[str, Any], str]:
    """What running a source leaves, and what it prints."""
    space: dict[str, Any] = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(source, "snippet.py", "exec"), space)
    return space, printed.getvalue()


def sweep_on_page(asked: Any, call: Callable[..., object]) -> object:
    return call("bundled", asked, cache.nsp_chunks("bundled", asked))


def tokens_on_page(shown: ViewState) -> object:
    if not tokens_controls.shows_hidden(shown):
        return cache.seen_reading(shown.model, shown.input).first(shown.number("k"))
    chunks, masking = cache.hidden_chunks(shown.model, shown.input), tokens_controls.masking_of(shown)
    return cache.hidden_reading(shown.model, shown.input, masking, chunks).first(shown.number("k"))


def fill_on_page(shown: ViewState) -> object:
    texts, depth = (shown.text_a, shown.text_b), (shown.number("beam"), shown.number("k"))
    return fills.joined([cache.fill(shown.model, *texts, order, *depth) for order in fill_controls.orders_of(shown)])


def compared_on_page(shown: ViewState) -> object:
    asked = compare_controls.question(shown)
    found = cache.side_by_side(shown.model, asked, cache.compare_chunks(shown.model, asked))
    assert found is not None
    return found.first(shown.number("k"))


ON_PAGE: dict[str, Callable[[ViewState], object]] = {
    "tokens": tokens_on_page,
    "fill": fill_on_page,
    "next_sentence": lambda shown: cache.comparison(shown.model, shown.text_a, shown.text_b or ""),
    "splits": lambda shown: sweep_on_page(splits_controls.question(shown), cache.split_sweep),
    "pairs": lambda shown: sweep_on_page(pairs_controls.question(shown), cache.pair_matrix),
    "compare": compared_on_page,
    "tour": lambda shown: cache.seen_reading(shown.model, view("tokens", examples.NOTEBOOK).input).first(10),
    "model": lambda shown: cache.bundle(shown.model).provenance(),
}


def assert_same(one: object, other: object) -> None:
    """Equal in everything, in float32 numbers to what another order of summing changes."""
    assert type(one) is type(other)
    if is_dataclass(one):
        for each in fields(one):
            assert_same(getattr(one, each.name), getattr(other, each.name))
    elif isinstance(one, tuple) and isinstance(other, tuple):
        assert len(one) == len(other)
        for mine, its in zip(one, other, strict=True):
            assert_same(mine, its)
    elif isinstance(one, (float, np.ndarray)):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    else:
        assert one == other


# --- what runs, and what it gives ---


@pytest.mark.parametrize("name", VIEWS)
def test_a_snippet_gives_the_page_s_numbers_and_names_their_units(name: str) -> None:
    shown = VIEWS[name]
    space, printed = ran(snippet(shown))
    assert_same(space["result"], ON_PAGE[shown.page](shown))
    assert UNITS[shown.page] <= set(printed.replace(",", " ").split())
    assert "Traceback" not in printed


@pytest.mark.parametrize("page", ["tokens", "fill", "next_sentence", "splits", "pairs", "compare"])
def test_the_view_that_a_page_makes_of_its_controls_has_a_snippet(page: str) -> None:
    shown = open_app(page).session_state[f"{page}.shown"]
    space, _ = ran(snippet(shown))
    assert_same(space["result"], ON_PAGE[page](shown))


@pytest.mark.parametrize(("name", "reference"), [("candidates", 2), ("candidates, no reference", 0)], ids=str)
def test_a_contest_is_the_page_s_too(name: str, reference: int) -> None:
    shown = VIEWS[name]
    space, printed = ran(snippet(shown))
    candidates, any_length = ("oak", "red", "wooden house"), bool(shown.option("any_length"))
    contest = cache.contest(shown.model, shown.text_a, shown.text_b, candidates, 2, reference, any_length)
    assert_same(space["contest"], contest)
    assert f"{contest.candidates[0].total_nats:.2f} nats" in printed
    assert "bits" in printed


def test_two_models_are_compared_by_token_or_by_word(checkpoint_folder: Callable[..., Path]) -> None:
    for name, printed_first in (("tiny_bert", "[CLS] | [CLS]: match"), ("tiny_roberta", "bits per character of A")):
        spec, other = str(checkpoint_folder("tiny_bert")), str(checkpoint_folder(name, limit=256))
        shown = replace(view("compare", "the cat", "the cat", **{**COMPARE, "model_b": other}), model=spec)
        space, printed = ran(snippet(shown))
        assert_same(space["result"], compared_on_page(shown))
        assert printed.startswith(printed_first)


def test_what_is_picked_and_followed_is_printed() -> None:
    space, printed = ran(snippet(VIEWS["seen, a position"]))
    result = space["result"]
    assert f"entropy {result.statistics.entropy_bits[3]:.2f} bits" in printed
    assert all(f"  {token}: p = " in printed for token in result.top_tokens[3])
    space, printed = ran(snippet(VIEWS["hidden"]))
    assert f"copy gap {space['result'].copy_gap_bits[5]:+.2f} bits" in printed
    space, printed = ran(snippet(VIEWS["seen, edited and followed"]))
    p = space["result"].statistics.watched_p[:, 1]
    assert f"##s: at most p = {p.max():.4f}, at position {p.argmax()}" in printed


def test_the_tour_prints_what_its_steps_say(bundled: ModelBundle) -> None:
    _, printed = ran(snippet(VIEWS["tour"]))
    live: dict[str, Any] = {}
    for step in tour.STEPS:
        live |= {f"{step.title}, {name}": value for name, value in tour.run(step, bundled).items()}
    found = {name.rpartition(", ")[2]: value for name, value in live.items()}
    assert found["read-out"] in printed
    assert f"{live['A text becomes tokens, tokens']} tokens" in printed
    assert printed.count("[MASK] at position") == 2
    for gap in ("first", "second"):
        assert f"{found[f'{gap} [MASK]']}, p = {found[f'p of the {gap}']:.4f}" in printed
    for name, margin in (("one_segment", found["margin of one segment"]), ("correct", found["margin"])):
        assert f"{name}: margin {margin:+.4f} nats" in printed


def test_the_model_page_s_snippet_says_which_heads_are_real(
    checkpoint_folder: Callable[..., Path], bundled: ModelBundle
) -> None:
    _, printed = ran(snippet(VIEWS["model"]))
    assert bundled.revision in printed
    assert printed.count("its weights came with the checkpoint") == 2
    space, printed = ran(snippet(replace(VIEWS["model"], model=str(checkpoint_folder("tiny_roberta")))))
    assert space["bundle"].nsp.why_absent in printed


def test_a_snippet_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    shown = view(
        "next_sentence", '"""It\'s C:\\new\x00 🙂 ünd \'so\'"""\r\n', "Then\u2028it\tended.\\", mode="Two texts"
    )
    (tmp_path / "snippet.py").write_bytes(snippet(shown).encode("utf-8"))
    command = [sys.executable, "-X", "utf8", str(tmp_path / "snippet.py")]
    environment = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", cwd=ROOT, env=environment, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    margin = cache.comparison("bundled", shown.text_a, shown.text_b or "")["correct"].nsp.margin_nats
    assert f"correct: margin {margin:+.2f} nats" in done.stdout


# --- how it is written ---


def assigned(source: str) -> dict[str, Any]:
    """The values of a source's names that are plain literals."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Constant, ast.List)):
            found[ast.unparse(node.targets[0])] = ast.literal_eval(node.value)
    return found


def loaded(source: str) -> str:
    """The spec that a source loads."""
    (call,) = [
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "bundle"
    ]
    assert isinstance(call, ast.Call)
    return ast.literal_eval(call.args[0])


HOSTILE = {
    **AWKWARD,
    "nothing": "",
    "quotes": "\"it's\" 'so' \"\"\" ''' \"",
    "ends in a quote": 'say "',
    "ends in a backslash": "C:\\new\\",
    "line ends": "a\nb\r\nc\rd\x0be\x0cf\x85g\u2028h\u2029i",
    "NUL": "a\x00b",
    "lone surrogates": "a\ud800 \udfff\ud83d\ude42 b",
    "a way out": '")\nimport os\nos.abort()\n("',
    "a format": "{bundle} %s {0!r} \\N{BULLET}",
    "no space for long": "x" * 500,
    "wide without space": "漢\"'🙂\ud800\\" * 100,
    "white space only": " \t\n" * 80,
    "quotes that come late": "it's " * 16 + '" ' * 90,
}
anything = st.one_of(
    st.sampled_from(sorted(HOSTILE.values())),
    st.text(st.characters(exclude_categories=()), max_size=200),
    st.lists(st.sampled_from(["word", "\\", '"', "'", "\n", " ", "\ud800", "🙂", "\x00", "#"]), max_size=150).map(
        "".join
    ),
)


def assert_written_well(source: str) -> None:
    source.encode("utf-8")
    assert source.endswith("\n")
    assert not source.endswith("\n\n")
    # The model's name stays in one piece, in the first line and where it is loaded, to be found and copied.
    lines = pairwise(source.splitlines())
    assert [line for before, line in lines if len(line) > COLUMNS and before != "bundle = load_bundle("] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_stays_the_text(name: str) -> None:
    stays(HOSTILE[name], HOSTILE[name][::-1])


@given(anything, anything)
def test_any_text_stays_the_text(text_a: str, text_b: str) -> None:
    stays(text_a, text_b)


def stays(text_a: str, text_b: str) -> None:
    spec = text_b[:40]
    for page, chosen, names in (
        ("tokens", {**TOKENS, "follow": text_a}, ("text_a", "text_b")),
        ("fill", {**FILL, **CONTEST, "candidates": text_a}, ("text_a", "text_b")),
        ("next_sentence", {}, ("text_a", "text_b")),
        ("splits", SPLITS, ("text",)),
        ("pairs", {"controls": 0, "seed": 0}, ()),
        ("model", {}, ()),
    ):
        shown = replace(view(page, text_a, text_b, **chosen), model=spec)
        source = snippet(shown)
        assert_written_well(source)
        found = assigned(source)
        assert loaded(source) == spec
        assert [found[name] for name in names] == [text_a, text_b][: len(names)]
        if page == "pairs":
            assert found["sentences"] == list(pairs_controls.question(shown).sentences)
        if page == "tokens":
            assert found.get("follow", []) == text_a.split()
        if page == "fill":
            assert found.get("candidates", []) == list(fill_controls.parsed(text_a))


def test_text_never_becomes_code() -> None:
    """The statements of a snippet are those of the same view with a plain text."""
    for page in ("tokens", "fill", "next_sentence", "splits", "pairs", "model"):
        shown = next(each for each in VIEWS.values() if each.page == page)
        for text in HOSTILE.values():
            hostile = replace(shown, text_a=text, text_b=shown.text_b and text, model=text)
            sources = [ast.parse(snippet(each)).body for each in (shown, hostile)]
            mine, its = [[type(node) for node in body] for body in sources]
            assert mine == its


def test_a_long_text_is_cut_behind_white_space() -> None:
    source = snippet(view("splits", examples.NOTEBOOK, **SPLITS))
    (first, *_) = [line for line in source.splitlines() if line.startswith('    "')]
    assert first == '    "After Abraham Lincoln won the November 1860 presidential [MASK] on an "'
    assert assigned(source)["text"] == examples.NOTEBOOK


@pytest.mark.parametrize("length", range(70, COLUMNS + 1))
def test_a_text_of_about_a_line_fits(length: int) -> None:
    for page in ("splits", "pairs"):
        assert_written_well(snippet(view(page, "x" * length, **SPLITS)))


@pytest.mark.parametrize("name", VIEWS)
def test_a_snippet_says_what_made_it_and_is_short(name: str) -> None:
    source = snippet(VIEWS[name])
    made, how, *_ = source.splitlines()
    assert made.startswith("# Pretext ") and made.endswith(", model bundled")
    assert "in Pretext's folder: python snippet.py" in how
    assert_written_well(source)
    texts = sum(line.lstrip().startswith('"') for line in source.splitlines())
    assert len(source.splitlines()) - texts < 60


def test_every_page_has_a_snippet() -> None:
    assert {shown.page for shown in VIEWS.values()} == set(PAGES)


@pytest.mark.parametrize("page", ["", "settings", "Tokens", "a\nb", "\ud800" * 400])
def test_an_unknown_page_is_refused(page: str) -> None:
    with pytest.raises(InputError) as caught:
        snippet(view(page))
    assert_plain_sentence(caught.value)
    assert all(known in str(caught.value) for known in PAGES)


def test_a_fill_without_an_order_is_refused() -> None:
    with pytest.raises(InputError, match="choose at least one"):
        snippet(view("fill", GAPS, **{**FILL, "orders": ""}))
