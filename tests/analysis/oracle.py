"""The oracle: plain transformers and the obvious numpy, as in a notebook. Nothing of ``analysis`` computes here.

``Plain`` calls the checkpoint's own tokenizer and the model's own forward on everything at once; ``assert_agrees``
compares a reading with it. Logits that lie closer together than ``NEAR`` may swap places: two orders of summation
round differently.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModelForMaskedLM, AutoModelForPreTraining, AutoTokenizer

from analysis.types import SeenReading, TokenStatistics

NEAR = 1e-5

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Answer:
    """Ids [T], masked-LM logits [T, V] and next-sentence logits [2] of one input."""

    ids: npt.NDArray[np.int64]
    logits: Array
    z: Array | None

    @property
    def log_p(self) -> Array:
        y = self.logits - self.logits.max(-1, keepdims=True)
        return y - np.log(np.exp(y).sum(-1, keepdims=True))


@dataclass(frozen=True)
class Plain:
    """A tokenizer and a model straight from transformers."""

    tokenizer: Any
    model: Any

    @classmethod
    def load(cls, folder: Path, *, two_heads: bool = True, dtype: torch.dtype = torch.float32) -> "Plain":
        family = AutoModelForPreTraining if two_heads else AutoModelForMaskedLM
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        return cls(tokenizer, family.from_pretrained(folder, dtype=dtype, local_files_only=True).eval())

    def answer(self, text_a: str, text_b: str | None = None) -> Answer:
        return self.run(**self.tokenizer(text_a, text_b, return_tensors="pt"))

    def run(self, **tensors: torch.Tensor) -> Answer:
        with torch.no_grad():
            output = self.model(**tensors)
        logits = output.prediction_logits if "prediction_logits" in output else output.logits
        z = output.get("seq_relationship_logits", output.get("sop_logits"))
        return Answer(
            ids=tensors["input_ids"][0].numpy(),
            logits=logits[0].double().numpy(),
            z=None if z is None else z[0].double().numpy(),
        )

    def z(self, ids: list[int], segment_ids: list[int], attention_mask: list[int]) -> Array:
        """The next-sentence logits of three rows that were written out by hand."""
        answer = self.run(
            input_ids=torch.tensor([ids]),
            token_type_ids=torch.tensor([segment_ids]),
            attention_mask=torch.tensor([attention_mask]),
        )
        assert answer.z is not None
        return answer.z


def assert_agrees(reading: SeenReading, answer: Answer) -> None:
    """Every number of a reading against the plain answer, position by position."""
    assert reading.encoded.ids.tolist() == answer.ids.tolist()
    assert_statistics_agree(reading.statistics, answer)
    assert (reading.nsp is None) == (answer.z is None)
    if reading.nsp is not None and answer.z is not None:
        assert_z_agrees((reading.nsp.logit_is_next, reading.nsp.logit_not_next), reading.nsp.margin_nats, answer.z)


def assert_statistics_agree(statistics: TokenStatistics, answer: Answer) -> None:
    """The numbers of rows against the logits of these rows, each with the id that is observed there."""
    log_p, rows = answer.log_p, np.arange(len(answer.ids))
    p = np.exp(log_p)
    np.testing.assert_allclose(statistics.p_observed, p[rows, answer.ids], rtol=0, atol=1e-5)
    np.testing.assert_allclose(statistics.surprisal_bits, -log_p[rows, answer.ids] / np.log(2), rtol=0, atol=2e-4)
    np.testing.assert_allclose(statistics.entropy_bits, -(p * log_p).sum(-1) / np.log(2), rtol=0, atol=2e-4)
    assert_ranks_agree(statistics.rank, answer)
    assert_top_agrees(statistics.top_ids, answer)
    np.testing.assert_allclose(statistics.top_p, np.take_along_axis(p, statistics.top_ids, -1), rtol=0, atol=1e-5)


def assert_ranks_agree(rank: npt.NDArray[np.int32], answer: Answer) -> None:
    observed = np.take_along_axis(answer.logits, answer.ids[:, None], -1)
    surely_larger = (answer.logits > observed + NEAR).sum(-1)
    perhaps_larger = (answer.logits > observed - NEAR).sum(-1) - 1
    assert ((1 + surely_larger <= rank) & (rank <= 1 + perhaps_larger)).all()


def assert_top_agrees(top_ids: npt.NDArray[np.int32], answer: Answer) -> None:
    k = top_ids.shape[1]
    largest = -np.sort(-np.partition(answer.logits, -k, axis=-1)[:, -k:], axis=-1)
    np.testing.assert_allclose(np.take_along_axis(answer.logits, top_ids, -1), largest, rtol=0, atol=2 * NEAR)
    assert all(len(set(row)) == k for row in top_ids.tolist())


def assert_z_agrees(z: tuple[float, float], margin_nats: float, expected: Array) -> None:
    np.testing.assert_allclose(z, expected, rtol=0, atol=1e-4)
    assert abs(margin_nats - (expected[0] - expected[1])) <= 1e-4
