"""States of B in A, beside plain transformers with a hook that exchanges them; and what is known without a pass."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from analysis import InputError, ModelBundle, Patching, Text, load_bundle, patch_states
from analysis.kernels import inside as kernel
from analysis.models import inside
from analysis.models.checkpoint import BUNDLED_FOLDER
from analysis.models.estimate import Shape, flops_per_second, least_flops
from analysis.questions import Patch
from analysis.task import WHOLE
from analysis.tasks.patching import PATCH, Chunk
from analysis.texts.encoding import tokenised
from tests.analysis.oracle import Answer, Plain
from tests.analysis.plain_words import assert_plain_sentence

NEAR = 1e-5
KEY, KEYS = Text("The key to the cabinets [MASK] on the table."), Text("The keys to the cabinets [MASK] on the table.")
CAT, DOG = Text("the cat sat on the [MASK]"), Text("the dog sat on the [MASK]")
Folder = Callable[[str], Path]


class Hooked:
    """Plain transformers, and the same with other states put in after so many layers."""

    def __init__(self, folder: Path, *, two_heads: bool) -> None:
        self.plain = Plain.load(folder, two_heads=two_heads)
        base = self.plain.model.base_model
        self.after = [base.embeddings, *base.encoder.layer]
        self.known: dict[Text, Sequence[torch.Tensor]] = {}

    def tensors(self, text: Text) -> dict[str, torch.Tensor]:
        return dict(self.plain.tokenizer(text.text_a, text.text_b, return_tensors="pt"))

    def states(self, text: Text) -> Sequence[torch.Tensor]:
        if text not in self.known:
            with torch.no_grad():
                self.known[text] = self.plain.model(**self.tensors(text), output_hidden_states=True).hidden_states
        return self.known[text]

    def patched(self, a: Text, b: Text, layer: int, positions: Sequence[int]) -> Answer:
        theirs = self.states(b)[layer]

        def exchange(_module: object, _given: object, output: Any) -> Any:
            states = (output[0] if isinstance(output, tuple) else output).clone()
            states[:, positions] = theirs[:, positions]
            return (states, *output[1:]) if isinstance(output, tuple) else states

        hook = self.after[layer].register_forward_hook(exchange)
        try:
            return self.plain.run(**self.tensors(a))
        finally:
            hook.remove()


def value(answer: Answer, found: Patching) -> float:
    if found.id is not None:
        return float(answer.log_p[found.position, found.id])
    assert answer.z is not None
    return float(answer.z[0] - answer.z[1])


@pytest.fixture(scope="module", params=["tiny_bert", "tiny_roberta", "bundled"])
def both(request: pytest.FixtureRequest, checkpoint_folder: Folder) -> tuple[ModelBundle, Hooked]:
    name = request.param
    folder = BUNDLED_FOLDER if name == "bundled" else checkpoint_folder(name)
    bundle = load_bundle(name if name == "bundled" else str(folder))
    return bundle, Hooked(folder, two_heads=bundle.nsp.real)


PAIRS = (
    (Text("the cat sat on the mat"), Text("the dog sat on the mat")),
    (Text("the cat sat", "on a mat"), Text("a dog sat", "on the mat")),
)
TARGETS = ("", "3", "2=the", "nsp")


def cases(bundle: ModelBundle) -> list[tuple[Text, Text, str]]:
    if bundle.architecture.startswith("Roberta"):
        return [(Text("a cat at"), Text("b cat at"), "2"), (Text("a <mask> cat", "b"), Text("a <mask> cat", "c"), "")]
    own = [(a, b, target) for (a, b), target in product(PAIRS, TARGETS)]
    return own if bundle.n_layers == 2 else [*own[:1], own[-1], (KEY, KEYS, ""), (KEY, KEYS, "6=are")]


def test_every_cell_is_what_a_hook_in_plain_transformers_makes(both: tuple[ModelBundle, Hooked]) -> None:
    bundle, hooked = both
    for a, b, target in cases(bundle):
        found = patch_states(bundle, a, b, target=target)
        value_a, value_b = (value(hooked.plain.answer(each.text_a, each.text_b), found) for each in (a, b))
        assert found.value_a_nats == pytest.approx(value_a, abs=NEAR)
        assert found.value_b_nats == pytest.approx(value_b, abs=NEAR)
        assert found.effect_nats.shape == (bundle.n_layers + 1, len(found.a))
        cells = list(np.ndindex(found.effect_nats.shape))
        # Of the larger model every third: each layer at some positions, each position at some layers.
        for layer, position in cells if bundle.n_layers == 2 else cells[::3]:
            expected = value(hooked.patched(a, b, layer, [position]), found) - value_a
            # A difference of two values, each of them rounded.
            assert found.effect_nats[layer, position] == pytest.approx(expected, NEAR, 2 * NEAR), (layer, position)


def test_all_positions_are_b_and_none_is_a(both: tuple[ModelBundle, Hooked]) -> None:
    bundle, hooked = both
    a, b, target = cases(bundle)[0]
    found = patch_states(bundle, a, b, target=target)
    plan = PATCH.plan((bundle,), Patch(a, b, target))
    states_a, states_b = inside.states_of(bundle, [plan.a, plan.b])
    everywhere = range(len(found.a))
    for layer in range(bundle.n_layers + 1):
        none, every = inside.from_states(
            bundle, plan.a, torch.stack([states_a[layer], states_b[layer]]), layer, plan.target
        )
        assert none == pytest.approx(found.value_a_nats, abs=NEAR)
        assert every == pytest.approx(found.value_b_nats, abs=NEAR)
        assert found.all_effect_nats[layer] == np.float32(found.value_b_nats - found.value_a_nats)
        assert value(hooked.patched(a, b, layer, everywhere), found) == pytest.approx(found.value_b_nats, abs=NEAR)
        assert value(hooked.patched(a, b, layer, []), found) == pytest.approx(found.value_a_nats, abs=NEAR)


def test_what_needs_no_pass_is_exact(bundled: ModelBundle) -> None:
    found = patch_states(bundled, KEY, KEYS, target="6=are")
    assert found.a.tokens[2:3] + found.b.tokens[2:3] == ("key", "keys")
    assert found.differing.nonzero()[0].tolist() == [2]
    others = np.arange(len(found.a)) != 2
    assert (found.effect_nats[0, others] == 0).all()
    assert found.effect_nats[0, 2] == pytest.approx(found.difference_nats, abs=NEAR), "the only embedding that differs"
    assert (found.effect_nats[-1, np.arange(len(found.a)) != 6] == 0).all()
    assert found.effect_nats[-1, 6] == np.float32(found.difference_nats)


def test_where_it_sits_in_a_sentence_that_agrees(bundled: ModelBundle) -> None:
    """The number of the subject lies at the noun at first, and at the verb's place in the end."""
    found = patch_states(bundled, KEY, KEYS, target="6=are")
    assert found.difference_nats > 0.5
    assert found.peaks[0] == 2
    assert found.peaks[-1] == found.peaks[-2] == 6
    assert found.largest is not None
    layer, position = found.largest
    assert 0 < layer < bundled.n_layers
    between = np.abs(found.effect_nats[1:-1])
    assert np.abs(found.effect_nats[layer, position]) == between.max()
    np.testing.assert_allclose(found.share, found.effect_nats / found.difference_nats, rtol=1e-5)
    assert not found.sees_own_token


