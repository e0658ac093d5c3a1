"""What contenders must agree on before they are timed: a fast wrong answer is worth nothing."""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.generic]


class WrongAnswerError(Exception):
    """A contender disagrees with its reference, so the run has no result."""


def close(what: str, theirs: Numbers, ours: Numbers, *, largest: float, unit: str = "") -> str:
    """Say how far two answers are apart at most.

    Raises
    ------
    WrongAnswerError
        If that is more than ``largest``, or they are not of the same shape, or a number is none.
    """
    return _apart(what, theirs, ours, "largest", largest, unit)


def close_on_average(what: str, theirs: Numbers, ours: Numbers, *, mean: float, unit: str = "") -> str:
    """Say how far two answers are apart on average; for arithmetic that is known to round.

    Raises
    ------
    WrongAnswerError
        As for ``close``.
    """
    return _apart(what, theirs, ours, "mean", mean, unit)


def _apart(what: str, theirs: Numbers, ours: Numbers, which: str, allowed: float, unit: str) -> str:
    if theirs.shape != ours.shape:
        raise WrongAnswerError(f"{what}: {ours.shape} numbers came, {theirs.shape} were expected.")
    unit = f" {unit}" if unit else ""
    differences = np.abs(theirs.astype(np.float64) - ours.astype(np.float64))
    apart = float(differences.max() if which == "largest" else differences.mean())
    # Written so that an answer that is not a number fails too.
    if not apart <= allowed:
        raise WrongAnswerError(f"{what}: the {which} difference is {apart:.2g}{unit}, {allowed:.2g} is allowed.")
    return f"{what}: {which} difference {apart:.1g}{unit} (allowed {allowed:.1g})"
