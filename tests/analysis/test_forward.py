"""The one call of a model: any rows of any inputs, in any order, and whatever goes wrong in it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from analysis import ModelBundle, ModelError, read_seen
from analysis.kernels import bert
from analysis.models.forward import Rows, forward
from analysis.texts.encoding import encode
from tests.analysis.engine_spy import run_bert_by
from tests.analysis.oracle import Plain
from tests.analysis.plain_words import assert_plain_sentence

TEXTS = (("the cat sat on the mat", None), ("a", None), ("the dog", "she was dark"))
ROWS = Rows(inputs=[2, 0, 0, 1, 2, 0], positions=[5, 1, 7, 2, 0, 1])


TWO_HEADED = ("tiny_bert", "tiny_albert")
ONE_HEADED = ("tiny_roberta", "tiny_distilbert", "tiny_modernbert", "tiny_electra")


@pytest.mark.parametrize("name", TWO_HEADED + ONE_HEADED)
def test_any_rows_of_any_inputs(
    checkpoint: Callable[[str], ModelBundle], checkpoint_folder: Callable[[str], Path], name: str
) -> None:
    bundle, plain = checkpoint(name), Plain.load(checkpoint_folder(name), two_heads=name in TWO_HEADED)
    got: dict[int, np.ndarray] = {}

    def keep(logits: torch.Tensor, start: int) -> None:
        got.update((start + i, row.double().numpy()) for i, row in enumerate(logits))

    inputs = [encode(bundle, *texts) for texts in TEXTS]
    z = forward(bundle, inputs, mlm=(ROWS, keep), nsp=name in TWO_HEADED)
    options = {"return_tensors": "pt", "return_token_type_ids": bundle.uses_segment_ids}
    answers = [plain.run(**plain.tokenizer(*texts, **options)) for texts in TEXTS]
    assert sorted(got) == list(range(len(ROWS.inputs)))
    for row, (number, position) in enumerate(zip(ROWS.inputs, ROWS.positions, strict=True)):
        np.testing.assert_allclose(got[row], answers[number].logits[position], atol=1e-4)
    assert (z is None) == (name in ONE_HEADED)
    if z is not None:
        np.testing.assert_allclose(z, [answer.z for answer in answers], atol=1e-4)


@pytest.mark.parametrize("name", ["tiny_bert", "tiny_albert", "tiny_electra"])
def test_a_reducer_may_overwrite_its_chunk(checkpoint: Callable[[str], ModelBundle], name: str) -> None:
    """Also where one row is asked for twice, as by two candidates of one piece."""
    bundle, got = checkpoint(name), []

    def use_up(logits: torch.Tensor, _start: int) -> None:
        got.extend(logits.tolist())
        logits.fill_(7)

    forward(bundle, [encode(bundle, "the cat sat")], mlm=(Rows(inputs=[0, 0, 0], positions=[2, 1, 2]), use_up))
    assert got[0] == pytest.approx(got[2], abs=1e-5)
    assert got[0] != pytest.approx(got[1], abs=1e-5)


@pytest.mark.parametrize("name", ["tiny_bert", "tiny_albert", "tiny_roberta", "tiny_electra"])
def test_nothing_is_computed_that_was_not_asked_for(checkpoint: Callable[[str], ModelBundle], name: str) -> None:
    bundle, rows = checkpoint(name), []
    encoded = encode(bundle, "a cat")
    asked = (Rows([0], [1]), lambda logits, start: rows.append((tuple(logits.shape), start)))
    assert forward(bundle, [encoded], mlm=asked) is None
    assert rows == [((1, bundle.n_vocabulary), 0)]
    assert forward(bundle, [encoded]) is None


@pytest.mark.parametrize(
    ("error", "match"),
    [
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "not enough memory"),
        (MemoryError(), "choose another text|not enough memory"),
        (IndexError("index out of range in self"), "same checkpoint"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), "choose another text"),
        (KeyError("hidden_states"), "choose another text"),
        (TypeError("unexpected keyword argument"), "choose another text"),
        (AttributeError("'tuple' object has no attribute"), "choose another text"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_whatever_goes_wrong_inside_is_said_in_words(
    tiny: ModelBundle,
    checkpoint: Callable[[str], ModelBundle],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    match: str,
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    for function in ("hidden_rows", "mlm_logits", "nsp_logits"):
        with monkeypatch.context() as patched, pytest.raises(ModelError, match=match) as caught:
            run_bert_by(patched, **{function: fail})
            read_seen(tiny, "the cat")
        assert_plain_sentence(caught.value)
        assert tiny.gate.present == 0
    for name in ("tiny_albert", "tiny_electra"):
        other = checkpoint(name)
        monkeypatch.setattr(other.model if name == "tiny_electra" else other.model.base_model, "forward", fail)
        with pytest.raises(ModelError, match=match) as caught:
            read_seen(other, "the cat")
        assert_plain_sentence(caught.value)
        assert other.gate.present == 0


def test_an_interruption_is_let_through(tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bert, "hidden_rows", interrupt)
    with pytest.raises(KeyboardInterrupt):
        read_seen(tiny, "the cat")
    assert tiny.gate.present == 0
