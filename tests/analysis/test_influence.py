"""Influence beside plain transformers, one call a word; integrated gradients beside captum and where they are known."""

import re
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from analysis import InputError, ModelBundle, ask, find_influence, load_bundle, rank_correlation
from analysis.kernels.path import along, points, quadrature
from analysis.models.checkpoint import BUNDLED_FOLDER
from analysis.passages.notebook import NOTEBOOK_A, NOTEBOOK_B
from analysis.questions import Influence, Text
from analysis.tasks.influence import INFLUENCE, between_ends
from analysis.tasks.targets import other_words
from analysis.texts.encoding import tokenised
from analysis.types import InfluenceCurves, InfluenceMap
from analysis.types.influence import order_of
from tests.analysis.oracle import Plain
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects

NEAR = 1e-4
SMALL = 0.02
"""Of the output difference: what the path may miss at the default steps on the bundled model."""
NOTEBOOK = f"{NOTEBOOK_A} {NOTEBOOK_B}"


@pytest.fixture(scope="module", params=["tiny_bert", "tiny_roberta", "bundled"])
def both(request: pytest.FixtureRequest, checkpoint_folder: Callable[..., Path]) -> tuple[ModelBundle, Plain]:
    name = request.param
    folder = BUNDLED_FOLDER if name == "bundled" else checkpoint_folder(name)
    bundle = load_bundle(name if name == "bundled" else str(folder))
    return bundle, Plain.load(folder, two_heads=name != "tiny_roberta")


class ByHand:
    """One plain call of transformers for every word, on a text or a pair that its own tokenizer has cut."""

    def __init__(self, plain: Plain, text_a: str, text_b: str | None = None) -> None:
        self.plain = plain
        batch = plain.tokenizer(text_a, text_b, return_tensors="pt", return_offsets_mapping=True)
        offsets, sequences = batch.pop("offset_mapping")[0].tolist(), batch.sequence_ids(0)
        self.tensors, self.word_ids, self.sequences = batch, batch.word_ids(0), sequences
        self.words: list[list[int]] = []
        for number, text in enumerate((text_a, text_b or "")):
            spans = [found.span() for found in re.finditer(r"\S+", text)]
            words: list[list[int]] = [[] for _ in spans]
            for at, (start, end) in enumerate(offsets):
                if sequences[at] == number:
                    # A byte-level tokenizer counts the space before a word into it, or has a piece for it alone.
                    first = start + len(text[start:end]) - len(text[start:end].lstrip())
                    words[next(i for i, (_, stop) in enumerate(spans) if first < stop)].append(at)
            self.words += words

    def hidden(self, position: int) -> set[int]:
        own = (self.sequences[position], self.word_ids[position])
        return {at for at, each in enumerate(zip(self.sequences, self.word_ids, strict=True)) if each == own}

    def run(self, masked: set[int]) -> Any:
        ids = self.tensors["input_ids"].clone()
        ids[0, sorted(masked)] = self.plain.tokenizer.mask_token_id
        return self.plain.run(**{**self.tensors, "input_ids": ids})

    def occlusions(self, position: int, token: int) -> dict[tuple[int, ...], float]:
        """The influence of each word's pieces that are neither hidden nor masks themselves, by those."""
        hidden, mask = self.hidden(position), self.plain.tokenizer.mask_token_id
        masks = {at for at, id_ in enumerate(self.tensors["input_ids"][0].tolist()) if id_ == mask}
        base = self.run(hidden).log_p[position, token]
        free = [tuple(at for at in word if at not in hidden | masks) for word in self.words]
        return {each: base - self.run({*hidden, *each}).log_p[position, token] for each in free if each}

    def margins(self) -> dict[tuple[int, ...], float]:
        def margin(masked: set[int]) -> float:
            z = self.run(masked).z
            return float(z[0] - z[1])

        return {tuple(each): margin(set()) - margin({*each}) for each in self.words}


def assert_occlusion(found: InfluenceMap, expected: dict[tuple[int, ...], float]) -> None:
    assert [word.positions for word in found.words] == list(expected)
    np.testing.assert_allclose(found.influence_nats, list(expected.values()), atol=NEAR)


# --- occlusion ---


