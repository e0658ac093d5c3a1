"""A snippet asks what its page asks, and whatever was typed stays data; that it gives the page's numbers is tried on
the pages."""

import ast
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import analysis
from analysis.errors import InputError
from analysis.questions import Question, Text
from analysis.tasks.segmentations import compare_segmentations
from dashboard.about import About
from dashboard.pages import PAGES
from dashboard.pages.compare import MODELS
from dashboard.paper.snippet import snippet
from dashboard.texts import NOTEBOOK
from dashboard.view import Value, ViewState
from tests.analysis.texts import AWKWARD

ROOT = Path(__file__).parents[2]
COLUMNS = 88
ABOUT = About("bundled", "[MASK]", 512, 30_522, n_layers=6)
PAIR = ('She opened the antechamber\'s "door".', "The room was [MASK] and it smelled of dust.")
STORY = "The cat sat on the mat. It purred! Then it slept, and nobody came."
GAPS = "The [MASK] door of the [MASK] was open."


def view(page: str, *texts: Text, model: str = "bundled", **options: Value) -> ViewState:
    return PAGES[page].check(ViewState(page, model, texts).with_options(**options))


VIEWS = {
    "tokens": view("tokens", Text(*PAIR)),
    "tokens, edited, a position, words followed": view(
        "tokens", Text(PAIR[0], None, ((2, 1012), (5, 103))), follow="war ##s", position=0, reading="hidden", k=50
    ),
    "tokens, in windows": view("tokens", Text("The cat sat. " * 90, in_windows=True), measure="gap", masking="word"),
    "fill": view("fill", Text(GAPS), candidates="", steps="confident"),
    "fill, candidates": view(
        "fill",
        Text("The king.", GAPS),
        orders="confident,beam",
        beam=3,
        candidates="oak\nred  \noak\n wooden house ",
        gap=2,
        reference="wooden house",
        any_length=True,
    ),
    "attention": view("attention", Text(*PAIR)),
    "attention, an average, edited": view("attention", Text(PAIR[0], None, ((2, 1012),)), layer=4, head=-1, position=3),
    "layers": view("layers", Text(GAPS), follow="oak"),
    "layers, seen, a position": view("layers", Text(*PAIR), reading="seen", masking="word", position=3, units="nats"),
    "layers, patched": view("layers", Text(GAPS), beside=GAPS.replace("The", "A", 1), target="", units="nats"),
    "influence": view("influence", Text(GAPS), steps=8, shuffles=1),
    "influence on a margin": view("influence", Text(*PAIR), target="nsp", segmentation="swapped", steps=8, shuffles=0),
    "next sentence": view("next_sentence", Text(*PAIR)),
    "splits": view("splits", Text(STORY)),
    "splits by hand, between words": view("splits", Text(STORY), unit="word", starts="8 35", controls=0, seed=7),
    "splits with no sentence left": view("splits", Text(STORY), unit="word", starts="", context="adjacent"),
    "pairs": view("pairs", Text(f" {STORY} \n\n{PAIR[0]}\n{NOTEBOOK}"), controls=3, seed=5),
    "compare": view("compare", Text("The cat sat."), Text("The dog [MASK].")),
    "compare, seen, segments, edits": view(
        "compare",
        Text("The cat sat.", "It slept.", ((1, 103), (3, 2938))),
        Text("The cat sat.", None, ((2, 3899),)),
        reading="seen",
    ),
    "compare, two models": view("compare", Text("a cat"), Text("a cat"), mode=MODELS, model_b="some/other", k=3),
    "batch": view("batch", Text("sentence_good\tsentence_bad\nThe key is here.\tThe key are here.")),
    "batch, options": view(
        "batch",
        Text('{"x": "A cat."}'),
        suite="plain",
        measures="seen,pll",
        columns="text=x, group = y",
        masking="word",
    ),
    "tour": view("tour"),
    "model": view("model"),
}


def source_of(shown: ViewState) -> str:
    page = PAGES[shown.page]
    return snippet(page, shown, page.questions(shown, ABOUT))


def test_every_page_has_a_snippet() -> None:
    assert {shown.page for shown in VIEWS.values()} == set(PAGES)


