"""The colours of the product, once, for light and dark.

One sequential scale for "how much", monotone in lightness so that it reads in grey, running from the ground to the
strongest ink of each theme; one diverging scale centred on 0; one fixed pair for IsNext and NotNext (blue-green and
orange, told apart with every common colour vision). The scales are drawn in OKLab (Ottosson 2020), which is close to
perceptually uniform.
"""

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

STEPS = 64
"""Colours of a scale; drawing interpolates in between."""

TYPE_FACE = "IBM Plex Sans, Helvetica, Arial, sans-serif"
MONO_FACE = "IBM Plex Mono, Menlo, Consolas, monospace"


@dataclass(frozen=True, slots=True)
class Palette:
    """All colours of one theme as ``#rrggbb``; the scales are tuples from their low to their high end."""

    name: str
    ground: str
    panel: str
    ink: str
    muted: str
    rule: str
    primary: str
    is_next: str
    not_next: str
    segment_a: str
    segment_b: str
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]

    def shade(self, share: float) -> str:
        """Colour of the sequential scale at ``share`` (clipped to 0..1; not a number gives the ground)."""
        return self._at(self.sequential, share)

    def leaning(self, share: float) -> str:
        """Colour of the diverging scale at ``share`` (clipped to 0..1, 0.5 its middle)."""
        return self._at(self.diverging, share)

    def _at(self, scale: tuple[str, ...], share: float) -> str:
        return self.ground if math.isnan(share) else scale[round(min(1.0, max(0.0, share)) * (len(scale) - 1))]


@cache
def palette(theme: str | None) -> Palette:
    """The palette of ``"dark"``, or the light one for anything else."""
    if theme == "dark":
        return Palette(
            name="dark",
            ground="#15171a",
            panel="#1f2226",
            ink="#e8e8e4",
            muted="#a3a8b0",
            rule="#3a3e44",
            primary="#9dbbe8",
            is_next="#4fbfae",
            not_next="#f0954f",
            segment_a="#9dbbe8",
            segment_b="#e0a3cd",
            sequential=_sequential(0.27, 0.95, 262, 100),
            diverging=_diverging("#f0954f", "#24272c", "#4fbfae"),
        )
    return Palette(
        name="light",
        ground="#fcfcfa",
        panel="#f3f3ef",
        ink="#1b1d21",
        muted="#5f646c",
        rule="#d9d9d3",
        primary="#2f4f7f",
        is_next="#0b7268",
        not_next="#b8500c",
        segment_a="#2f4f7f",
        segment_b="#8a3b74",
        sequential=_sequential(0.965, 0.30, 100, 262),
        diverging=_diverging("#b8500c", "#f3f3ef", "#0b7268"),
    )


@cache
def ink_on(fill: str) -> str:
    """Black or white, whichever reads better on ``fill``; one of them always reaches 4.5:1."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, fill))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _sequential(first: float, last: float, hue_first: float, hue_last: float) -> tuple[str, ...]:
    """Lightness from ``first`` to ``last`` in equal steps, hue (degrees) alongside, most chroma in the middle."""
    t = np.linspace(0, 1, STEPS)
    chroma = 0.02 + 0.095 * np.sin(np.pi * (0.12 + 0.8 * (t if first > last else 1 - t)))
    hue = np.radians(hue_first + (hue_last - hue_first) * t)
    return _from_oklab(np.stack([first + (last - first) * t, chroma * np.cos(hue), chroma * np.sin(hue)]))


def _diverging(low: str, middle: str, high: str) -> tuple[str, ...]:
    ends = [_LAB @ np.cbrt(_LMS @ _linear(colour)) for colour in (low, middle, high)]
    halves = [np.linspace(start, stop, STEPS // 2, axis=1) for start, stop in pairwise(ends)]
    return _from_oklab(np.hstack(halves))


_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
"""Linear sRGB to the responses of the three cones."""
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
"""Their cube roots to lightness, a and b."""
_LINEAR_BELOW = 0.04045
"""Where sRGB's transfer curve turns from a line to a power (IEC 61966-2-1)."""


def _from_oklab(lab: np.ndarray) -> tuple[str, ...]:
    """Colours of the columns of lightness, a and b, clipped to sRGB."""
    linear = (np.linalg.inv(_LMS) @ np.linalg.inv(_LAB).dot(lab) ** 3).clip(0, 1)
    encoded = np.where(linear <= _LINEAR_BELOW / 12.92, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return tuple(f"#{r:02x}{g:02x}{b:02x}" for r, g, b in (255 * encoded).round().astype(int).T.tolist())


def _linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= _LINEAR_BELOW, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def _luminance(colour: str) -> float:
    return float(np.dot([0.2126, 0.7152, 0.0722], _linear(colour)))