@pytest.mark.parametrize(
    ("text_a", "text_b", "position"),
    [
        ("the cats sat on the mat, and she opened doors", None, 2),
        ("the zebras sat on the mat", "a dog was dark! she opened the door", 3),
        ("the [MASK] sat", "on the mats", 2),
    ],
)
def test_occlusion_is_one_plain_call_a_word(
    both: tuple[ModelBundle, Plain], text_a: str, text_b: str | None, position: int
) -> None:
    bundle, plain = both
    text_a = text_a.replace("[MASK]", bundle.tokenizer.mask_token)
    by_hand, token = ByHand(plain, text_a, text_b), bundle.tokenizer.convert_tokens_to_ids(bundle.tokens_of([20])[0])
    found = find_influence(bundle, text_a, text_b, target=f"{position}")
    own = int(by_hand.tensors["input_ids"][0, position])
    if own == bundle.mask_id:
        own = int(by_hand.run(set()).log_p[position].argmax())
        assert found.guessed
    assert found.id == own
    assert found.value_nats == pytest.approx(by_hand.run(by_hand.hidden(position)).log_p[position, own], abs=NEAR)
    assert_occlusion(found, by_hand.occlusions(position, own))
    every_free = {at for word in found.words for at in word.positions} | by_hand.hidden(position)
    assert found.masked_nats == pytest.approx(by_hand.run(every_free).log_p[position, own], abs=NEAR)
    assert token == 20


def test_occlusion_of_the_notebooks_first_mask(bundled: ModelBundle, plain: Plain) -> None:
    election = bundled.tokenizer.convert_tokens_to_ids("election")
    found = find_influence(bundled, NOTEBOOK_A, target="9=election")
    assert (found.position, found.token, found.guessed) == (9, "election", False)
    assert_occlusion(found, ByHand(plain, NOTEBOOK_A).occlusions(9, election))
    whole = find_influence(bundled, NOTEBOOK)
    assert (whole.position, whole.token) == (9, "election")
    assert [whole.words[at].text for at in whole.order[:2]] == ["presidential", "won"]


def test_occlusion_of_the_margin(bundled: ModelBundle, plain: Plain) -> None:
    found = find_influence(bundled, "She opened the door.", "The room was dark.", target="nsp")
    assert_occlusion(found, ByHand(plain, "She opened the door.", "The room was dark.").margins())
    lone = find_influence(bundled, "She opened the door.", target="nsp")
    assert_occlusion(lone, ByHand(plain, "She opened the door.").margins())


def test_occlusion_of_a_wrong_segmentation(bundled: ModelBundle, plain: Plain) -> None:
    """The pair as one segment: its middle [SEP] left out and all segment ids 0."""
    a, b = "she opened the door.", "the room was dark."
    found = find_influence(bundled, a, b, target="nsp", segmentation="one_segment")
    expected = ByHand(plain, f"{a} {b}").margins()
    assert_occlusion(found, expected)
    assert [word.text for word in found.words] == f"{a} {b}".split()
    swapped = find_influence(bundled, a, b, target="nsp", segmentation="swapped")
    other = ByHand(plain, b, a).margins()
    np.testing.assert_allclose(
        swapped.influence_nats, [*list(other.values())[4:], *list(other.values())[:4]], atol=NEAR
    )


def test_edits_go_where_their_pieces_go(bundled: ModelBundle) -> None:
    cat = bundled.tokenizer.convert_tokens_to_ids("cat")
    found = find_influence(bundled, "the dog sat", "she slept", target="nsp", segmentation="swapped", edits=[(2, cat)])
    assert [word.text for word in found.words] == ["the", "cat", "sat", "she", "slept"]
    ((position, id_),) = found.encoded.edits
    assert (found.encoded.ids[position], id_) == (cat, cat)


def test_of_the_target_s_own_word_the_rest_counts(bundled: ModelBundle) -> None:
    encoded = tokenised(bundled, "an anti-slavery [MASK].")
    slavery = encoded.tokens.index("slavery")
    found = find_influence(bundled, "an anti-slavery [MASK].", target=f"{slavery}")
    assert [word.text for word in found.words] == ["an", "anti-", "."]
    assert found.hidden == (slavery,)
    whole = find_influence(bundled, "Fort Sumter fell.", target="2")
    assert whole.hidden == (2, 3)
    assert [word.text for word in whole.words] == ["Fort", "fell."]


def test_a_mask_and_a_typed_special_token_are_no_words(bundled: ModelBundle) -> None:
    encoded = tokenised(bundled, "the [MASK] sat [SEP] on the [MASK], too")
    assert [word.text for word in other_words(encoded, ())] == ["the", "sat", "on", "the", ",", "too"]


def test_where_no_target_is_named_it_is_the_last_word(bundled: ModelBundle) -> None:
    found = find_influence(bundled, "the cat sat on the mat !")
    assert (found.token, found.guessed) == ("mat", False)
    assert find_influence(bundled, "the cat sat on the mat !", target="=dog").position == found.position
    sumter = find_influence(bundled, "They saw Fort Sumter!")
    assert (sumter.token, len(sumter.hidden)) == ("sum", 2)