# --- what it asks ---


def asked_by(source: str) -> dict[str, tuple[object, Question]]:
    """What running a snippet's questions asks, and of which models; its prints are left out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "load_bundle", lambda spec: spec)
        patch.setattr(analysis, "ask", lambda models, question: (models, question))
        space: dict[str, Any] = {}
        exec(compile(source, "snippet.py", "exec"), space)
    return {name: value for name, value in space.items() if isinstance(value, tuple) and isinstance(value[1], Question)}


def asks_the_same(shown: ViewState) -> None:
    page = replace(PAGES[shown.page], prints=lambda _view: [])
    questions, models = page.questions(shown, ABOUT), page.models(shown)
    found = asked_by(snippet(page, shown, questions))
    assert {name: question for name, (_, question) in found.items()} == questions
    assert {asked for asked, _ in found.values()} <= {models[0] if len(models) == 1 else models}


def test_a_snippet_asks_what_its_page_asks(subtests: pytest.Subtests) -> None:
    for name, shown in VIEWS.items():
        with subtests.test(name):
            asks_the_same(shown)
            source = source_of(shown)
            assert_written_well(source)
            made, how, *_ = source.splitlines()
            assert made == f"# Pretext {analysis.version.__version__}, model bundled"
            assert "in Pretext's folder: python snippet.py" in how
            texts = sum(line.lstrip().startswith('"') for line in source.splitlines())
            assert len(source.splitlines()) - texts < 60


def test_a_snippet_imports_what_it_uses(subtests: pytest.Subtests) -> None:
    for name, shown in VIEWS.items():
        with subtests.test(name):
            body = ast.parse(source_of(shown)).body
            assert isinstance(body[0], ast.ImportFrom)
            imported = {each.name for each in body[0].names}
            used = {node.id for part in body[1:] for node in ast.walk(part) if isinstance(node, ast.Name)}
            assert imported == used & set(analysis.__all__)


HOSTILE = {
    **AWKWARD,
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
    "white space in front": " \t\n" * 80 + "a",
    "quotes that come late": "it's " * 16 + '" ' * 90,
}
anything = st.one_of(
    st.sampled_from(sorted(HOSTILE.values())),
    st.text(st.characters(exclude_categories=()), min_size=1, max_size=200),
    st.lists(
        st.sampled_from(["word", "\\", '"', "'", "\n", " ", "\ud800", "🙂", "\x00", "#"]), min_size=1, max_size=150
    ).map("".join),
)


def with_texts(shown: ViewState, one: str, other: str) -> ViewState:
    """A view with other words wherever a person types some."""
    texts = (
        Text(one, other, each.edits) if each.text_b is not None else Text(f"{other}{'a' * number}")
        for number, each in enumerate(shown.texts)
    )
    typed = {name: one for name in ("candidates", "follow", "reference", "model_b") if shown.option(name)}
    return replace(shown, model=other, texts=tuple(texts)).with_options(**typed)


def assert_stays(one: str, other: str) -> None:
    for shown in VIEWS.values():
        hostile = with_texts(shown, one, other)
        try:
            asks_the_same(hostile)
        except InputError:
            continue  # What can't be asked has no snippet.
        page = PAGES[shown.page]
        assert_written_well(snippet(page, hostile, page.questions(hostile, ABOUT)))


def assert_written_well(source: str) -> None:
    source.encode("utf-8")
    assert source.endswith("\n")
    assert not source.endswith("\n\n")
    # The model's name stays in one piece, in the first line and where it is loaded, to be found and copied.
    lines = pairwise(source.splitlines())
    assert [line for before, line in lines if len(line) > COLUMNS and not before.endswith("= load_bundle(")] == []


def test_a_hostile_text_stays_the_text_wherever_it_is_typed(subtests: pytest.Subtests) -> None:
    for name, text in HOSTILE.items():
        with subtests.test(name):
            assert_stays(text, text[::-1])


@given(anything, anything)
def test_any_text_stays_the_text(one: str, other: str) -> None:
    assert_stays(one, other)


def test_text_never_becomes_code() -> None:
    """The statements of a snippet are those of the same view with a plain text."""
    for name in ("tokens", "next sentence", "splits", "pairs", "compare"):
        for text in HOSTILE.values():
            hostile = with_texts(VIEWS[name], text, text)
            try:
                sources = [ast.parse(source_of(each)).body for each in (VIEWS[name], hostile)]
            except InputError:
                continue
            mine, its = [[type(node) for node in body] for body in sources]
            assert mine == its


# --- how it is written ---


def test_a_long_text_is_cut_behind_white_space() -> None:
    source = source_of(view("splits", Text(NOTEBOOK)))
    (first, *_) = [line for line in source.splitlines() if line.lstrip().startswith('"After')]
    assert first.endswith(' "')
    assert len(first) > COLUMNS - len("presidential")
    (_, question) = asked_by_of("splits", source)
    assert question.text == NOTEBOOK


def asked_by_of(name: str, source: str) -> tuple[object, Any]:
    return asked_by(source.partition("\n\n")[0] + "\n" + source.partition("\n\n")[2].partition("\n\n")[0])[name]


def test_a_text_of_about_a_line_fits(subtests: pytest.Subtests) -> None:
    for length in range(60, COLUMNS + 1):
        with subtests.test(length=length):
            for page in ("splits", "pairs"):
                assert_written_well(source_of(view(page, Text("x" * length + " y.\nz"))))


# --- what it prints ---


def printed(shown: ViewState, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    space: dict[str, Any] = {}
    exec(compile(source_of(shown), "snippet.py", "exec"), space)
    return space, capsys.readouterr().out


def test_what_is_picked_and_followed_is_printed(tiny_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, model = Text("the cat sat on the mat."), str(tiny_folder)
    space, said = printed(view("tokens", text, model=model, position=3, follow="dog", reading="hidden", k=3), capsys)
    result = space["scores"]["word_l2r"].first(3)
    assert f"entropy: {result.statistics.entropy_bits[3]:g} bits" in said
    assert f"gap: {result.copy_gap_bits[3]:g} bits" in said
    assert all(f"  {token}: p = " in said for token in result.top_tokens[3])
    p = result.statistics.watched_p[:, 0]
    assert f"dog: at most p = {p.max():.4f}, at position {p.argmax()}" in said


@pytest.mark.parametrize(("head", "says"), [(0, ""), (2, "layer 1, head 2"), (-1, "layer 1, head average")])
def test_the_head_that_is_shown_is_printed(
    tiny_folder: Path, capsys: pytest.CaptureFixture[str], head: int, says: str
) -> None:
    options = {"layer": 1, "head": head, "position": 2}
    space, said = printed(view("attention", Text("the cat sat"), model=str(tiny_folder), **options), capsys)
    found = space["attention"]
    row = found.weights.mean(0)[2] if head == -1 else found.weights[(head or found.head) - 1][2]
    assert says in said
    assert "position 2, cat, looks at" in said
    assert f"  position {row.argmax()}, {found.encoded.tokens[row.argmax()]}: {row.max():.3f}" in said


def test_two_models_are_compared_by_token_or_by_word(
    tiny_folder: Path, checkpoint_folder: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for other, first in (("tiny_bert", "[CLS] | [CLS]: match"), ("tiny_roberta", "bits per character of A")):
        spec = str(checkpoint_folder(other, limit=256))
        shown = view("compare", *[Text("the cat")] * 2, model=str(tiny_folder), mode=MODELS, model_b=spec)
        assert first in printed(shown, capsys)[1]


def test_a_snippet_runs_in_a_process_of_its_own(tmp_path: Path, bundled: Any) -> None:
    texts = '"""It\'s C:\\new\x00 🙂 ünd \'so\'"""\r\n', "Then\u2028it\tended.\\"
    (tmp_path / "snippet.py").write_bytes(source_of(view("next_sentence", Text(*texts))).encode("utf-8"))
    done = subprocess.run(
        [sys.executable, "-X", "utf8", str(tmp_path / "snippet.py")],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    margin = compare_segmentations(bundled, *texts)["correct"].nsp.margin_nats
    assert f"correct: margin {margin:+.2f} nats" in done.stdout
