"""Integrated gradients along the straight line between two inputs (Sundararajan, Taly and Yan 2017), in numpy alone.

The attribution of a coordinate is (x - x') times the integral of the gradient at x' + a (x - x'), a from 0 to 1. The
integral is taken by Gauss and Legendre: of smooth integrands its error falls much faster than that of equal steps.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from analysis.types import Floats

Doubles = npt.NDArray[np.float64]
Gradients = Callable[[Floats], tuple[Floats, Floats]]
"""Of inputs, float32 [B, T, H], the target [B] and its gradient [B, T, H]."""


@cache
def quadrature(steps: int) -> tuple[Doubles, Doubles]:
    """Where the path is looked at, each between 0 and 1, and with which weights: float64 [steps] both, read-only.

    They are kept: of some hundred points they take as long to find as one of the passes that are taken there.
    """
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    nodes, weights = (nodes + 1) / 2, weights / 2
    nodes.flags.writeable = weights.flags.writeable = False
    return nodes, weights


def along(gradients: Gradients, start: Floats, end: Floats, nodes: Doubles, weights: Doubles, at_once: int) -> Doubles:
    """The attributions of T positions at some nodes of the path, float64 [T]; those of all nodes add up to the whole.

    ``start`` and ``end`` are float32 [T, H]; ``at_once`` is how many points go through the model together.
    """
    way = (end - start).astype(np.float64)
    summed = np.zeros_like(way)
    for first in range(0, len(nodes), at_once):
        part = slice(first, first + at_once)
        gradient = gradients(points(start, end, nodes[part]))[1]
        summed += np.tensordot(weights[part], gradient.astype(np.float64), axes=1)
    return (way * summed).sum(-1)


def points(start: Floats, end: Floats, nodes: Doubles) -> Floats:
    """The inputs on the path, float32 [B, T, H]."""
    return (start + nodes[:, None, None] * (end - start)).astype(np.float32)
