"""The tour: what is printed runs and gives what is shown, and no sentence claims more than its numbers."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.models.bundle import ModelBundle
from analysis.models.checkpoint import BUNDLED_FOLDER
from analysis.models.store import load_bundle
from dashboard import tour
from dashboard.glossary import p_text
from tests.analysis.plain_words import assert_plain_sentence

RANDOM = [("tiny_bert", {"seed": seed}) for seed in range(3)] + [
    ("wide_head", {}),
    ("tiny_roberta", {}),
    ("tiny_albert", {}),
]
NAMES = ["bundled", *(f"{name} {settings.get('seed', '')}".strip() for name, settings in RANDOM)]

# The figures that the notebook printed, copied from it by hand.
READ_OUT = (
    "##ecin although abraham lincolnshire won 1948 november 1860 presidential primaries on his anti - slavery platform "
    ", an initial seven tributary states declared their independence from the country to form ##ici confederacy ##yre "
    "war broke out in april 1861 when ##oya ##ist forces occupied fort sum ##mer for south carolina ##trip just over a "
    "month before grant ' s inauguration ; ##tson"
)
PUBLISHED = (
    {"tokens": 62},
    {"shape": [1, 62, 30522], "first three logits": [-7.6192, -7.5433, -7.6124]},
    {"argmax": 8181, "its token": "abraham"},
    {"read-out": READ_OUT},
    {"first [MASK]": "primaries", "second [MASK]": "occupied"},
    {"logits": [2.8256, -1.6897], "margin": 4.5153},
    {"tokens": 63, "logits": [6.0915, -5.6939], "margin": 11.7854, "argmax": 0},
)


@pytest.fixture(scope="session", params=["bundled", *RANDOM], ids=NAMES)
def bundle(request: pytest.FixtureRequest, checkpoint_folder: Callable[..., Path]) -> ModelBundle:
    if request.param == "bundled":
        return load_bundle("bundled")
    name, settings = request.param
    return load_bundle(str(checkpoint_folder(name, **settings)))


Steps = list[tuple[tour.Step, dict[str, Any]]]


@pytest.fixture(scope="session")
def taken(bundle: ModelBundle) -> Steps:
    """The steps that a model can take, with their live values."""
    return [(step, tour.run(step, bundle)) for step in tour.STEPS if step.why_not(bundle) is None]


def test_the_published_figures_are_the_notebooks() -> None:
    assert tuple(step.published for step in tour.STEPS) == PUBLISHED
    assert len(READ_OUT.split()) == 62


def test_a_published_figure_stands_beside_a_live_one(taken: Steps) -> None:
    for step, live in taken:
        assert set(step.published) <= set(live)
        shown = {name: (mine, published) for name, mine, published in tour.rows(step, live)}
        assert list(shown) == list(live)
        for name, (_, published) in shown.items():
            assert (published == "–") == (name not in step.published)


def test_the_printed_code_gives_what_is_shown(bundle: ModelBundle, taken: Steps) -> None:
    assert taken
    for step, live in taken:
        fresh: dict[str, Any] = {"__name__": "notebook"}
        exec(compile(tour.preamble(bundle) + step.code, step.title, "exec"), fresh)
        assert fresh["values"] == live


def test_no_probability_reads_as_0_or_1(taken: Steps) -> None:
    for step, live in taken:
        for name, value, _ in tour.rows(step, live):
            if re.match(r"p\b|P\(", name):
                assert value not in {"0.0000", "1.0000"}, (step.title, name)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("p", 0.5, "0.5000"),
        ("p", 0.99996, "1 − 4e−5"),
        ("p of the first", 3e-6, "3.0e−6"),
        ("P(IsNext)", 1.0, "> 1 − 1e−7"),
        ("margin of one segment", 1.0, "1.0000"),
        ("margin of one segment", 0.00001, "0.0000"),
        ("first five ids", [101, 2044], "101, 2044"),
    ],
)
def test_a_live_value_as_printed(name: str, value: object, text: str) -> None:
    assert tour.rows(tour.STEPS[2], {name: value}) == [(name, text, "–")]


def numbers(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def assert_true(step: int, said: str, live: dict[str, Any]) -> None:
    """Read a notice back and compare every number and every direction in it with the live values."""
    READERS[step](said, live)
    assert said.endswith(".")


def _read_tokens(said: str, live: dict[str, Any]) -> None:
    assert re.search(r"makes (\d+) tokens", said).group(1) == str(live["tokens"])
    for token in re.findall(r"\[CLS\]|\[SEP\]|##", said):
        assert token in live["first five"], "not every tokenizer is BERT's"


def _read_logits(said: str, live: dict[str, Any]) -> None:
    found = re.search(r"of the (\d+) positions gets ([\d,]+) numbers, .*: ([\d,]+) in all", said)
    positions, columns, product = map(numbers, found.groups())
    assert [1, positions, columns] == live["shape"]
    assert product == positions * columns
    assert "vocabulary" not in said, "a head may have more columns than the tokenizer has entries"


def _read_one_position(said: str, live: dict[str, Any]) -> None:
    assert f"stands '{live['token']}'" in said
    assert ("reads back the token that stands there" in said) == (live["its token"] == live["token"])
    assert (f"puts '{live['its token']}' there instead" in said) == (live["its token"] != live["token"])
    assert said.endswith(f"with p {p_text(live['p'])}.")


def _read_read_out(said: str, live: dict[str, Any]) -> None:
    changed, n = live["read back as something else"], live["positions that count"]
    if whole := re.match(r"All (\d+) tokens come back as they were", said):
        assert (changed, n) == (0, int(whole.group(1)))
        return
    found = re.match(r"(\d+) of (\d+) tokens come back as they were, (\d+) as something else", said)
    assert tuple(map(int, found.groups())) == (n - changed, n, changed)
    assert changed > 0


def _read_masks(said: str, live: dict[str, Any]) -> None:
    for which in ("first", "second"):
        assert f"'{live[f'{which} [MASK]']}' with p {p_text(live[f'p of the {which}'])}" in said
    assert "'election' and 'attacked'" in said


def _assert_side(said: str, margin: float) -> None:
    """What is said after a printed margin fits what is printed, rounding included."""
    printed = numbers(re.search(r"([+−]?\d+\.\d\d) nats, (on|neither)", said).group(1))
    assert printed == pytest.approx(margin, abs=0.0051)
    assert ("on the side of IsNext" in said) == (printed > 0)
    assert ("on the side of NotNext" in said) == (printed < 0)
    assert ("neither IsNext nor NotNext" in said) == (printed == 0)


def _read_one_segment(said: str, live: dict[str, Any]) -> None:
    _assert_side(said, live["margin"])


def _read_two_segments(said: str, live: dict[str, Any]) -> None:
    _assert_side(said, live["margin"])
    change = live["margin"] - live["margin of one segment"]
    if "leaves the margin where it was" in said:
        assert f"{change:.2f}" in {"0.00", "-0.00"}
        return
    verb, by = re.search(r"B begins (raises|lowers) the margin by (\d+\.\d\d) nats", said).groups()
    assert verb == ("raises" if change > 0 else "lowers")
    assert by == f"{abs(change):.2f}" != "0.00"


READERS = (
    _read_tokens,
    _read_logits,
    _read_one_position,
    _read_read_out,
    _read_masks,
    _read_one_segment,
    _read_two_segments,
)


def test_every_notice_says_what_the_numbers_show(taken: Steps) -> None:
    for step, live in taken:
        assert_true(tour.STEPS.index(step), step.notice(live), live)


margins = st.floats(-30, 30) | st.floats(-0.02, 0.02)


@given(margins, margins)
@example(0.0, 0.0)
@example(0.005, 0.0)
@example(-0.005, 0.0)
@example(0.0049999, -0.0000001)
@example(5.0, 5.005)
def test_the_notices_of_any_margins_hold(margin: float, of_one: float) -> None:
    live = {"margin": margin, "margin of one segment": of_one}
    assert_true(5, tour.STEPS[5].notice(live), live)
    assert_true(6, tour.STEPS[6].notice(live), live)


@given(st.integers(0, 60), st.integers(1, 60), st.floats(0, 1, exclude_min=True, exclude_max=True), st.booleans())
def test_the_notices_of_any_reading_hold(changed: int, n: int, p: float, same: bool) -> None:
    live = {
        "token": "abraham",
        "its token": "abraham" if same else "lincoln",
        "p": p,
        "read back as something else": min(changed, n),
        "positions that count": n,
    }
    assert_true(2, tour.STEPS[2].notice(live), live)
    assert_true(3, tour.STEPS[3].notice(live), live)


@pytest.mark.parametrize(
    ("said", "live"),
    [
        (
            "x has +6.68 nats, on the side of IsNext. Telling the head where B begins lowers the margin by 5.02 nats.",
            1.66,
        ),
        (
            "x has +6.68 nats, on the side of NotNext. Telling the head where B begins raises the margin by 5.02 nats.",
            1.66,
        ),
        (
            "x has +6.68 nats, on the side of IsNext. Telling the head where B begins leaves the margin where it was.",
            1.66,
        ),
        (
            "x has +6.86 nats, on the side of IsNext. Telling the head where B begins raises the margin by 5.02 nats.",
            1.66,
        ),
    ],
    ids=["wrong direction", "wrong side", "no change", "wrong number"],
)
def test_the_check_rejects_a_wrong_sentence(said: str, live: float) -> None:
    with pytest.raises(AssertionError):
        assert_true(6, said, {"margin": 6.68, "margin of one segment": live})


@pytest.mark.parametrize(
    ("maker", "missing"),
    [("without_nsp", {5, 6}), ("tiny_distilbert", {5, 6}), ("tiny_roberta", {5, 6}), ("without_mlm", {0, 1, 2, 3, 4})],
)
def test_a_step_without_its_head_says_why(
    maker: str, missing: set[int], checkpoint_folder: Callable[..., Path]
) -> None:
    bundle = load_bundle(str(checkpoint_folder(maker)))
    whys = [step.why_not(bundle) for step in tour.STEPS]
    assert {number for number, why in enumerate(whys) if why is not None} == missing
    for why in filter(None, whys):
        assert why.endswith(".")
        assert "head" in why
        with pytest.raises(AssertionError):
            assert_plain_sentence(f"{why} Traceback")


def test_both_masks_are_found_whatever_the_mask_token_is(bundle: ModelBundle) -> None:
    found = tour.run(tour.STEPS[0], bundle)["masks at"]
    assert len(found) == 2
    a, b = tour.texts(bundle)
    assert a.count(bundle.tokenizer.mask_token) == b.count(bundle.tokenizer.mask_token) == 1


def test_the_bundled_models_figures(bundled: ModelBundle) -> None:
    """Against what was written down when the model was trained (``analysis/bundled/figures.json``)."""
    written = json.loads((BUNDLED_FOLDER / "figures.json").read_text(encoding="utf-8"))["notebook"]
    live = [tour.run(step, bundled) for step in tour.STEPS]
    one, pair = written["nsp"]["one_segment"], written["nsp"]["correct_pair"]
    assert (live[0]["tokens"], live[6]["tokens"]) == (one["tokens"], pair["tokens"])
    for step, figures in ((live[5], one), (live[6], pair)):
        assert step["logits"] == pytest.approx(figures["logits"], abs=0.001)
        assert step["margin"] == pytest.approx(figures["margin_nats"], abs=0.002)
    first, second = written["one_segment_masks"]
    assert live[0]["masks at"] == [first["position"], second["position"]]
    assert (live[4]["first [MASK]"], live[4]["second [MASK]"]) == (first["top"][0][0], second["top"][0][0])
    assert live[4]["p of the first"] == pytest.approx(first["top"][0][1], abs=0.01)
    changed = [i for i in written["greedy_differs_at"] if i not in {0, 61, *live[0]["masks at"]}]
    assert live[3]["read back as something else"] == len(changed)
