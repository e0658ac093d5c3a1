"""The hidden reading as a notebook would do it: mask by hand, run plain transformers, take one row, and again.

Nothing of ``analysis`` computes here; the tokenizer's own ``word_ids`` say what a word is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from analysis.choices import Masking
from analysis.types import Edit
from tests.analysis.oracle import Answer, Plain


@dataclass(frozen=True)
class Sheet:
    """A text as the tokenizer lays it out: one entry per position in every list."""

    plain: Plain
    ids: list[int]
    segment_ids: list[int] | None
    word_ids: list[int | None]
    sequence_ids: list[int | None]
    stretches: list[tuple[int, int] | None]
    """Text and number of the stretch between white space that each piece begins in."""

    @classmethod
    def of(cls, plain: Plain, text_a: str, text_b: str | None = None, edits: Sequence[Edit] = ()) -> "Sheet":
        batch: Any = plain.tokenizer(text_a, text_b, return_offsets_mapping=True)
        ids = list(batch.input_ids)
        for position, id_ in edits:
            ids[position] = id_
        stretches = [
            None if number is None else (number, stretch_at((text_a, text_b or "")[number], *offsets))
            for number, offsets in zip(batch.sequence_ids(0), batch.offset_mapping, strict=True)
        ]
        return cls(plain, ids, batch.get("token_type_ids"), batch.word_ids(0), batch.sequence_ids(0), stretches)

    def window(self, positions: Sequence[int]) -> "Sheet":
        """Some of the positions as an input of their own."""
        ids, segment_ids, word_ids, sequence_ids, stretches = (
            None if row is None else [row[position] for position in positions]
            for row in (self.ids, self.segment_ids, self.word_ids, self.sequence_ids, self.stretches)
        )
        return Sheet(self.plain, ids or [], segment_ids, word_ids or [], sequence_ids or [], stretches or [])

    @property
    def mask_id(self) -> int:
        return int(self.plain.tokenizer.mask_token_id)

    @property
    def counted(self) -> list[int]:
        """C: the positions whose id is none of the four."""
        tokenizer = self.plain.tokenizer
        four = {tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id, tokenizer.mask_token_id}
        return [position for position, id_ in enumerate(self.ids) if id_ not in four]

    def hidden_with(self, position: int, masking: Masking) -> list[int]:
        """The positions that are hidden when this one is read."""
        word = [
            other
            for other in self.counted
            if self.word_ids[other] == self.word_ids[position]
            and self.sequence_ids[other] == self.sequence_ids[position]
        ]
        later = [other for other in word if other >= position]
        stretch = [
            other for other in self.counted if self.stretches[other] == self.stretches[position] and other >= position
        ]
        return {"token": [position], "word_l2r": later, "word": word, "reporting_l2r": stretch}[masking]

    def masked_sets(self, *maskings: Masking) -> set[tuple[int, ...]]:
        return {tuple(self.hidden_with(position, masking)) for masking in maskings for position in self.counted}

    def with_masks(self, hidden: Sequence[int]) -> list[int]:
        return [self.mask_id if position in hidden else id_ for position, id_ in enumerate(self.ids)]

    def answer(self, ids: Sequence[int] | None = None) -> Answer:
        """Plain transformers on these ids (the text's own when none are given), its segments left as they are."""
        tensors = {"input_ids": torch.tensor([self.ids if ids is None else list(ids)])}
        tensors["attention_mask"] = torch.ones_like(tensors["input_ids"])
        if self.segment_ids is not None:
            tensors["token_type_ids"] = torch.tensor([self.segment_ids])
        return self.plain.run(**tensors)

    def hidden_answer(self, masking: Masking) -> Answer:
        """The text's ids, and of each position of C the row with it hidden; of the others the seen row."""
        logits = self.answer().logits.copy()
        asked = [(self.with_masks(self.hidden_with(position, masking)), position) for position in self.counted]
        logits[self.counted] = self.rows(asked)
        return Answer(np.array(self.ids), logits, None)

    def rows(self, asked: Sequence[tuple[Sequence[int], int]]) -> np.ndarray:
        """float64 [R, V]: the logits of one position of each of these inputs, which are as long as the text."""
        found = []
        at_once = max(1, 256 // len(self.ids))
        for start in range(0, len(asked), at_once):
            some = asked[start : start + at_once]
            tensors = {"input_ids": torch.tensor([list(ids) for ids, _ in some])}
            tensors["attention_mask"] = torch.ones_like(tensors["input_ids"])
            if self.segment_ids is not None:
                tensors["token_type_ids"] = torch.tensor([self.segment_ids] * len(some))
            with torch.no_grad():
                output = self.plain.model(**tensors)
            logits = output.prediction_logits if "prediction_logits" in output else output.logits
            found += [logits[number, position].double().numpy() for number, (_, position) in enumerate(some)]
        return np.array(found)


def log2_p_observed(answer: Answer) -> np.ndarray:
    """float64 [T]: log2 of the probability of each observed id."""
    return answer.log_p[np.arange(len(answer.ids)), answer.ids] / np.log(2)


def stretch_at(text: str, start: int, end: int) -> int:
    """The number of the stretch between white space that a piece begins in, or that follows one of white space only."""
    while start < end and text[start].isspace():
        start += 1
    inside = start > 0 and not text[start - 1].isspace()
    return len(text[:start].split()) - inside
