"""What the browser gets to draw the strip, the read-out and the rows of variants: plain JSON, true to the result."""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import read_seen
from analysis.models.bundle import ModelBundle
from analysis.types import TEMPLATE, Encoded, HiddenReading, SeenReading, SegmentationComparison
from dashboard.drawing.palette import Palette, contrast, palette
from dashboard.drawing.strip import read_out, strip
from dashboard.glossary import TOKEN_MEASURES, Units, p_text
from dashboard.pages.next_sentence.rows import TITLES, shortened, variant_rows
from tests.analysis.texts import AWKWARD
from tests.dashboard import made
from tests.dashboard.measured import MEASURED, known_of

LIGHT = palette("light")
BOTH_UNITS: tuple[Units, ...] = ("usual", "nats")
"""Every measure of a token is in bits usually."""
JSON_TYPES = (str, int, float, bool, type(None), list, dict)


def assert_plain_json(value: Any) -> None:
    """Only JSON's own types (a NumPy float is a float, too, and would pass ``json.dumps``)."""
    assert type(value) in JSON_TYPES, type(value)
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        assert_plain_json(part)
    json.dumps(value, allow_nan=False)


Reading = SeenReading | HiddenReading

MADE = made.reading([*made.HOSTILE, "[UNK]", "[MASK]", "[SEP]", "##x"])
MADE_HIDDEN = made.hidden(MADE)
PAIR = made.reading(["anti", "##slav", "##ery", "no", "##w", "##here"], second_from=3)


@pytest.fixture(scope="session", params=["notebook", "notebook, hidden", "awkward", "made", "made, hidden", "pair"])
def reading(
    request: pytest.FixtureRequest,
    notebook_reading: SeenReading,
    notebook_hidden: HiddenReading,
    bundled: ModelBundle,
) -> Reading:
    return {
        "notebook": lambda: notebook_reading,
        "notebook, hidden": lambda: notebook_hidden,
        "awkward": lambda: read_seen(bundled, " ".join(AWKWARD.values())),
        "made": lambda: MADE,
        "made, hidden": lambda: MADE_HIDDEN,
        "pair": lambda: PAIR,
    }[request.param]()


def test_the_strip_is_plain_json(reading: Reading) -> None:
    for measure in TOKEN_MEASURES:
        for units in BOTH_UNITS:
            assert_plain_json(strip(reading, measure, LIGHT, units))


def test_the_strip_has_every_token_once(reading: Reading) -> None:
    encoded = reading.encoded
    drawn = strip(reading, "entropy", LIGHT, "usual")
    cells = drawn["tokens"]
    assert len(cells) == len(encoded)
    for cell, token in zip(cells, encoded.tokens, strict=True):
        assert ("##" if cell["piece"] else "") + cell["text"] == token
        assert cell["piece"] == (cell["joined"] and token.startswith("##"))
    assert drawn["at"] == list(range(len(encoded)))
    assert [cell["where"] for cell in cells] == [f"position {i}" for i in drawn["at"]]
    assert [cell["ghost"] for cell in cells] == (encoded.outside & ~encoded.masked).tolist()
    assert [bool(cell["guess"]) for cell in cells] == encoded.masked.tolist()
    assert [cell["unknown"] for cell in cells] == encoded.unknown.tolist()
    assert [cell["segment"] for cell in cells] == ["AB"[segment] for segment in encoded.segment_ids]
    assert drawn["pair"] == (encoded.text_b is not None)
    assert not any(cell["edited"] for cell in cells)


def test_a_chips_value_is_its_readings(reading: Reading) -> None:
    for measure, measured in MEASURED.items():
        known = measure in known_of(reading)
        values = measured.values(reading) if known else np.full(len(reading.encoded), np.nan)
        for i, cell in enumerate(strip(reading, measure, LIGHT, "usual")["tokens"]):
            masked = bool(reading.encoded.masked[i])
            nothing = not known or (reading.encoded.outside[i] and not (masked and not measured.of_token))
            blank = "" if masked else "…"
            assert cell["value"] == (blank if nothing else measured.printed(float(values[i])))


def test_every_chip_can_be_read(notebook_hidden: HiddenReading, colours: Palette) -> None:
    fills = set()
    for measure in TOKEN_MEASURES:
        for cell in strip(notebook_hidden, measure, colours, "usual")["tokens"]:
            fills.add(cell["fill"])
            assert contrast(cell["ink"], cell["fill"]) >= 4.5
    assert len(fills) > 40, "from pale to strong"


