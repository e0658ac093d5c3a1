"""Colours: readable text, a scale that reads in grey, a pair that every colour vision tells apart, one source."""

import math
import tomllib
from pathlib import Path

import numpy as np
import pytest

from dashboard.drawing.palette import MONO_FACE, TYPE_FACE, Palette, contrast, ink_on, palette

THEMES = ("light", "dark")
READABLE = 4.5
CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
VISIONS = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TOLD_APART = 25
"""CIELAB distance; about 2.3 is the least that can be seen side by side, and these stand far apart on a page."""


def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def ratio(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    xyz = np.array(to_xyz) @ rgb / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, vision: str) -> float:
    seen = [lab(np.clip(VISIONS[vision] @ linear(colour), 0, 1)) for colour in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


@pytest.fixture(params=THEMES)
def colours(request: pytest.FixtureRequest) -> Palette:
    return palette(request.param)


@pytest.mark.parametrize(("one", "other", "expected"), [("#000000", "#ffffff", 21), ("#767676", "#ffffff", 4.54)])
def test_contrast_is_that_of_wcag(one: str, other: str, expected: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(expected, abs=0.005)


def test_ink_is_readable_on_every_shade(colours: Palette) -> None:
    shades = [*colours.sequential, *colours.diverging, colours.ground]
    assert min(ratio(ink_on(shade), shade) for shade in shades) >= READABLE


def test_text_is_readable_on_both_grounds(colours: Palette) -> None:
    for name in ("ink", "muted", "primary", "is_next", "not_next", "segment_a", "segment_b"):
        for ground in (colours.ground, colours.panel):
            assert ratio(getattr(colours, name), ground) >= READABLE, (name, ground)


def reads_in_grey(scale: tuple[str, ...]) -> bool:
    """Whether lightness rises or falls along the whole scale, in steps that are not far from equal."""
    steps = np.diff([lab(linear(colour))[0] for colour in scale])
    return bool((steps > 0).all() or (steps < 0).all()) and np.ptp(np.abs(steps)) < np.abs(steps).mean()


def test_the_sequential_scale_reads_in_grey(colours: Palette) -> None:
    assert reads_in_grey(colours.sequential)
    rainbow = ("#0000ff", "#00ffff", "#00ff00", "#ffff00", "#ff0000")
    assert not reads_in_grey(rainbow)


def test_the_scale_begins_beside_the_ground_and_ends_far_from_it(colours: Palette) -> None:
    assert ratio(colours.sequential[0], colours.ground) < 1.5
    assert ratio(colours.sequential[-1], colours.ground) > 7


def test_a_share_beyond_the_scale_gets_its_end(colours: Palette) -> None:
    shades = [colours.sequential.index(colours.shade(share)) for share in (-1.0, 0.0, 0.25, 0.49, 1.0, 7.0)]
    assert shades == [0, 0, 16, 31, 63, 63]
    leaning = [colours.diverging.index(colours.leaning(share)) for share in (-1.0, 0.0, 0.25, 0.75, 1.0, 7.0)]
    assert leaning == [0, 0, 16, 47, 63, 63]


def test_the_middle_leans_to_neither_side(colours: Palette) -> None:
    middle = colours.leaning(0.5)
    assert middle in colours.diverging[31:33]
    assert middle == colours.diverging[31] == colours.diverging[32]
    assert ratio(middle, colours.ground) < 1.5


def test_what_is_no_number_gets_the_ground(colours: Palette) -> None:
    assert colours.shade(math.nan) == colours.leaning(math.nan) == colours.ground


def test_the_diverging_scale_is_centred_on_its_palest(colours: Palette) -> None:
    scale = colours.diverging
    away = [abs(luminance(colour) - luminance(colours.ground)) for colour in scale]
    assert np.argmin(away) in {len(scale) // 2 - 1, len(scale) // 2}
    assert (scale[0], scale[-1]) == (colours.not_next, colours.is_next)


def test_both_answers_are_told_apart(colours: Palette) -> None:
    for vision in VISIONS:
        assert distance(colours.is_next, colours.not_next, vision) >= TOLD_APART, vision


def test_the_simulation_sees_what_red_green_blindness_hides() -> None:
    assert distance("#3a8f3a", "#b8643c", "usual") >= TOLD_APART
    assert distance("#3a8f3a", "#b8643c", "deuteranopia") < TOLD_APART


def test_the_themes_of_the_page_have_the_palettes_colours() -> None:
    themes = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]
    for name in THEMES:
        colours, theme = palette(name), themes[name]
        assert {key: theme[key] for key in theme if key != "sidebar"} == {
            "primaryColor": colours.primary,
            "backgroundColor": colours.ground,
            "secondaryBackgroundColor": colours.panel,
            "textColor": colours.ink,
            "borderColor": colours.rule,
            "linkColor": colours.primary,
            "codeTextColor": colours.ink,
            "codeBackgroundColor": colours.panel,
        }
        for key, ground in theme["sidebar"].items():
            assert min(ratio(text, ground) for text in (colours.ink, colours.primary)) >= READABLE, (name, key)


def test_figures_and_page_share_their_faces() -> None:
    theme = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]
    assert theme["font"].split(",")[0].strip("'") == TYPE_FACE.split(",")[0]
    assert theme["codeFont"].split(",")[0].strip("'") == MONO_FACE.split(",")[0]
