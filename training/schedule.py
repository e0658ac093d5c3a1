"""How the learning rate and the share of chosen tokens change over a run."""

import math

from training.corruption import SHARE_CHOSEN

FINAL_RATE = 0.02
"""The learning rate never falls below this share of its peak."""

STRONGER_MASKING_UNTIL = 0.7
"""Up to this share of the steps more tokens may be chosen, for more signal a step; then the usual share, as at test."""


def rate_at(step: int, steps: int, peak: float, warmup: int) -> float:
    """Learning rate of ``step`` (from 0): linear over ``warmup`` steps, along a cosine over the whole run."""
    cosine = 0.5 * (1.0 + math.cos(math.pi * step / steps))
    return peak * min(1.0, (step + 1) / warmup) * max(FINAL_RATE, cosine)


def share_at(step: int, steps: int, share: float) -> float:
    """Share of the tokens chosen at ``step`` (from 0): ``share`` first, 15 % at the end."""
    return share if step < STRONGER_MASKING_UNTIL * steps else SHARE_CHOSEN
