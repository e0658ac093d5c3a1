"""What rows cost, by their letters, before a tokenizer has seen them: for packs of equal work, and for an estimate."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from analysis.batch.recipe import Settings
from analysis.batch.suites import suite_of
from analysis.limits import MAX_POSITIONS
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate, Shape, flops_per_second, least_flops
from analysis.tasks.segmentations import VARIANT_NAMES
from analysis.types import Ints

_LETTERS = 4
"""Of a token of English, about."""

_TEMPLATE = 2
"""Tokens that every input has besides."""

_CANDIDATES = 4
"""Of a row that brings its own, about."""

_SEEN = {"seen", "seen-mean"}
_MARGIN = {"nsp", "isnext-margin", "nsp-candidates", "segmentations"}
"""Measures and named scores that read every position of an input, and those that read the second head alone."""
_INPUTS = {
    "seen": 1,
    "seen-mean": 1,
    "nsp": 1,
    "isnext-margin": 1,
    "candidates": 1,
    "p-at-k": 1,
    "segmentations": len(VARIANT_NAMES),
}
"""Inputs of those whose number does not grow with the text."""


def tokens_of(values: Mapping[str, Any], settings: Settings) -> int:
    """Tokens of a row, about; of a suite's item, which is several inputs, those of one input of the same work."""
    lengths = [len(value) for value in values.values() if isinstance(value, str)]
    if settings.suite is None:
        tokens = _TEMPLATE + sum(lengths) // _LETTERS
    else:
        # What has no white space is an id or a label.
        spaced = [len(value) for value in values.values() if isinstance(value, str) and " " in value]
        each = [_TEMPLATE + length // _LETTERS for length in spaced or lengths]
        hidden = not _INPUTS.keys() >= set(_asked(settings))
        tokens = math.isqrt(sum(one * one for one in each)) if hidden else sum(each)
    return min(tokens, MAX_POSITIONS)


def cost_of(tokens: int, settings: Settings) -> int:
    """Tensors that a row puts through the models."""
    return len(settings.models) * tokens * inputs_of(tokens, settings)


def inputs_of(tokens: int, settings: Settings) -> int:
    """Inputs that one model reads of a row of so many tokens."""
    return sum(_inputs(name, tokens, settings) for name in _asked(settings))


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
                inputs = rows * _inputs(measure, length, settings)
                wanted = length if measure in _SEEN else 1
                flops = least_flops(shape, [(length, wanted)], mlm_rows=0 if measure in _MARGIN else wanted)
                passes, total = passes + inputs, total + inputs * length
                seconds += inputs * (flops.encoder / encoder + flops.head / head)
    return Estimate(passes, total, seconds / processes)


def _asked(settings: Settings) -> tuple[str, ...]:
    if settings.suite is None:
        return tuple(dict.fromkeys(settings.measures))
    return tuple(dict.fromkeys(settings.scores or suite_of(settings.suite).own))


def _inputs(name: str, tokens: int, settings: Settings) -> int:
    """Inputs that a measure or named score makes of a row of so many tokens, about; at most one a token if unknown."""
    if name == "nsp-candidates":
        return (len(settings.labels) or _CANDIDATES) * (1 + len(settings.neutral))
    if name in _INPUTS:
        return _INPUTS[name]
    if name == "compare":
        # The tokens are those of both sides.
        return 1 if settings.reading == "seen" else max(1, tokens // 2)
    return tokens * len(settings.maskings) if name == "pll" else tokens
