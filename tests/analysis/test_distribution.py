"""The whole distribution of one position, against plain transformers: every entry of the vocabulary."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis import (
    InputError,
    ModelBundle,
    ModelError,
    PositionDistribution,
    read_distribution,
    read_hidden,
    read_seen,
)
from analysis.choices import MASKINGS, Masking
from analysis.kernels.distributions import whole_distribution
from analysis.models import families
from tests.analysis.hidden_oracle import Sheet
from tests.analysis.oracle import Array, Plain
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects

FORT = "At Fort Sumter, [MASK] anti-slavery men fired unquestionably ##ing."
PAIR = ("She opened the door.", "The room was [MASK] and unquestionably dark.")
SWAPS = 5e-5
"""Of the thousands of entries that nothing speaks for, neighbours this close swap places with the order of a sum."""
LONG = "the zebra cats sat on the mat, she [MASK] opened doors and was dark! " * 4


def assert_is(found: PositionDistribution, logits: Array) -> None:
    """Every entry against a softmax in float64 of one row of plain transformers' logits."""
    y = logits - logits.max()
    log_p = y - np.log(np.exp(y).sum())
    assert found.p.shape == found.log_p_nats.shape == found.rank.shape == logits.shape
    assert (found.p.dtype, found.log_p_nats.dtype, found.rank.dtype) == (np.float32, np.float32, np.int32)
    np.testing.assert_allclose(found.log_p_nats, log_p, rtol=0, atol=2e-4)
    np.testing.assert_allclose(found.p, np.exp(log_p), rtol=0, atol=1e-5)
    surely, perhaps = n_larger(logits, SWAPS), n_larger(logits, -SWAPS) - 1
    assert ((1 + surely <= found.rank) & (found.rank <= 1 + perhaps)).all()
    assert (np.diff(found.log_p_nats[found.order]) <= 0).all(), "most probable first"
    assert sorted(found.order.tolist()) == list(range(len(logits)))


def n_larger(logits: Array, by: float) -> np.ndarray:
    """How many logits are larger than each, by more than this."""
    return len(logits) - np.searchsorted(np.sort(logits), logits + by, side="right")


@pytest.mark.parametrize("texts", [(FORT, None), PAIR], ids=["fort", "pair"])
def test_all_entries_are_plain_transformers(bundled: ModelBundle, plain: Plain, texts: tuple[str, str | None]) -> None:
    """At a token, a piece, a [MASK] and the template's tokens, seen and under every masking."""
    sheet = Sheet.of(plain, *texts)
    seen = sheet.answer().logits
    last = len(sheet.ids) - 1
    for position in (0, 1, *np.flatnonzero(np.array(sheet.ids) == sheet.mask_id)[:1], 4, last - 2, last):
        found = read_distribution(bundled, *texts, position=int(position), reading="seen")
        assert (found.kind, found.masking) == ("seen", None)
        assert_is(found, seen[position])
        for masking in MASKINGS:
            found = read_distribution(bundled, *texts, position=int(position), masking=masking)
            assert (found.kind, found.masking) == ("hidden", masking if position in sheet.counted else None)
            hidden = sheet.hidden_with(int(position), masking) if position in sheet.counted else []
            ids = sheet.with_masks(hidden)
            (row,) = sheet.rows([(ids, int(position))])
            assert_is(found, row)


def test_the_check_notices_one_wrong_entry(bundled: ModelBundle, plain: Plain) -> None:
    found, sheet = read_distribution(bundled, FORT, position=2), Sheet.of(plain, FORT)
    (logits,) = sheet.rows([(sheet.with_masks(sheet.hidden_with(2, "word_l2r")), 2)])
    assert_is(found, logits)
    for name, change in (("p", 2e-5), ("log_p_nats", 1e-3), ("rank", 3)):
        wrong = getattr(found, name).copy()
        wrong[1_996] += change
        assert_rejects(assert_is, replace(found, **{name: wrong}), logits)


@pytest.mark.parametrize("name", ["tiny_bert", "tiny_roberta", "tiny_modernbert", "wide_head", "tiny_fnet"])
@pytest.mark.parametrize("masking", [None, *MASKINGS])
def test_it_is_the_row_of_the_reading_whatever_the_model(
    checkpoint: Callable[[str], ModelBundle], name: str, masking: Masking | None
) -> None:
    """Also in windows: every position has its window, and all that a reading says of it stands in the whole row."""
    bundle, text = checkpoint(name), LONG
    how = {"k": 5, "in_windows": True}
    reading = read_seen(bundle, text, **how) if masking is None else read_hidden(bundle, text, masking=masking, **how)
    numbers, encoded = reading.statistics, reading.encoded
    for position in {0, 1, 9, len(encoded) // 2, len(encoded) - 1}:
        found = read_distribution(
            bundle,
            text,
            position=position,
            reading=reading.kind,
            masking=masking or "token",
            in_windows=True,
        )
        own = int(encoded.ids[position])
        np.testing.assert_allclose(found.p[own], numbers.p_observed[position], rtol=1e-4, atol=1e-6)
        assert found.rank[own] == numbers.rank[position]
        assert found.order[:5].tolist() == numbers.top_ids[position].tolist()
        np.testing.assert_allclose(found.p[found.order[:5]], numbers.top_p[position], rtol=1e-4, atol=1e-6)
        assert tuple(found.tokens[id_] for id_ in found.order[:5].tolist()) == reading.top_tokens[position]
        assert len(found.tokens) == len(found.p) == bundle.n_vocabulary
        assert float(found.p.sum(dtype="f8")) == pytest.approx(1, abs=1e-5)
        assert (found.notices, found.provenance) == (reading.notices, reading.provenance)


def test_equal_logits_have_equal_ranks_and_stand_by_id() -> None:
    log_p, p, rank = whole_distribution(torch.tensor([1.0, 3.0, 1.0, 3.0, 0.0]))
    assert rank.tolist() == [3, 1, 3, 1, 5]
    assert p.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.exp(log_p), p, rtol=1e-6)


def test_the_smallest_probabilities_keep_their_logarithm() -> None:
    log_p, p, _ = whole_distribution(torch.tensor([0.0, -200.0]))
    assert (p[1], log_p[1]) == (0.0, pytest.approx(-200))


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
def test_a_damaged_model_is_said_to_be_damaged(wrong: float) -> None:
    with pytest.raises(ModelError, match="not finite"):
        whole_distribution(torch.tensor([0.0, wrong, 1.0]))


@pytest.mark.parametrize("position", [-1, 5, 10**9, 1.5, "2", True])
def test_a_position_that_is_none_is_refused(tiny: ModelBundle, position: int) -> None:
    with pytest.raises(InputError) as caught:
        read_distribution(tiny, "the cat sat", position=position)
    assert_plain_sentence(caught.value)


def test_no_more_than_one_row_is_ever_made(tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, rows = families.parts_of(tiny.model), []
    assert parts is not None

    def counting(model: object, hidden: torch.Tensor) -> torch.Tensor:
        rows.append(len(hidden))
        return parts.mlm_logits(model, hidden)

    monkeypatch.setattr("analysis.models.forward.parts_of", lambda _model: replace(parts, mlm_logits=counting))
    read_distribution(tiny, "the cats sat on a mat", position=3)
    assert rows == [1]
