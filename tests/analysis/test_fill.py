"""Filling [MASK]s, in every order, against a plain loop over plain transformers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest

from analysis import Filling, FillResult, InputError, ModelBundle, fill_masks
from analysis.choices import FILL_ORDERS, FillOrder
from analysis.limits import MAX_BEAM, MAX_MASKS
from analysis.tasks import fill
from tests.analysis.hidden_oracle import Sheet
from tests.analysis.oracle import Plain
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.texts import NOTEBOOK

NEAR_NATS = 2e-5

TEXTS: dict[str, tuple[str, str | None]] = {
    "one gap": ("the [MASK] sat.", None),
    "two beside each other": ("the [MASK] [MASK] sat.", None),
    "three": ("[MASK] cat [MASK] on the mat [MASK]", None),
    "in both texts": ("the [MASK] cats [MASK]", "she [MASK] the door"),
    "between pieces": ("zeb[MASK]ra, [MASK]", None),
    "with other typed tokens": ("a [SEP] [MASK] [PAD] [MASK] ไ", None),
}


@dataclass(frozen=True)
class Steps:
    """What one order does: (position, id, ln p), step by step."""

    steps: tuple[tuple[int, int, float], ...] = ()

    @property
    def total(self) -> float:
        return sum(logp for _, _, logp in self.steps)

    def ids_on(self, sheet: Sheet) -> list[int]:
        ids = list(sheet.ids)
        for position, id_, _ in self.steps:
            ids[position] = id_
        return ids

    def plus(self, position: int, id_: int, logp: float) -> "Steps":
        return Steps((*self.steps, (position, id_, logp)))


def gaps(sheet: Sheet) -> list[int]:
    return [position for position, id_ in enumerate(sheet.ids) if id_ == sheet.mask_id]


def by_a_loop(sheet: Sheet, order: FillOrder) -> Steps:
    path = Steps()
    left = gaps(sheet)
    while left:
        log_p = sheet.answer(sheet.ids if order == "independent" else path.ids_on(sheet)).log_p
        chosen = {
            "independent": left[0],
            "left_to_right": left[0],
            "right_to_left": left[-1],
            "confident": max(left, key=lambda position: log_p[position].max()),
        }[order]
        best = int(log_p[chosen].argmax())
        path = path.plus(chosen, best, float(log_p[chosen, best]))
        left.remove(chosen)
    return path


def beam_by_a_loop(sheet: Sheet, width: int) -> list[Steps]:
    paths = [Steps()]
    for position in gaps(sheet):
        longer = []
        for path in paths:
            log_p = sheet.answer(path.ids_on(sheet)).log_p[position]
            longer += [path.plus(position, int(id_), float(log_p[id_])) for id_ in np.argsort(-log_p)[:width]]
        paths = sorted(longer, key=lambda path: -path.total)[:width]
    return paths


def assert_same_path(filling: Filling, path: Steps) -> None:
    assert [(step.position, step.id) for step in filling.steps] == [(position, id_) for position, id_, _ in path.steps]
    logp = [step.logp_nats for step in filling.steps]
    np.testing.assert_allclose(logp, [each for _, _, each in path.steps], rtol=0, atol=NEAR_NATS)
    assert filling.total_nats == pytest.approx(path.total, abs=NEAR_NATS * len(path.steps))
    assert filling.total_nats == pytest.approx(sum(logp), abs=1e-9)


# --- each order ---


@pytest.mark.parametrize(("text_a", "text_b"), TEXTS.values(), ids=TEXTS)
def test_every_order(tiny: ModelBundle, tiny_plain: Plain, text_a: str, text_b: str | None) -> None:
    sheet = Sheet.of(tiny_plain, text_a, text_b)
    result = fill_masks(tiny, text_a, text_b, orders=FILL_ORDERS[:-1], k=3)
    assert result.positions == tuple(gaps(sheet))
    assert tuple(filling.order for filling in result.fillings) == FILL_ORDERS[:-1]
    for filling in result.fillings:
        assert_same_path(filling, by_a_loop(sheet, filling.order))


def test_the_orders_differ(tiny: ModelBundle) -> None:
    """Or a test above could take one for another."""
    results = [fill_masks(tiny, *texts, orders=FILL_ORDERS[:-1]) for texts in TEXTS.values()]
    ways = {
        order: [[(step.position, step.id) for step in result[order].steps] for result in results]
        for order in FILL_ORDERS[:-1]
    }
    for one, other in combinations(ways.values(), 2):
        assert one != other


@pytest.mark.parametrize(("text_a", "text_b"), TEXTS.values(), ids=TEXTS)
def test_the_beam(tiny: ModelBundle, tiny_plain: Plain, text_a: str, text_b: str | None) -> None:
    sheet = Sheet.of(tiny_plain, text_a, text_b)
    for width in (2, MAX_BEAM):
        result = fill_masks(tiny, text_a, text_b, orders=["beam"], beam=width, k=3)
        assert len(result.fillings) == width
        for filling, path in zip(result.fillings, beam_by_a_loop(sheet, width), strict=True):
            assert filling.order == "beam"
            assert_same_path(filling, path)
        totals = [filling.total_nats for filling in result.fillings]
        assert totals == sorted(totals, reverse=True)


def test_a_beam_as_wide_as_the_vocabulary_finds_the_best(
    tiny: ModelBundle, tiny_plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All 74 * 74 ways of filling two gaps from left to right."""
    monkeypatch.setattr(fill, "MAX_BEAM", tiny.n_vocabulary)
    text = "the [MASK] sat on [MASK] mat"
    sheet = Sheet.of(tiny_plain, text)
    first, second = gaps(sheet)
    alone = sheet.answer().log_p[first]
    given = [sheet.answer(Steps(((first, id_, 0.0),)).ids_on(sheet)).log_p[second] for id_ in range(74)]
    totals = {(i, j): float(alone[i] + given[i][j]) for i, j in product(range(74), range(74))}
    best = sorted(totals, key=lambda pair: -totals[pair])[:10]
    found = fill_masks(tiny, text, orders=["beam"], beam=tiny.n_vocabulary).fillings
    assert [tuple(step.id for step in filling.steps) for filling in found[:10]] == best
    assert found[0].total_nats == pytest.approx(totals[best[0]], abs=2 * NEAR_NATS)


