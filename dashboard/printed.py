"""How probabilities, ranks and numbers of any size are printed."""

import math

_P_NEARLY_ONE, _P_NEARLY_ZERO = 0.9995, 0.0005
_P_RESOLUTION = 1e-7
"""Below this a float32 probability can't be told from 1."""
_SCIENTIFIC_FROM = 1e5


def p_text(p: float, one_minus_p: float | None = None) -> str:
    """Print a probability so that it never reads 0.000 or 1.000.

    Give ``one_minus_p`` where it is known apart from ``p``; a float32 ``p`` near 1 has lost it.
    """
    rest = 1 - p if one_minus_p is None else one_minus_p
    if p >= _P_NEARLY_ONE:
        if one_minus_p is None and rest < _P_RESOLUTION:
            return f"> 1 − {_short(_P_RESOLUTION)}"
        return f"1 − {_short(rest)}" if rest else "1"
    if p < _P_NEARLY_ZERO:
        return _short(p, 1) if p else "0"
    return f"{p:.3f}"


def large_text(value: float, decimals: int = 2) -> str:
    """Print a number that may be of any size: with its thousands apart, and from 100,000 on as 4.23e12."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) >= _SCIENTIFIC_FROM:
        return _short(value, 2)
    return f"{value:,.{decimals}f}".replace("-", "−")


def rank_text(rank: int) -> str:
    """Print a rank with its thousands apart."""
    return f"{rank:,}"


def _short(value: float, decimals: int = 0) -> str:
    mantissa, _, exponent = f"{value:.{decimals}e}".partition("e")
    return f"{mantissa}e{int(exponent)}".replace("-", "−")
