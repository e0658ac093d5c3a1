"""Texts longer than the model's inputs, cut into windows that overlap."""

from itertools import pairwise

import numpy as np

from analysis.types import TEMPLATE, Encoded, Tensors, Window


def windows(encoded: Encoded, max_tokens: int) -> tuple[Window, ...]:
    """Cut an input into overlapping windows that the model can read; a single one when it fits as it is.

    Neighbours share half of their pieces. Every position is reported from the window where the shorter of its two
    sides is longest, the template's tokens from the first and the last window.
    """
    positions = np.arange(len(encoded), dtype=np.int32)
    if len(encoded) <= max_tokens:
        whole = Tensors(encoded.ids, encoded.segment_ids, encoded.attention_mask)
        return (Window(whole, positions, 0, len(encoded)),)
    pieces = np.flatnonzero(encoded.sequence != TEMPLATE)
    first, end = int(pieces[0]), int(pieces[-1]) + 1
    room = max_tokens - first - (len(encoded) - end)
    starts = [*range(first, end - room, max(1, room // 2)), end - room]
    # Half-way between where one window ends and the next begins, both sides of the two are equally long.
    turns = [0, *((left + room + right) // 2 for left, right in pairwise(starts)), len(encoded)]
    cut = []
    for number, start in enumerate(starts):
        rows = np.concatenate([positions[:first], positions[start : start + room], positions[end:]])
        tensors = Tensors(*(each[rows] for each in (encoded.ids, encoded.segment_ids, encoded.attention_mask)))
        cut.append(Window(tensors, rows, turns[number], turns[number + 1]))
    return tuple(cut)