def test_only_what_differs_is_run(bundled: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: dict[int, int] = {}
    from_states = inside.from_states

    def spy(bundle: ModelBundle, tensors: Any, states: torch.Tensor, layer: int, target: Any) -> Any:
        ran[layer] = ran.get(layer, 0) + len(states)
        return from_states(bundle, tensors, states, layer, target)

    monkeypatch.setattr(inside, "from_states", spy)
    question = Patch(KEY, KEYS)
    plan = PATCH.plan((bundled,), question)
    PATCH.answer((bundled,), question)
    length = len(plan.a)
    assert ran == {0: 1, **{layer: length for layer in range(1, 6)}, 6: 2}
    assert sum(ran.values()) == PATCH.size(plan)


def test_a_batch_is_bounded(tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    from_states = inside.from_states

    def spy(bundle: ModelBundle, tensors: Any, states: torch.Tensor, layer: int, target: Any) -> Any:
        sizes.append(len(states))
        return from_states(bundle, tensors, states, layer, target)

    whole = patch_states(tiny, CAT, DOG)
    monkeypatch.setattr(inside, "from_states", spy)
    monkeypatch.setattr("analysis.tasks.patching.PASS_TOKENS", 3 * len(whole.a))
    found = patch_states(tiny, CAT, DOG)
    assert max(sizes) == 3
    np.testing.assert_allclose(found.effect_nats, whole.effect_nats, atol=NEAR)


def test_padding_that_moves_the_positions_of_roberta(checkpoint_folder: Folder) -> None:
    """RoBERTa's positions leave out where padding stands, so that what follows a typed <pad> is embedded elsewhere."""
    folder = checkpoint_folder("tiny_roberta")
    bundle, hooked = load_bundle(str(folder)), Hooked(folder, two_heads=False)
    a, b = Text("a<pad>bc"), Text("a<unk>bc")
    found = patch_states(bundle, a, b, target="3")
    start = value(hooked.plain.answer(a.text_a), found)
    assert found.a.tokens[4] == found.b.tokens[4] == "c"
    for position in range(len(found.a)):
        expected = value(hooked.patched(a, b, 0, [position]), found) - start
        assert found.effect_nats[0, position] == pytest.approx(expected, abs=NEAR)
    assert abs(found.effect_nats[0, 4]) > NEAR


def test_some_of_the_layers_are_the_first_of_all(tiny: ModelBundle) -> None:
    inputs, rows = [tokenised(tiny, CAT.text_a), tokenised(tiny, "the dog")], [(0, 2), (0, 5), (1, 1)]
    with torch.inference_mode():
        whole = kernel.layer_states(tiny.model, inputs, rows)
        for depth in range(tiny.n_layers + 1):
            torch.testing.assert_close(kernel.layer_states(tiny.model, inputs, rows, depth), whole[: depth + 1])


# --- what is shared out, by hand ---


def made(found: Patching, effect: Sequence[Sequence[float]], a: float = -2.0, b: float = -1.0) -> Patching:
    return replace(found, effect_nats=np.array(effect, np.float32), value_a_nats=a, value_b_nats=b)


@pytest.fixture(scope="module")
def small(tiny: ModelBundle) -> Patching:
    return patch_states(tiny, Text("the cat"), Text("the dog"))


def test_shares_and_peaks_by_hand(small: Patching) -> None:
    nan = float("nan")
    found = made(small, [[0, 0, 1, 0], [0.5, -2, 0, 0.25], [0, 1, 0, 0]])
    assert found.share.tolist() == found.effect_nats.tolist(), "the difference is 1 nat"
    assert found.peaks.tolist() == [2, 1, 1]
    assert found.largest == (1, 1)
    assert found.all_effect_nats.tolist() == [1, 1, 1]
    assert found.complete
    twice = made(small, [[0, 0, 2, 0], [0.5, -2, 0, 0.25], [0, 2, 0, 0]], b=0.0)
    assert twice.share[1].tolist() == [0.25, -1, 0, 0.125]
    part = made(small, [[0, 0, 1, 0], [0.5, nan, 0, nan], [0, 1, 0, 0]])
    assert not part.complete
    assert part.peaks.tolist() == [2, -1, 1]
    assert part.largest == (1, 0)
    nothing = made(small, [[0, 0, nan, 0], [nan] * 4, [0, 1, 0, 0]])
    assert nothing.largest is None
    still = made(small, [[0] * 4] * 3, b=-2.0)
    assert still.peaks.tolist() == [-1, -1, -1]


def test_no_share_of_a_difference_that_is_rounding(small: Patching) -> None:
    found = made(small, small.effect_nats.tolist(), b=-1.995)
    assert np.isnan(found.share).all()
    exported = PATCH.export(found)
    assert [row["share"] for row in exported["positions"]] == [[None] * 3] * 4
    assert exported["difference_nats"] == pytest.approx(0.005)


# --- parts ---


def test_a_patching_that_was_stopped_has_its_ends_first(bundled: ModelBundle) -> None:
    models, question = (bundled,), Patch(KEY, KEYS)
    plan = PATCH.plan(models, question)
    chunks = PATCH.chunks(models, plan, 1)
    assert chunks[0] == Chunk(6)
    parts = [PATCH.read(models, plan, chunk) for chunk in chunks[:2]]
    assert PATCH.assemble(models, plan, []) is None
    found = PATCH.assemble(models, plan, parts)
    assert np.isfinite(found.effect_nats).all(1).tolist() == [True, *[False] * 5, True]
    assert found.difference_nats == pytest.approx(patch_states(bundled, KEY, KEYS).difference_nats, abs=NEAR)


def test_chunks_have_more_patches_where_fewer_layers_are_left(bundled: ModelBundle) -> None:
    text = "the cat sat on the mat and the dog lay on the rug " * 8
    models, question = (bundled,), Patch(Text(f"{text} [MASK] cat"), Text(f"{text} [MASK] dog"))
    plan = PATCH.plan(models, question)
    chunks = PATCH.chunks(models, plan, 1)
    largest = {layer: max(each.stop - each.start for each in chunks if each.layer == layer) for layer in range(1, 6)}
    assert largest == {1: 4, 2: 5, 3: 6, 4: 8, 5: 14}, "four whole passes, of which A and B take theirs"
    assert len(PATCH.chunks(models, plan, WHOLE)) == 7, "a layer at a time"
    for tokens in (1, 500, WHOLE):
        cells = [
            (each.layer, at) for each in PATCH.chunks(models, plan, tokens)[1:] for at in range(each.start, each.stop)
        ]
        assert len(cells) == len(set(cells)) == PATCH.size(plan) - 2


def test_the_estimate_counts_the_layers_that_are_run(bundled: ModelBundle) -> None:
    plan = PATCH.plan((bundled,), Patch(KEY, KEYS))
    length = len(plan.a)
    assert plan.runs == [(2, length, 6), (1, length, 6), *((length, length, left) for left in range(5, 0, -1))]
    found = PATCH.estimate((bundled,), plan)
    assert (found.passes, found.tokens) == (PATCH.size(plan), PATCH.size(plan) * length)
    shape = Shape.of(bundled)
    flops = [least_flops(replace(shape, layers=left), [(length, 1)] * n, mlm_rows=n) for n, _, left in plan.runs]
    speed = flops_per_second(384, "fp32", torch.get_num_threads(), "cpu")
    assert found.seconds == pytest.approx(sum(each.encoder + each.head for each in flops) / speed)
    margin = PATCH.estimate((bundled,), replace(plan, target=plan.target._replace(id=None)))
    assert margin.seconds == pytest.approx(sum(each.encoder for each in flops) / speed)


# --- what can't be exchanged ---


@pytest.mark.parametrize(
    ("a", "b", "match"),
    [
        (
            CAT,
            Text("the cats sat on the [MASK]"),
            r"A has 8 tokens with the special ones and B 9.*'##s' of B at position 3",
        ),
        (Text("the cat sat on"), Text("the cat on"), r"A has 6 .* and B 5.*'sat' of A at position 3"),
        (Text("the cat sat on"), Text("the cat", "on"), r"The segment ids of A and B differ from position 4 on"),
        (Text("the cat", "sat on"), Text("the cat sat", "on"), r"The segment ids of A and B differ from position 4 on"),
        (CAT, CAT, "A and B are the same tokens"),
        (CAT, Text("THE cat sat on the [MASK]"), "A and B are the same tokens"),
        (Text(""), CAT, "^Input A: "),
        (CAT, Text("[MASK]"), "^Input B: "),
    ],
)
def test_inputs_that_are_no_minimal_pair(tiny: ModelBundle, a: Text, b: Text, match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        patch_states(tiny, a, b)
    assert_plain_sentence(caught.value)


def test_an_edit_makes_a_pair(tiny: ModelBundle) -> None:
    edited, typed = (
        patch_states(tiny, CAT, b) for b in (replace(CAT, edits=((2, 7),)), Text("the dog sat on the [MASK]"))
    )
    assert edited.b.ids[2] == 7
    assert edited.value_a_nats == typed.value_a_nats


@pytest.mark.parametrize("name", ["tiny_distilbert", "tiny_albert", "tiny_modernbert"])
def test_a_model_whose_layers_are_not_known(checkpoint: Callable[[str], ModelBundle], name: str) -> None:
    bundle = checkpoint(name)
    with pytest.raises(InputError, match="layers") as caught:
        patch_states(bundle, CAT, DOG)
    assert_plain_sentence(caught.value)


def test_the_notices_of_both_sides(tiny: ModelBundle) -> None:
    exported = PATCH.export(patch_states(tiny, CAT, Text("the ไ sat on the [MASK]")))
    assert exported["notices"] == []
    assert len(exported["b"]["notices"]) == 1
    assert exported["b"]["changed_by_tokenizer"][0]["kind"] == "no piece"
