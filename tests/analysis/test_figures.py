"""The notebook's figures: one test body, run on bert-base-uncased (marker ``hub``) and on the bundled model.

What bert-base-uncased answers was printed in the notebook; what the bundled model answers is recorded beside it.
"""

import doctest
import json
from dataclasses import dataclass, field

import numpy as np
import pytest

import analysis
from analysis import ModelBundle, compare_segmentations, load_bundle, read_seen
from analysis.models.checkpoint import BUNDLED_FOLDER
from tests.analysis.texts import NOTEBOOK, SENTENCE_A, SENTENCE_B

MASKS = (9, 43)
"""Positions of the two [MASK]s in the text as one segment."""

BERT_BASE_READ_OUT = [
    *(28191, 2348, 8181, 16628, 2180, 3882, 2281, 7313, 4883, 27419, 2006, 2010, 3424, 1011, 8864, 4132, 1010, 2019),
    *(3988, 2698, 8914, 2163, 4161, 2037, 4336, 2013, 1996, 2406, 2000, 2433, 28775, 18179, 16363, 2162, 3631, 2041),
    *(1999, 2258, 6863, 2043, 18232, 2923, 2749, 4548, 3481, 7680, 5017, 2005, 2148, 3792, 24901, 2074, 2058, 1037),
    *(3204, 2077, 3946, 1005, 1055, 17331, 1025, 25656),
]


@dataclass(frozen=True)
class Figures:
    """What one model answers to the notebook's text."""

    spec: str
    one_segment: tuple[float, float]
    correct: tuple[float, float]
    masks: tuple[tuple[tuple[str, float | None], ...], ...]
    """Of each [MASK], the most probable words, with their probabilities where they are recorded."""
    read_out: list[int] | None = None
    """The most probable id of every position."""
    differs_at: list[int] | None = None
    """Positions where that is not the id that stands there."""
    further_pairs: dict[tuple[str, str], float] = field(default_factory=dict)
    """Margins of other pairs."""
    p_is_next: dict[tuple[str, str], float] = field(default_factory=dict)
    tolerance: float = 1e-3


BERT_BASE = Figures(
    spec="bert-base-uncased",
    one_segment=(2.8256, -1.6897),
    correct=(6.0915, -5.6939),
    masks=((("primaries", None),), (("occupied", None),)),
    read_out=BERT_BASE_READ_OUT,
    p_is_next={
        ("How old are you?", "I am 21 years old."): 0.99999189,
        ("How old are you?", "Queen's University is in Kingston Ontario Canada"): 0.00018498,
    },
)


def recorded() -> Figures:
    """The bundled model's own figures."""
    notebook = json.loads((BUNDLED_FOLDER / "figures.json").read_text(encoding="utf-8"))["notebook"]
    assert (notebook["text_a"], notebook["text_b"]) == (SENTENCE_A, SENTENCE_B)
    nsp = notebook["nsp"]
    return Figures(
        spec="bundled",
        one_segment=tuple(nsp["one_segment"]["logits"]),
        correct=tuple(nsp["correct_pair"]["logits"]),
        masks=tuple(tuple(map(tuple, mask["top"])) for mask in notebook["one_segment_masks"]),
        differs_at=notebook["greedy_differs_at"],
        further_pairs={
            (SENTENCE_B, SENTENCE_A): nsp["swapped"]["margin_nats"],
            (SENTENCE_A, notebook["unrelated_b"]): nsp["unrelated_second"]["margin_nats"],
        },
    )


@pytest.fixture(params=[pytest.param(BERT_BASE, marks=pytest.mark.hub, id="bert-base-uncased"), "bundled"])
def figures(request: pytest.FixtureRequest) -> Figures:
    return recorded() if request.param == "bundled" else request.param


def test_the_notebook_s_figures(figures: Figures) -> None:
    bundle = load_bundle(figures.spec)
    assert_one_segment(bundle, figures)
    assert_pairs(bundle, figures)


def assert_one_segment(bundle: ModelBundle, figures: Figures) -> None:
    reading = read_seen(bundle, NOTEBOOK, k=10)
    top, ids = reading.statistics.top_ids, reading.encoded.ids
    assert len(reading.encoded) == 62
    assert reading.n_vocabulary == 30_522
    assert [i for i, token in enumerate(reading.encoded.tokens) if token == "[MASK]"] == list(MASKS)
    assert reading.nsp is not None
    assert_logits((reading.nsp.logit_is_next, reading.nsp.logit_not_next), figures.one_segment, figures.tolerance)
    for position, expected in zip(MASKS, figures.masks, strict=True):
        for place, (word, p) in enumerate(expected):
            assert reading.top_tokens[position][place] == word
            assert p is None or reading.statistics.top_p[position, place] == pytest.approx(p, abs=0.006)
    assert figures.read_out is None or top[:, 0].tolist() == figures.read_out
    assert figures.differs_at is None or np.flatnonzero(top[:, 0] != ids).tolist() == figures.differs_at
    assert figures.read_out is not None or figures.differs_at is not None


def assert_pairs(bundle: ModelBundle, figures: Figures) -> None:
    compared = compare_segmentations(bundle, SENTENCE_A, SENTENCE_B)
    one, correct = compared["one_segment"], compared["correct"]
    assert (len(one.encoded), len(correct.encoded)) == (62, 63)
    assert_logits((one.nsp.logit_is_next, one.nsp.logit_not_next), figures.one_segment, figures.tolerance)
    assert_logits((correct.nsp.logit_is_next, correct.nsp.logit_not_next), figures.correct, figures.tolerance)
    for (text_a, text_b), margin in figures.further_pairs.items():
        nsp = compare_segmentations(bundle, text_a, text_b)["correct"].nsp
        assert nsp.margin_nats == pytest.approx(margin, abs=figures.tolerance)
    for (text_a, text_b), p in figures.p_is_next.items():
        nsp = compare_segmentations(bundle, text_a, text_b)["correct"].nsp
        assert nsp.p_is_next == pytest.approx(p, rel=1e-3)


def assert_logits(z: tuple[float, float], expected: tuple[float, float], tolerance: float) -> None:
    assert z == pytest.approx(expected, abs=tolerance)


@pytest.mark.hub
def test_the_first_logits_that_the_notebook_printed() -> None:
    bundle = load_bundle(BERT_BASE.spec)
    statistics = read_seen(bundle, NOTEBOOK, k=bundle.n_vocabulary).statistics
    by_id = np.empty(bundle.n_vocabulary)
    by_id[statistics.top_ids[0]] = np.log(statistics.top_p[0])
    assert by_id[0] - by_id[1] == pytest.approx(-7.6192 + 7.5433, abs=1e-3)
    assert by_id[0] - by_id[2] == pytest.approx(-7.6192 + 7.6124, abs=1e-3)
    assert statistics.top_ids[2, 0] == 8181


def test_the_example_of_the_package() -> None:
    """The first thing that someone tries: it must come out as printed."""
    found = doctest.testmod(analysis)
    assert found.attempted == 3
    assert found.failed == 0


def test_the_recorded_figures_are_consistent() -> None:
    notebook = json.loads((BUNDLED_FOLDER / "figures.json").read_text(encoding="utf-8"))["notebook"]
    for name, variant in notebook["nsp"].items():
        z_0, z_1 = variant["logits"]
        assert variant["margin_nats"] == pytest.approx(z_0 - z_1, abs=2e-3), name