def test_exactly_the_later_pieces_of_a_word_are_joined_to_it(bundled: ModelBundle) -> None:
    text = "Fort Sumter, anti-slavery, unquestionably ##ing don't e\u0301tude [MASK]ing xyzzyq"
    reading = read_seen(bundled, text, "##ter Sumterville")
    pieces = [i for i, token in enumerate(reading.encoded.tokens) if token.startswith("##")]
    joined = [i for i, cell in enumerate(strip(reading, "rank", LIGHT, "usual")["tokens"]) if cell["joined"]]
    assert len(pieces) > 5
    assert joined == pieces
    assert [word["joined"] for word in read_out(reading)] == [i in pieces for i in range(len(reading.encoded))]


def test_what_looks_like_a_piece_but_begins_a_word_keeps_its_marks() -> None:
    first, second = strip(made.reading(["##x", "##y"]), "rank", LIGHT, "usual")["tokens"][1:3]
    assert (first["text"], first["piece"], first["joined"]) == ("##x", False, False)
    assert (second["text"], second["piece"], second["joined"]) == ("y", True, True)


def test_the_two_segments_of_a_pair_are_marked(bundled: ModelBundle) -> None:
    drawn = strip(read_seen(bundled, "She opened the door.", "It was dark."), "p", LIGHT, "usual")
    assert "".join(cell["segment"] for cell in drawn["tokens"]) == "A" * 7 + "B" * 5
    assert drawn["pair"]
    assert drawn["a"] != drawn["b"]
    assert not strip(read_seen(bundled, "She opened the door."), "p", LIGHT, "usual")["pair"]


VALUES = {
    ("entropy", "usual"): ("2.50", "entropy 2.50 bits", "0", "≥ 12 bits"),
    ("entropy", "nats"): ("1.73", "entropy 1.73 nats", "0", "≥ 8.32 nats"),
    ("surprisal", "usual"): ("13.25", "surprisal 13.25 bits", "0", "≥ 12 bits"),
    ("surprisal", "nats"): ("9.18", "surprisal 9.18 nats", "0", "≥ 8.32 nats"),
    ("surplus", "usual"): ("+10.75", "surplus +10.75 bits", "≤ −12", "≥ 12 bits"),
    ("surplus", "nats"): ("+7.45", "surplus +7.45 nats", "≤ −8.32", "≥ 8.32 nats"),
    ("rank", "usual"): ("12,345", "rank 12,345", "1", "≥ 10,000, log scale"),
    ("p", "usual"): ("1.0e−4", "p of the token 1.0e−4", "0", "1"),
    ("gap", "usual"): ("+11.25", "copy gap +11.25 bits", "≤ −12", "≥ 12 bits"),
    ("gap", "nats"): ("+7.80", "copy gap +7.80 nats", "≤ −8.32", "≥ 8.32 nats"),
}


def test_a_value_and_its_legend(subtests: pytest.Subtests) -> None:
    for (measure, units), (value, name, low, high) in VALUES.items():
        with subtests.test(measure=measure, units=units):
            kind = "hidden" if MEASURED[measure].needs_hidden or units == "nats" else "seen"
            reading = made.reading() if kind == "seen" else made.hidden(writeable=True)
            numbers = reading.statistics
            numbers.entropy_bits[1], numbers.surprisal_bits[1] = 2.5, 13.25
            numbers.rank[1], numbers.p_observed[1] = 12_345, 1e-4
            if isinstance(reading, HiddenReading):
                reading.seen.statistics.surprisal_bits[1] = 2.0
            drawn = strip(reading, measure, LIGHT, units)
            assert drawn["tokens"][1]["value"] == value
            assert drawn["tokens"][1]["name"] == f"position 1, the, {name}"
            measured = MEASURED[measure]
            legend, scale = drawn["legend"], LIGHT.diverging if measured.diverging else LIGHT.sequential
            assert legend["name"] == (measured.name if measured.needs_hidden else f"{measured.name}, {kind}")
            assert (legend["low"], legend["high"]) == (low, high)
            assert (legend["colours"][0], legend["colours"][-1]) == (scale[0], scale[-1])


