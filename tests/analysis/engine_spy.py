"""What the engine is handed: notes of the calls of ``analysis.bert``, which go on to the real functions."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from analysis.kernels import bert
from analysis.models import families
from analysis.types import Tensors


@dataclass
class Calls:
    """Of each pass the inputs, the rows asked for and what was packed; of each head's product its rows."""

    inputs: list[list[Tensors]] = field(default_factory=list)
    rows: list[list[tuple[int, int]]] = field(default_factory=list)
    packed: list[Any] = field(default_factory=list)
    mlm: list[int] = field(default_factory=list)
    nsp: list[int] = field(default_factory=list)

    @property
    def ids(self) -> list[list[int]]:
        """The ids of every input that was run, over all passes."""
        return [each.ids.tolist() for inputs in self.inputs for each in inputs]

    @property
    def asked(self) -> list[tuple[list[int], int]]:
        """The ids of the input and the position of every row, over all passes."""
        return [
            (inputs[number].ids.tolist(), position)
            for inputs, rows in zip(self.inputs, self.rows, strict=True)
            for number, position in rows
        ]


def run_bert_by(patched: pytest.MonkeyPatch, **parts: Any) -> None:
    """Let BERT's family be run by other functions for some of its parts."""
    of_bert, *others = families.FAMILIES
    assert of_bert.parts is not None
    patched.setattr(families, "FAMILIES", (replace(of_bert, parts=replace(of_bert.parts, **parts)), *others))


@contextmanager
def watched_engine() -> Iterator[Calls]:
    """Note every call made inside the ``with``."""
    calls = Calls()
    hidden_rows, mlm_logits, nsp_logits, packed_of = bert.hidden_rows, bert.mlm_logits, bert.nsp_logits, bert.Packed.of

    def hidden(model: Any, inputs: Sequence[Tensors], rows: Sequence[tuple[int, int]]) -> Any:
        calls.inputs.append(list(inputs))
        calls.rows.append(list(rows))
        return hidden_rows(model, inputs, rows)

    def packed(inputs: Sequence[Tensors], device: Any) -> Any:
        calls.packed.append(packed_of(inputs, device))
        return calls.packed[-1]

    def mlm(model: Any, rows: Any) -> Any:
        calls.mlm.append(len(rows))
        return mlm_logits(model, rows)

    def nsp(model: Any, rows: Any) -> Any:
        calls.nsp.append(len(rows))
        return nsp_logits(model, rows)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bert, "hidden_rows", hidden)
        run_bert_by(patched, mlm_logits=mlm, nsp_logits=nsp)
        patched.setattr(bert.Packed, "of", packed)
        yield calls
