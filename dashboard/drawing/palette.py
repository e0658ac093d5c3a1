"""The colours of the product, once, for light and dark.

One sequential scale for "how much", monotone in lightness so that it reads in grey, running from the ground to the
strongest ink of each theme; one diverging scale centred on 0; one fixed pair for IsNext and NotNext (blue-green and
orange, told apart with every common colour vision). The scales are drawn in OKLab (Ottosson 2020), which is close to
perceptually uniform.
"""

import math
from dataclasses import dataclass
from functools import cache

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
        if math.isnan(share):
            return self.ground
        return self.sequential[round(min(1.0, max(0.0, share)) * (STEPS - 1))]

    def leaning(self, share: float) -> str:
        """Colour of the diverging scale at ``share`` (clipped to 0..1, 0.5 its middle)."""
        if math.isnan(share):
            return self.ground
        return self.diverging[round(min(1.0, max(0.0, share)) * (len(self.diverging) - 1))]

    def colorscale(self, scale: tuple[str, ...] | None = None) -> list[tuple[float, str]]:
        """A scale (the sequential one unless another is given) in the form that Plotly takes."""
        colours = scale or self.sequential
        return [(i / (len(colours) - 1), colour) for i, colour in enumerate(colours)]


@cache
def palette(theme: str | None) -> Palette:
    """The palette of ``"dark"``, or the light one for anything else."""
    return _dark() if theme == "dark" else _light()


def ink_on(fill: str) -> str:
    """Black or white, whichever reads better on ``fill``; one of them always reaches 4.5:1."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, fill))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _light() -> Palette:
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


def _dark() -> Palette:
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


def _sequential(first: float, last: float, hue_first: float, hue_last: float) -> tuple[str, ...]:
    """Lightness from ``first`` to ``last`` in equal steps, hue (degrees) alongside, most chroma in the middle."""
    colours = []
    for i in range(STEPS):
        t = i / (STEPS - 1)
        lightness = first + (last - first) * t
        chroma = 0.02 + 0.095 * math.sin(math.pi * (0.12 + 0.8 * (t if first > last else 1 - t)))
        hue = math.radians(hue_first + (hue_last - hue_first) * t)
        colours.append(_hex(_from_oklab(lightness, chroma * math.cos(hue), chroma * math.sin(hue))))
    return tuple(colours)


def _diverging(low: str, middle: str, high: str) -> tuple[str, ...]:
    half = STEPS // 2
    ends = [(_to_oklab(low), _to_oklab(middle)), (_to_oklab(middle), _to_oklab(high))]
    colours = []
    for start, stop in ends:
        for i in range(half):
            t = i / (half - 1)
            colours.append(_hex(_from_oklab(*(a + (b - a) * t for a, b in zip(start, stop, strict=True)))))
    return tuple(colours)


def _to_oklab(colour: str) -> tuple[float, float, float]:
    r, g, b = _linear(colour)
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _from_oklab(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    """Linear sRGB, not yet clipped."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


_LINEAR_BELOW = 0.04045
"""Where sRGB's transfer curve turns from a line to a power (IEC 61966-2-1)."""


def _linear(colour: str) -> tuple[float, ...]:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(c / 12.92 if c <= _LINEAR_BELOW else ((c + 0.055) / 1.055) ** 2.4 for c in channels)


def _hex(linear: tuple[float, float, float]) -> str:
    clipped = (min(1.0, max(0.0, c)) for c in linear)
    encoded = (12.92 * c if c <= _LINEAR_BELOW / 12.92 else 1.055 * c ** (1 / 2.4) - 0.055 for c in clipped)
    return "#" + "".join(f"{round(255 * c):02x}" for c in encoded)


def _luminance(colour: str) -> float:
    r, g, b = _linear(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
