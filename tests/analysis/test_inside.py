"""The model from inside, beside plain transformers: states and heads after every layer, attention, gradients.

The oracle runs the model's own forward with ``output_hidden_states``, eager attention and embeddings of its own.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoModelForPreTraining

from analysis.errors import InputError
from analysis.models import inside
from analysis.models.bundle import ModelBundle
from analysis.models.forward import Rows
from analysis.models.inside import Target
from analysis.models.store import load_bundle
from analysis.texts.encoding import tokenised
from analysis.types import Encoded, Tensors

NEAR = 1e-5
TEXTS: tuple[tuple[str, str | None], ...] = (
    ("the cat", None),
    ("the cats sat on the mat", None),
    ("the [MASK] sat on the mat, and she opened doors", None),
    ("the cat sat", "on the mat"),
    ("the [MASK]", "a dog was dark! she opened the door"),
    ("a mat", "the"),
)


class Eager:
    """Plain transformers on the weights of a folder, with attention that shows its weights."""

    def __init__(self, folder: Path, *, two_heads: bool) -> None:
        kind = AutoModelForPreTraining if two_heads else AutoModelForMaskedLM
        self.model: Any = kind.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True
        ).eval()
        self.model.requires_grad_(requires_grad=False)

    def run(self, each: Tensors, **more: Any) -> Any:
        rows = {"token_type_ids": each.segment_ids, "attention_mask": each.attention_mask}
        if "inputs_embeds" not in more:
            more["input_ids"] = torch.tensor(each.ids, dtype=torch.long)[None]
        given = {name: torch.tensor(row, dtype=torch.long)[None] for name, row in rows.items()}
        return self.model(**given, **more, output_hidden_states=True, output_attentions=True)


@pytest.fixture(scope="module", params=["tiny_bert", "tiny_roberta", "bundled"])
def both(request: pytest.FixtureRequest, checkpoint_folder: Callable[..., Path]) -> tuple[ModelBundle, Eager]:
    name = request.param
    folder = Path("analysis/bundled") if name == "bundled" else checkpoint_folder(name)
    return load_bundle(name if name == "bundled" else str(folder)), Eager(folder, two_heads=name != "tiny_roberta")


def inputs_of(bundle: ModelBundle) -> list[Encoded]:
    return [tokenised(bundle, *each) for each in TEXTS]


def some_keys_hidden(each: Tensors) -> Tensors:
    """The same input with padding behind it that nobody attends to."""
    rows = (np.concatenate([row, row[-2:]]) for row in (each.ids, each.segment_ids))
    return Tensors(*rows, np.concatenate([each.attention_mask, np.zeros(2, np.int32)]))


def logits_of(model: Any, state: torch.Tensor) -> torch.Tensor:
    return model.cls.predictions(state) if hasattr(model, "cls") else model.lm_head(state)


def z_of(model: Any, first: torch.Tensor) -> torch.Tensor:
    return model.cls.seq_relationship(torch.tanh(model.bert.pooler.dense(first)))


def test_both_heads_after_every_layer(both: tuple[ModelBundle, Eager]) -> None:
    bundle, plain = both
    inputs = inputs_of(bundle)
    rows = Rows(
        [number for number, each in enumerate(inputs) for _ in range(len(each))],
        [position for each in inputs for position in range(len(each))],
    )
    came = torch.full((len(rows.inputs), bundle.n_layers + 1, bundle.n_vocabulary), torch.nan)

    def keep(logits: torch.Tensor, start: int) -> None:
        by_row = logits.unflatten(0, (-1, bundle.n_layers + 1))
        came[start : start + len(by_row)] = by_row

    z = inside.lens(bundle, inputs, mlm=(rows, keep), nsp=bundle.nsp.real)
    row = 0
    for number, each in enumerate(inputs):
        with torch.no_grad():
            output = plain.run(each)
            for layer, state in enumerate(output.hidden_states):
                expected = logits_of(plain.model, state[0])
                torch.testing.assert_close(came[row : row + len(each), layer], expected, atol=1e-4, rtol=NEAR)
                if z is not None:
                    np.testing.assert_allclose(z[layer, number], z_of(plain.model, state[:, 0])[0], atol=NEAR)
            own = output.prediction_logits if bundle.nsp.real else output.logits
            torch.testing.assert_close(came[row : row + len(each), -1], own[0], atol=NEAR, rtol=NEAR)
            if z is not None:
                np.testing.assert_allclose(z[-1, number], output.seq_relationship_logits[0], atol=NEAR)
        row += len(each)


def test_attention_is_that_of_the_eager_model(both: tuple[ModelBundle, Eager]) -> None:
    bundle, plain = both
    for each in [*inputs_of(bundle), *map(some_keys_hidden, inputs_of(bundle))]:
        came: list[np.ndarray] = []
        inside.attentions(bundle, each, lambda _layer, weights, came=came: came.append(weights.copy()))
        with torch.no_grad():
            expected = plain.run(each).attentions
        assert len(came) == len(expected) == bundle.n_layers
        for own, theirs in zip(came, expected, strict=True):
            np.testing.assert_allclose(own, theirs[0], atol=NEAR)
            np.testing.assert_allclose(own.sum(-1), 1, atol=NEAR)


@pytest.mark.parametrize("head", ["mlm", "nsp"])
def test_gradients_are_those_of_the_eager_model(both: tuple[ModelBundle, Eager], head: str) -> None:
    bundle, plain = both
    if head == "nsp" and not bundle.nsp.real:
        pytest.skip("there is no second head")
    for each in inputs_of(bundle):
        target = Target(0, None) if head == "nsp" else Target(len(each) - 2, int(each.ids[1]))
        scaled = np.float32([1, 0.5])[:, None, None] * inside.embedded(bundle, each.ids)
        values, gradient = inside.gradients(bundle, each, scaled, target)
        for row, words in enumerate(scaled):
            given = torch.tensor(words)[None].requires_grad_()
            output = plain.run(each, inputs_embeds=given)
            if target.id is None:
                value = output.seq_relationship_logits[0] @ torch.tensor([1.0, -1.0])
            else:
                logits = output.prediction_logits if bundle.nsp.real else output.logits
                value = torch.log_softmax(logits[0, target.position], -1)[target.id]
            (expected,) = torch.autograd.grad(value, given)
            assert values[row] == pytest.approx(value.item(), abs=1e-4)
            np.testing.assert_allclose(gradient[row], expected[0], atol=1e-5 + 2e-4 * float(expected.abs().max()))


def test_gradients_leave_the_model_as_it_was(both: tuple[ModelBundle, Eager]) -> None:
    bundle, _ = both
    each = tokenised(bundle, *TEXTS[1])
    parameters = list(bundle.model.parameters())
    before = [(parameter.requires_grad, parameter.device.type) for parameter in parameters]
    inside.gradients(bundle, each, inside.embedded(bundle, each.ids)[None], Target(2, 5))
    assert all(parameter.grad is None for parameter in parameters)
    assert [(parameter.requires_grad, parameter.device.type) for parameter in bundle.model.parameters()] == before
    assert not bundle.model.training


def test_going_on_from_a_models_own_states_changes_nothing(both: tuple[ModelBundle, Eager]) -> None:
    bundle, plain = both
    inputs = inputs_of(bundle)
    for each, states in zip(inputs, inside.states_of(bundle, inputs), strict=True):
        at, id_ = len(each) - 2, int(each.ids[1])
        with torch.no_grad():
            output = plain.run(each)
        logits = output.prediction_logits if bundle.nsp.real else output.logits
        expected = torch.log_softmax(logits[0, at], -1)[id_].item()
        for layer in range(bundle.n_layers + 1):
            (own,) = inside.from_states(bundle, each, states[layer][None], layer, Target(at, id_))
            assert own == pytest.approx(expected, abs=1e-4)


def test_a_model_whose_layers_are_not_known_is_refused(checkpoint_folder: Callable[..., Path]) -> None:
    bundle = load_bundle(str(checkpoint_folder("tiny_distilbert")))
    for name in ("layers", "attention", "gradients"):
        with pytest.raises(InputError, match="distilbert"):
            inside.require(bundle, name)