@pytest.mark.parametrize(
    ("measure", "field", "low", "middle", "high"),
    [
        ("entropy", "entropy_bits", 0, 6, 12),
        ("surprisal", "surprisal_bits", 0, 6, 12),
        ("rank", "rank", 1, 100, 10_000),
        ("p", "p_observed", 0, 0.5, 1),
    ],
)
def test_a_colour_stands_for_the_same_value_in_every_text_and_unit(
    measure: str, field: str, low: float, middle: float, high: float
) -> None:
    reading, scale = made.reading(["a", "b", "c", "d"]), LIGHT.sequential
    getattr(reading.statistics, field)[1:5] = [low, middle, high, high]
    if measure != "p":
        getattr(reading.statistics, field)[4] = 3 * high
    for units in BOTH_UNITS:
        fills = [cell["fill"] for cell in strip(reading, measure, LIGHT, units)["tokens"][1:5]]
        assert [scale.index(fill) for fill in fills] == [0, 32, len(scale) - 1, len(scale) - 1]


def of_vocabulary(n: int, reading: SeenReading | None = None) -> SeenReading:
    return replace(reading or made.reading(["a", "b", "c"]), n_vocabulary=n)


def test_no_scale_goes_beyond_what_a_vocabulary_allows(subtests: pytest.Subtests) -> None:
    """Entropy and surprisal end at the lesser of 12 bits and log2 V, in strip and legend; no other scale changes."""
    for measure in TOKEN_MEASURES:
        for n_vocabulary in [2, 4_095, 4_096, 250_000]:
            with subtests.test(n_vocabulary=n_vocabulary, measure=measure):
                seen = of_vocabulary(n_vocabulary)
                reading, usual = made.hidden(seen), made.hidden(of_vocabulary(30_522))
                end = min(12.0, math.log2(n_vocabulary))
                drawn, as_ever = (strip(each, measure, LIGHT, "usual") for each in (reading, usual))
                if measure not in {"entropy", "surprisal"}:
                    assert drawn == as_ever
                    continue
                assert drawn["legend"]["high"] == f"≥ {end:.3g} bits"
                values = getattr(reading.statistics, f"{measure}_bits")[1:4]
                assert [cell["fill"] for cell in drawn["tokens"][1:4]] == [
                    LIGHT.shade(float(value) / end) for value in values
                ]
                assert strip(reading, measure, LIGHT, "nats")["legend"]["high"] == f"≥ {end * math.log(2):.3g} nats"


@pytest.mark.parametrize("measure", ["entropy", "surprisal"])
def test_strips_beside_each_other_have_one_scale_whatever_their_vocabularies(measure: str) -> None:
    small, large = of_vocabulary(25), of_vocabulary(1_024)
    ends = [
        strip(one, measure, LIGHT, "usual", beside=other)["legend"]["high"]
        for one, other in ((small, large), (large, small), (small, small))
    ]
    assert ends == ["≥ 10 bits", "≥ 10 bits", "≥ 4.64 bits"]


def leanings(reading: Reading, measure: str) -> list[int]:
    """Where the fills of the chips between the template's lie on the scale of two sides."""
    chips = strip(reading, measure, LIGHT, "usual")["tokens"]
    assert [chip["fill"] for chip in strip(reading, measure, LIGHT, "nats")["tokens"]] == [c["fill"] for c in chips]
    return [LIGHT.diverging.index(chip["fill"]) for chip in chips[1:-1]]


def test_a_copy_gap_leans_to_its_side_of_0() -> None:
    reading = made.hidden(made.reading(["a", "b", "c", "d", "e", "f"]), writeable=True)
    reading.seen.statistics.surprisal_bits[1:7] = 20
    reading.statistics.surprisal_bits[1:7] = 20 + np.array([-12, -6, 0, 6, 12, 30])
    # The two shades in the middle are the same.
    assert leanings(reading, "gap") == [0, 16, 31, 47, 63, 63]


def test_a_surplus_leans_to_its_side_of_0() -> None:
    reading = made.reading(["a", "b", "c", "d", "e"])
    reading.statistics.entropy_bits[1:6] = 6
    reading.statistics.surprisal_bits[1:6] = [0, 3, 6, 12, 20]
    assert leanings(reading, "surplus") == [16, 24, 31, 47, 63]
    chips = strip(reading, "surplus", LIGHT, "usual")["tokens"][1:6]
    assert [chip["value"][0] for chip in chips] == ["−", "−", "0", "+", "+"], "as expected as the head expects: 0"