def test_words_of_any_script(bundled: ModelBundle) -> None:
    for text in ("האישה פתחה את הדלת.", "ไ ไ the", "他 打 开 了 门"):
        found = find_influence(bundled, text, curves=True, shuffles=1)
        assert found.complete
        assert [word.text for word in found.words] == [
            word.text for word in other_words(found.encoded, (*found.hidden, found.position or 0))
        ]


# --- integrated gradients ---


class Linear:
    """A target that is linear in the embeddings, with its gradient."""

    def __init__(self, weights: np.ndarray) -> None:
        self.weights, self.largest = weights, 0

    def __call__(self, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.largest = max(self.largest, len(words))
        value = np.einsum("bth,th->b", words.astype(np.float64), self.weights)
        return value.astype(np.float32), np.broadcast_to(self.weights.astype(np.float32), words.shape)


@pytest.mark.parametrize("steps", [2, 3, 64])
def test_a_linear_model_gives_the_exact_answer(steps: int) -> None:
    draw = np.random.default_rng(steps)
    weights, start, end = draw.normal(size=(3, 5, 4)).astype(np.float32)
    linear = Linear(weights)
    found = along(linear, start, end, *quadrature(steps), at_once=7)
    np.testing.assert_allclose(found, ((end - start) * weights).sum(1), rtol=1e-5)
    assert linear.largest <= 7
    nodes, weights_of = quadrature(steps)
    parts = [along(linear, start, end, nodes[at : at + 1], weights_of[at : at + 1], 1) for at in range(steps)]
    np.testing.assert_allclose(np.sum(parts, axis=0), found, rtol=1e-6)


def test_the_quadrature_is_exact_for_polynomials() -> None:
    """Of degree 2 n - 1 with n points; equal steps are not, and are rejected."""

    def check(nodes: np.ndarray, weights: np.ndarray) -> None:
        for degree in range(2 * len(nodes)):
            assert weights @ nodes**degree == pytest.approx(1 / (degree + 1), rel=1e-9)

    check(*quadrature(5))
    assert_rejects(check, (np.arange(5) + 0.5) / 5, np.full(5, 0.2))


def test_the_path_goes_from_the_baseline_to_the_text() -> None:
    start, end = np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(points(start, end, np.array([0, 0.25, 1]))[:, 0, 0], np.array([0, 0.25, 1]))


@pytest.mark.parametrize(
    ("text_a", "text_b", "target", "baseline"),
    [
        (NOTEBOOK, None, "", "mask"),
        ("She opened the door.", "The room was dark and cold.", "nsp", "mask"),
        ("The keys to the [MASK] are on the table.", None, "2", "mask"),
        ("The keys to the [MASK] are on the table.", None, "", "zero"),
    ],
)
def test_the_attributions_sum_to_the_difference(
    bundled: ModelBundle, text_a: str, text_b: str | None, target: str, baseline: Any
) -> None:
    found = find_influence(bundled, text_a, text_b, target=target, method="gradients", baseline=baseline)
    path = found.path
    assert path is not None
    assert path.residual_share < SMALL
    assert path.residual_nats == pytest.approx(
        abs(float(found.influence_nats.sum(dtype=np.float64)) - (path.value_input_nats - path.value_baseline_nats))
    )
    assert path.value_input_nats == pytest.approx(found.value_nats, abs=NEAR)
    if baseline == "mask":
        # Where the path begins every word is [MASK].
        assert path.value_baseline_nats == pytest.approx(found.masked_nats, abs=NEAR)


def test_few_steps_leave_a_residual_that_is_said(bundled: ModelBundle) -> None:
    rough, fine = (find_influence(bundled, NOTEBOOK_A, method="gradients", steps=steps).path for steps in (2, 64))
    assert rough is not None
    assert fine is not None
    assert rough.residual_nats > 100 * fine.residual_nats


@pytest.mark.parametrize("target", ["2=dog", "nsp"])
def test_captum_finds_the_same(checkpoint_folder: Callable[..., Path], target: str) -> None:
    attr = pytest.importorskip("captum.attr", reason="captum is not installed: it is nothing but this test's oracle")
    folder = checkpoint_folder("tiny_bert")
    bundle, plain = load_bundle(str(folder)), Plain.load(folder)
    texts = ("the cats sat on the mat", "a dog was dark!")
    found = find_influence(bundle, *texts, target=target, method="gradients")
    batch = plain.tokenizer(*texts, return_tensors="pt")
    ids = batch.pop("input_ids")
    at, dog = found.position, plain.tokenizer.convert_tokens_to_ids("dog")
    ids[0, list(found.hidden)] = plain.tokenizer.mask_token_id
    embed = plain.model.get_input_embeddings()
    given, start = embed(ids).detach(), embed(ids).detach()
    free = [position for word in found.words for position in word.positions]
    start[0, free] = embed(torch.tensor(plain.tokenizer.mask_token_id)).detach()

    def value(embeddings: torch.Tensor) -> torch.Tensor:
        rows = {name: row.expand(len(embeddings), -1) for name, row in batch.items()}
        output = plain.model(inputs_embeds=embeddings, **rows)
        if at is None:
            return output.seq_relationship_logits @ torch.tensor([1.0, -1.0])
        return output.prediction_logits[:, at].log_softmax(-1)[:, dog]

    theirs = attr.IntegratedGradients(value).attribute(given, start, n_steps=64, method="gausslegendre")
    of_position = theirs[0].sum(-1).numpy()
    expected = [of_position[list(word.positions)].sum() for word in found.words]
    np.testing.assert_allclose(found.influence_nats, expected, atol=1e-5)


def test_the_model_stays_as_it_was(bundled: ModelBundle) -> None:
    def settings() -> list[object]:
        model = bundled.model
        own = [(name, each.requires_grad, each.grad is None) for name, each in model.named_parameters()]
        return [*own, model.training, model.config._attn_implementation]

    before = settings()
    assert all(each.grad is None for each in bundled.model.parameters())
    find_influence(bundled, "She slept.", "It rained.", target="nsp", method="gradients", steps=4, curves=True)
    find_influence(bundled, "She [MASK] well.", method="gradients", steps=4)
    assert settings() == before


def test_a_model_whose_layers_are_not_known_has_occlusion_alone(checkpoint: Callable[[str], ModelBundle]) -> None:
    bundle = checkpoint("tiny_distilbert")
    assert find_influence(bundle, "the cats sat").known
    with pytest.raises(InputError, match="distilbert") as caught:
        find_influence(bundle, "the cats sat", method="gradients")
    assert_plain_sentence(caught.value)


# --- insertion and deletion ---


def curves_of(worth: np.ndarray, order: tuple[int, ...], others: list[tuple[int, ...]]) -> InfluenceCurves:
    """Of a linear toy: masking a word takes away what it is worth."""
    n = len(worth)
    n_masked = tuple(range(n + 1))

    def both(order: tuple[int, ...]) -> np.ndarray:
        values = [worth.sum() - worth[list(masked)].sum() for masked in between_ends(order, n_masked)]
        deletion, insertion = values[: n - 1], values[n - 1 :]
        return np.array([[worth.sum(), *deletion, 0], [0, *insertion, worth.sum()]], np.float32)

    own, random = both(order), np.array([both(each) for each in others]).reshape(-1, 2, n + 1)
    return InfluenceCurves(np.array(n_masked, np.int32), own[0], own[1], random[:, 0], random[:, 1])


def test_a_random_order_has_half_the_area_and_the_right_one_beats_it() -> None:
    worth = np.array([3.0, 0.5, 1.0, 1.5])
    right = order_of(worth.astype(np.float32))
    assert right == (0, 3, 2, 1)
    curves = curves_of(worth, right, list(permutations(range(4))))
    for areas in (curves.area(curves.random_deletion_nats), curves.area(curves.random_insertion_nats)):
        assert areas.mean() == pytest.approx(0.5, abs=1e-7)
    assert curves.deletion_area == pytest.approx(curves.area(curves.random_deletion_nats).min())
    assert curves.insertion_area == pytest.approx(curves.area(curves.random_insertion_nats).max())
    # By hand: 1, 1/2, 1/4, 1/12, 0 at equal steps.
    assert curves.deletion_area == pytest.approx((1 / 2 + 1 / 2 + 1 / 4 + 1 / 12) / 4)
    wrong = curves_of(worth, right[::-1], [])
    assert wrong.deletion_area > 0.5 > wrong.insertion_area


def test_where_the_words_take_away_nothing_is_scaled() -> None:
    curves = curves_of(np.array([-1.0, -2.0]), (0, 1), [])
    assert np.isnan(curves.deletion_area)
    assert np.isnan(curves.insertion_area)


def test_the_curves_are_those_of_plain_transformers(bundled: ModelBundle, plain: Plain) -> None:
    text = "the keys to the cabinet are on the [MASK]."
    found = find_influence(bundled, text, curves=True, shuffles=1)
    curves, by_hand, words = found.curves, ByHand(plain, text), [set(word.positions) for word in found.words]
    assert curves is not None
    assert curves.n_words.tolist() == list(range(len(words) + 1))

    def value(masked: list[int]) -> float:
        return by_hand.run(set().union(*(words[each] for each in masked))).log_p[found.position, found.id]

    order = list(found.order)
    for n in range(len(words) + 1):
        assert curves.deletion_nats[n] == pytest.approx(value(order[:n]), abs=NEAR)
        assert curves.insertion_nats[n] == pytest.approx(value(order[n:]), abs=NEAR)
    again = find_influence(bundled, text, curves=True, shuffles=3).curves
    assert again is not None
    # A seed's first orders are the same, however many there are.
    np.testing.assert_allclose(again.random_deletion_nats[:1], curves.random_deletion_nats, atol=NEAR)
    other = find_influence(bundled, text, curves=True, shuffles=1, seed=1).curves
    assert other is not None
    assert not np.allclose(other.random_deletion_nats, curves.random_deletion_nats, atol=NEAR)


def test_of_many_words_several_go_at_a_time(bundled: ModelBundle) -> None:
    found = find_influence(bundled, NOTEBOOK, curves=True, shuffles=0)
    assert found.curves is not None
    assert found.curves.n_words.tolist() == list(range(0, 49, 4))
    assert len(found.words) == 48


# --- every position ---


def test_every_position_is_what_it_is_alone(both: tuple[ModelBundle, Plain]) -> None:
    bundle, _ = both
    texts = ("the zebras sat, and she opened", "a dog!")
    every = find_influence(bundle, *texts, every=True).every
    assert every is not None
    assert every.complete
    for row, position in enumerate(every.positions.tolist()):
        alone = find_influence(bundle, *texts, target=f"{position}")
        assert every.value_nats[row] == pytest.approx(alone.value_nats, abs=NEAR)
        column = {at: number for number, word in enumerate(every.words) for at in word.positions}
        expected = np.full(len(every.words), np.nan)
        expected[[column[word.positions[0]] for word in alone.words]] = alone.influence_nats
        np.testing.assert_allclose(every.influence_nats[row], expected, atol=NEAR)


def test_an_input_serves_both_ways(bundled: ModelBundle) -> None:
    """Of n words of one piece, n inputs with one hidden and half of n (n - 1) with two."""
    plan = INFLUENCE.plan((bundled,), Influence(Text("the cat sat on a mat"), every=True))
    assert plan.counts["every"] == 6 + 6 * 5 // 2


def test_a_text_too_long_for_every_position_is_refused(bundled: ModelBundle) -> None:
    with pytest.raises(InputError, match="97 words") as caught:
        find_influence(bundled, "cat " * 97, every=True)
    assert_plain_sentence(caught.value)


# --- what can't be asked ---


def test_what_can_t_be_asked_is_refused_in_words(subtests: pytest.Subtests, bundled: ModelBundle) -> None:
    for question, says in [
        (Influence(Text("cat")), "no other word"),
        (Influence(Text("[MASK]"), "nsp"), "no other word"),
        (Influence(Text("[SEP]")), "only special tokens"),
        (Influence(Text("the cat sat"), segmentation="swapped"), "choose the target nsp"),
        (Influence(Text("the cat sat"), "nsp", segmentation="swapped"), "add a second segment"),
        (Influence(Text("the", "cat"), "nsp", segmentation="wrong_boundary"), "single token"),
        (Influence(Text("the cat sat"), method="gradients", every=True), "found by occlusion"),
        (Influence(Text("the cat sat"), "2=unbelievably"), "name one of them"),
        (Influence(Text("the cat " * 300)), "shorten"),
    ]:
        with subtests.test(question=question, says=says):
            with pytest.raises(InputError, match=says) as caught:
                ask(bundled, question)
            assert_plain_sentence(caught.value)


# --- two maps ---


def test_the_rank_correlation_is_spearman_s() -> None:
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3, 4], [4, 3, 2, -1]) == pytest.approx(-1)
    # 1 - 6 * (0 + 1 + 1 + 0) / (4 * 15)
    assert rank_correlation([1, 2, 3, 4], [1, 3, 2, 4]) == pytest.approx(0.8)
    # Ties at their mean rank: 1, 2.5, 2.5, 4 beside 1, 2, 3, 4.
    assert rank_correlation([0, 5, 5, 9], [0, 1, 2, 3]) == pytest.approx(4.5 / np.sqrt(4.5 * 5))
    assert np.isnan(rank_correlation([1, 1, 1], [1, 2, 3]))
    assert np.isnan(rank_correlation([1, 2], [1, 2]))