def test_a_beam_of_one_goes_from_left_to_right(tiny: ModelBundle) -> None:
    for texts in TEXTS.values():
        result = fill_masks(tiny, *texts, orders=["left_to_right", "beam"], beam=1)
        assert result["beam"].tokens == result["left_to_right"].tokens
        assert result["beam"].total_nats == pytest.approx(result["left_to_right"].total_nats, abs=NEAR_NATS)


@pytest.mark.parametrize("name", ["tiny_roberta", "tiny_albert", "tiny_distilbert"])
def test_other_families(
    checkpoint: Callable[[str], ModelBundle], checkpoint_folder: Callable[[str], Path], name: str
) -> None:
    bundle = checkpoint(name)
    mask = bundle.tokenizer.mask_token
    text = f"a {mask} cat {mask} at {mask}"
    sheet = Sheet.of(Plain.load(checkpoint_folder(name), two_heads=name == "tiny_albert"), text)
    result = fill_masks(bundle, text, beam=3)
    for order in FILL_ORDERS[:-1]:
        assert_same_path(result[order], by_a_loop(sheet, order))
    assert_same_path(result["beam"], beam_by_a_loop(sheet, 3)[0])


def test_the_notebook_s_gaps(bundled: ModelBundle, plain: Plain) -> None:
    result = fill_masks(bundled, NOTEBOOK, beam=2)
    sheet = Sheet.of(plain, NOTEBOOK)
    assert result.positions == (9, 43)
    for order in FILL_ORDERS[:-1]:
        assert_same_path(result[order], by_a_loop(sheet, order))


# --- what a step says ---


def test_a_step_lists_what_else_there_was(tiny: ModelBundle, tiny_plain: Plain) -> None:
    text = "the [MASK] sat on [MASK] mat"
    for order in FILL_ORDERS:
        (filling, *_) = fill_masks(tiny, text, orders=[order], k=4).fillings
        path, sheet = Steps(), Sheet.of(tiny_plain, text)
        for step in filling.steps:
            log_p = sheet.answer(sheet.ids if order == "independent" else path.ids_on(sheet)).log_p[step.position]
            assert step.top_ids.tolist() == np.argsort(-log_p)[:4].tolist()
            np.testing.assert_allclose(step.top_p, np.exp(log_p[step.top_ids]), atol=1e-5)
            assert list(step.top_tokens) == tiny_plain.tokenizer.convert_ids_to_tokens(step.top_ids.tolist())
            assert step.token == tiny_plain.tokenizer.convert_ids_to_tokens(step.id)
            path = path.plus(step.position, step.id, step.logp_nats)
        assert filling.tokens == tuple(step.token for step in sorted(filling.steps, key=lambda step: step.position))


