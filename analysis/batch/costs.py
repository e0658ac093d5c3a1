"""What rows cost, by their letters, before a tokenizer has seen them: for packs of equal work, and for an estimate."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from analysis.batch.recipe import Settings
from analysis.limits import MAX_POSITIONS
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate, Shape, flops_per_second, least_flops
from analysis.types import Ints

_LETTERS = 4
"""Of a token of English, about."""

_TEMPLATE = 2
"""Tokens that every input has besides."""

_SEEN, _MARGIN = {"seen", "seen-mean"}, {"nsp", "isnext-margin"}
"""Measures and named scores that take one pass an input; whatever else there is may take one a token."""


def tokens_of(values: Mapping[str, Any], settings: Settings) -> int:
    """Tokens of a row, about; of a suite's item, which is several inputs, those of one input of the same work."""
    lengths = [len(value) for value in values.values() if isinstance(value, str)]
    if settings.suite is None:
        tokens = _TEMPLATE + sum(lengths) // _LETTERS
    else:
        # What has no white space is an id or a label.
        spaced = [len(value) for value in values.values() if isinstance(value, str) and " " in value]
        each = [_TEMPLATE + length // _LETTERS for length in spaced or lengths]
        tokens = math.isqrt(sum(one * one for one in each)) if _hidden(settings) else sum(each)
    return min(tokens, MAX_POSITIONS)


def cost_of(tokens: int, settings: Settings) -> int:
    """Tensors that a row puts through the models."""
    once = len(_asked(settings)) - len(_hidden(settings))
    return len(settings.models) * (once * tokens + len(_hidden(settings)) * tokens * tokens)


def estimate(bundles: Sequence[ModelBundle], settings: Settings, tokens: Ints, processes: int) -> Estimate:
    """What rows of about so many tokens each will take on so many processes at once."""
    passes = total = 0
    seconds = 0.0
    counts = np.bincount(tokens, minlength=1)
    lengths = [(length, int(counts[length])) for length in np.flatnonzero(counts).tolist()]
    for bundle in bundles:
        shape, threads = Shape.of(bundle), torch.get_num_threads()
        encoder = flops_per_second(shape.hidden, bundle.dtype, threads, bundle.device)
        head = flops_per_second(shape.hidden, "fp32", threads, bundle.device)
        for measure in _asked(settings):
            for length, rows in lengths:
                inputs = rows if measure in _SEEN | _MARGIN else rows * length
                wanted = length if measure in _SEEN else 1
                flops = least_flops(shape, [(length, wanted)], mlm_rows=0 if measure in _MARGIN else wanted)
                passes, total = passes + inputs, total + inputs * length
                seconds += inputs * (flops.encoder / encoder + flops.head / head)
    return Estimate(passes, total, seconds / processes)


def _asked(settings: Settings) -> tuple[str, ...]:
    names = settings.measures if settings.suite is None else settings.scores
    return tuple(dict.fromkeys(names)) or ("suite",)


def _hidden(settings: Settings) -> tuple[str, ...]:
    return tuple(name for name in _asked(settings) if name not in _SEEN | _MARGIN)