def test_three_guesses_with_their_probabilities(reading: Reading) -> None:
    for i, cell in enumerate(strip(reading, "entropy", LIGHT, "usual")["tokens"]):
        top = zip(reading.top_tokens[i][:3], reading.statistics.top_p[i][:3], strict=True)
        assert cell["guesses"] == [f"{word}  {p_text(float(p))}" for word, p in top]


def test_one_guess_when_one_is_listed() -> None:
    assert {len(cell["guesses"]) for cell in strip(made.reading(k=1), "rank", LIGHT, "usual")["tokens"]} == {1}


def test_the_read_out_marks_exactly_the_differences(reading: Reading) -> None:
    words = read_out(reading)
    assert_plain_json(words)
    encoded, best = reading.encoded, reading.statistics.top_ids[:, 0]
    assert [word["same"] for word in words] == (best == encoded.ids).tolist()
    assert [word["predicted"] for word in words] == [top[0] for top in reading.top_tokens]
    assert [word["stood"] for word in words] == list(encoded.tokens)
    for i, word in enumerate(words):
        assert word["name"] == f"position {i}: {encoded.tokens[i]} is read back as {reading.top_tokens[i][0]}"


@pytest.mark.parametrize("keep", [None, 5])
def test_the_rows_are_plain_json(notebook_pair: SegmentationComparison, keep: int | None) -> None:
    drawn = variant_rows(notebook_pair, None, LIGHT, "usual", keep)
    assert_plain_json(drawn)
    first, *rest = [TITLES[variant.name].title for variant in notebook_pair.variants if variant.name != "correct"]
    assert [row["title"] for row in drawn["rows"]] == ["correct pair", first, *rest]
    assert len({row["meaning"] for row in drawn["rows"]}) == len(notebook_pair.variants)


@pytest.mark.parametrize(
    ("margin", "units", "margin_text", "p", "is_next"),
    [
        (6.683, "usual", "+6.68 nats", "P(IsNext) 0.999", True),
        (6.683, "bits", "+9.64 bits", "P(IsNext) 0.999", True),
        (11.7854, "usual", "+11.79 nats", "P(IsNext) 1 − 8e−6", True),
        (-8.5950, "usual", "−8.60 nats", "P(IsNext) 1.8e−4", False),
        (40.0, "usual", "+40.00 nats", "P(IsNext) 1 − 4e−18", True),
        (0.0, "usual", "0.00 nats", "P(IsNext) 0.500", False),
    ],
)
def test_a_rows_numbers(margin: float, units: Units, margin_text: str, p: str, is_next: bool) -> None:
    comparison = made.comparison([margin] * 8)
    row = variant_rows(comparison, None, LIGHT, units, 5)["rows"][0]
    assert (row["margin"], row["p"], row["next"]) == (margin_text, p, is_next)


def runs(encoded: Encoded) -> list[list[int]]:
    """Stretches of one text under one segment id; a token of the template stands with the piece before it."""
    found: list[list[int]] = []
    text, last = int(next(s for s in encoded.sequence if s != TEMPLATE)), None
    for i in range(len(encoded)):
        text = int(encoded.sequence[i]) if encoded.sequence[i] != TEMPLATE else text
        now = (text, int(encoded.segment_ids[i]))
        if now != last:
            found.append([])
        found[-1].append(i)
        last = now
    return found


def assert_shortened(encoded: Encoded, keep: int) -> None:
    cells, at, left_out = iter(shortened(encoded, keep)), 0, 0
    for run in runs(encoded):
        whole = len(run) <= 2 * keep + 1
        for i in run if whole else run[:keep]:
            assert next(cells) == cell(encoded, i)
        if not whole:
            assert next(cells) == {"more": f"{len(run) - 2 * keep} more"}
            left_out += len(run) - 2 * keep
            for i in run[-keep:]:
                assert next(cells) == cell(encoded, i)
        at += len(run)
    assert next(cells, None) is None
    assert at == len(encoded)


def cell(encoded: Encoded, i: int) -> dict[str, Any]:
    return {
        "text": encoded.tokens[i],
        "segment": int(encoded.segment_ids[i]),
        "mask": int(encoded.attention_mask[i]),
        "ghost": int(encoded.sequence[i]) == TEMPLATE,
    }