def test_a_step_far_down_the_beam_has_a_number(tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hundred nats below the best there is nothing left in single precision, but ln p is known."""
    bias = tiny.model.cls.predictions.decoder.bias
    certain = bias.data.clone()
    certain[6] += 300
    monkeypatch.setattr(bias, "data", certain)
    result = fill_masks(tiny, "the [MASK] sat", orders=["beam"], beam=2)
    best, second = (filling.total_nats for filling in result.fillings)
    assert best == pytest.approx(0, abs=1e-6)
    assert -320 < second < -280


# --- where the orders disagree ---


def disagreements_by_hand(result: FillResult) -> tuple[int, ...]:
    best: dict[str, Filling] = {}
    for filling in result.fillings:
        best.setdefault(filling.order, filling)
    chosen: dict[int, set[int]] = {position: set() for position in result.positions}
    for filling in best.values():
        for step in filling.steps:
            chosen[step.position].add(step.id)
    return tuple(position for position in result.positions if len(chosen[position]) > 1)


def test_where_the_orders_disagree(tiny: ModelBundle) -> None:
    seen = set()
    for texts in TEXTS.values():
        result = fill_masks(tiny, *texts)
        assert result.disagree == disagreements_by_hand(result)
        assert fill_masks(tiny, *texts, orders=["confident"]).disagree == ()
        apart = FillResult.joined([fill_masks(tiny, *texts, orders=[order]) for order in FILL_ORDERS])
        assert apart.disagree == result.disagree
        for each, together in zip(apart.fillings, result.fillings, strict=True):
            assert (each.order, each.tokens) == (together.order, together.tokens)
        seen |= {len(result.disagree) > 0}
    assert seen == {True, False}, "or there is nothing to tell apart"


def test_only_fillings_of_one_input_are_joined(tiny: ModelBundle) -> None:
    one, other = (fill_masks(tiny, text, orders=["confident"]) for text in ("the [MASK] sat", "a [MASK] sat"))
    of_another_model = replace(one, provenance=replace(one.provenance, revision="another"))
    for each in (other, of_another_model):
        with pytest.raises(ValueError, match="one input"):
            FillResult.joined([one, each])


def test_the_orders_come_as_asked_for(tiny: ModelBundle) -> None:
    asked: Sequence[FillOrder] = ("right_to_left", "independent")
    result = fill_masks(tiny, "the [MASK] [MASK] sat", orders=asked)
    assert [filling.order for filling in result.fillings] == list(asked)
    with pytest.raises(KeyError):
        result["beam"]


# --- gaps that were not typed ---


def test_an_edit_to_a_mask_is_a_gap(tiny: ModelBundle, tiny_plain: Plain) -> None:
    edits = ((2, 4), (4, 9))
    result = fill_masks(tiny, "the cat sat on [MASK]", orders=["left_to_right"], edits=edits)
    assert result.positions == (2, 5)
    sheet = Sheet.of(tiny_plain, "the cat sat on [MASK]", edits=edits)
    assert_same_path(result["left_to_right"], by_a_loop(sheet, "left_to_right"))


# --- what can't be filled ---

REFUSED: dict[str, tuple[str, dict[str, object], str]] = {
    "no gap": ("the cat sat", {}, r"has no \[MASK\] to fill"),
    "too many gaps": ("a " + "[MASK] " * (MAX_MASKS + 1), {}, "tokens with the special ones|gaps; at most"),
    "no such order": ("a [MASK]", {"orders": ["sideways"]}, "'sideways' came: choose independent"),
    "too wide a beam": ("a [MASK]", {"beam": MAX_BEAM + 1}, "A beam of 21 came: choose 1 to 20"),
}


@pytest.mark.parametrize(("text", "options", "match"), REFUSED.values(), ids=REFUSED)
def test_what_can_t_be_filled(tiny: ModelBundle, text: str, options: dict[str, object], match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        fill_masks(tiny, text, **options)
    assert_plain_sentence(caught.value)


def test_too_many_gaps_are_counted(bundled: ModelBundle) -> None:
    with pytest.raises(InputError, match="has 65 gaps; at most 64 are filled") as caught:
        fill_masks(bundled, "a " + "[MASK] " * 65)
    assert_plain_sentence(caught.value)