@pytest.mark.parametrize("keep", [1, 2, 5, 40])
def test_a_shortened_row_keeps_the_ends_and_counts_the_rest(notebook_pair: SegmentationComparison, keep: int) -> None:
    for variant in notebook_pair.variants:
        assert_shortened(variant.encoded, keep)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 8))
def test_any_pair_is_shortened_so(a: int, b: int, keep: int) -> None:
    assert_shortened(made.encoded([f"w{i}" for i in range(a + b)], second_from=a), keep)


def test_every_token_is_shown_when_asked_for(notebook_pair: SegmentationComparison) -> None:
    for variant in notebook_pair.variants:
        cells = shortened(variant.encoded, None)
        assert cells == [cell(variant.encoded, i) for i in range(len(variant.encoded))]


def test_the_notebooks_pair_shows_where_things_change(notebook_pair: SegmentationComparison) -> None:
    hidden = shortened(notebook_pair["ids_as_mask"].encoded, 5)
    assert {c["mask"] for c in hidden if "text" in c} == {0, 1}
    assert {c["segment"] for c in hidden if "text" in c} == {0}
    wrong = [c.get("segment") for c in shortened(notebook_pair["wrong_boundary"].encoded, 5)]
    assert wrong.count(None) == 3, "three stretches: A's first part, A's rest under id 1, B"


@pytest.mark.parametrize("keep", [1, 5, None])
def test_something_else_stands_in_b_s_place(notebook_pair: SegmentationComparison, keep: int | None) -> None:
    encoded = notebook_pair["correct"].encoded
    first = int(np.flatnonzero(encoded.sequence == 1)[0])
    with_a, rest = shortened(encoded, keep), shortened(encoded, keep, "another")
    assert rest[-2:] == [{"more": "another"}, cell(encoded, len(encoded) - 1)]
    assert rest[:-2] == with_a[: len(rest) - 2], "A is as it was"
    assert rest[-3] == cell(encoded, first - 1), "up to the middle [SEP]"


@pytest.mark.parametrize("kind", ["seen", "hidden"])
@pytest.mark.parametrize("measure", ["entropy", "surprisal", "p", "rank"])
def test_a_fitted_scale_ends_at_the_texts_largest_value(
    notebook_reading: SeenReading, notebook_hidden: HiddenReading, measure: str, kind: str
) -> None:
    """Fitted, the strongest colour is the largest token's and no other value is marked as beyond the scale."""
    reading = notebook_reading if kind == "seen" else notebook_hidden
    counted = ~reading.encoded.outside | (reading.encoded.masked & (measure == "entropy"))
    values = {
        "entropy": reading.statistics.entropy_bits,
        "surprisal": reading.statistics.surprisal_bits,
        "p": reading.statistics.p_observed,
        "rank": reading.statistics.rank,
    }[measure]
    peak = int(np.where(counted, values, -1).argmax())
    fitted, fixed = (strip(reading, measure, LIGHT, "usual", fit=fit) for fit in (True, False))
    if values[peak] > 1.1 or measure != "rank":  # every token of this text has the first rank when it is seen
        assert fitted["tokens"][peak]["fill"] == LIGHT.sequential[-1]
    assert "≥" not in fitted["legend"]["high"]
    assert ("≥" in fixed["legend"]["high"]) == (measure != "p")
    assert [token["value"] for token in fitted["tokens"]] == [token["value"] for token in fixed["tokens"]]
    if measure != "p" and values[peak] < TOKEN_MEASURES[measure].high * 0.9:
        assert fixed["tokens"][peak]["fill"] != LIGHT.sequential[-1]


def test_a_fitted_copy_gap_is_as_wide_on_both_sides(notebook_hidden: HiddenReading) -> None:
    fitted = strip(notebook_hidden, "gap", LIGHT, "usual", fit=True)
    gaps = np.where(notebook_hidden.encoded.outside, 0, notebook_hidden.copy_gap_bits)
    widest = int(np.abs(gaps).argmax())
    assert fitted["tokens"][widest]["fill"] in {LIGHT.diverging[0], LIGHT.diverging[-1]}
    end = f"{abs(gaps[widest]):.3g}"
    assert (fitted["legend"]["low"], fitted["legend"]["high"]) == (f"−{end}", f"{end} bits")
