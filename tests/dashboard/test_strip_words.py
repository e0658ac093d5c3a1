"""The strip by word, with edits, and of a reading that was stopped: what each chip stands for and what it says.

What a click in a strip picks is here, too.
"""

import math
import re
from typing import Any

import numpy as np
import pytest

from analysis import read_hidden, read_seen
from analysis.models.bundle import ModelBundle
from analysis.tasks.scores import words_of
from analysis.types import TEMPLATE, HiddenReading, SeenReading
from dashboard.drawing import tables
from dashboard.drawing.direction import apart
from dashboard.drawing.palette import palette
from dashboard.drawing.strip import read_out, strip
from dashboard.glossary import BY_WORD, TOKEN_MEASURES, Units, p_text
from dashboard.screen import components
from dashboard.sections import Strip
from tests.analysis.texts import AWKWARD
from tests.dashboard import made
from tests.dashboard.measured import MEASURED, known_of

Reading = SeenReading | HiddenReading

LIGHT = palette("light")
SUMTER = "At Fort Sumter, unquestionably [MASK] anti-slavery [SEP] nobody."
PIECES = ["un", "##quest", "##ion", "the", "ab", "##c"]
"""Three words, of three pieces, of one and of two: positions 1 to 3, 4, 5 to 6."""


def by_word(reading: Reading, measure: str, units: Units = "usual", *, fit: bool = False) -> dict:
    return strip(reading, measure, LIGHT, units, fit=fit, words=words_of(reading.encoded))


def positions_of(drawn: dict, length: int) -> list[range]:
    """Which positions each chip stands for: from its own to the next one's."""
    return [range(at, end) for at, end in zip(drawn["at"], [*drawn["at"][1:], length], strict=True)]


@pytest.fixture(scope="session", params=["made", "made, hidden", "sumter", "sumter, hidden", "pair", "awkward"])
def reading(request: pytest.FixtureRequest, bundled: ModelBundle) -> Reading:
    return {
        "made": lambda: made.reading([*PIECES, "[MASK]", "[UNK]"]),
        "made, hidden": lambda: made.hidden(made.reading([*PIECES, "[MASK]", "[UNK]"])),
        "sumter": lambda: read_seen(bundled, SUMTER),
        "sumter, hidden": lambda: read_hidden(bundled, SUMTER),
        "pair": lambda: read_seen(bundled, "She opened the door.", "Fort Sumter, unquestionably."),
        "awkward": lambda: read_seen(bundled, " ".join(AWKWARD.values())),
    }[request.param]()


def test_the_chips_cover_the_text(reading: Reading) -> None:
    encoded = reading.encoded
    drawn = by_word(reading, "entropy")
    assert [i for chip in positions_of(drawn, len(encoded)) for i in chip] == list(range(len(encoded)))
    own = [
        cell["text"] for cell, at in zip(drawn["tokens"], drawn["at"], strict=True) if encoded.sequence[at] != TEMPLATE
    ]
    assert own == " ".join(filter(None, (encoded.text_a, encoded.text_b))).split()
    for cell, chip in zip(drawn["tokens"], positions_of(drawn, len(encoded)), strict=True):
        many = f"positions {chip[0]} to {chip[-1]}" if len(chip) > 1 else f"position {chip[0]}"
        assert cell["where"] == many
        assert cell["name"].startswith(f"{many}, {cell['text']}, ")
        one_mask = len(chip) == 1 and bool(encoded.masked[chip[0]])
        assert ("entropy " in cell["name"]) == (one_mask or not encoded.outside[list(chip)].all())
        assert (cell["piece"], cell["joined"]) == (False, False)


def test_template_tokens_stay_ghosts_of_their_own(reading: Reading) -> None:
    encoded = reading.encoded
    drawn = by_word(reading, "surprisal")
    for cell, chip in zip(drawn["tokens"], positions_of(drawn, len(encoded)), strict=True):
        if (encoded.sequence[list(chip)] == TEMPLATE).any():
            assert len(chip) == 1, "no word takes one in"
            assert (cell["text"], cell["ghost"]) == (encoded.tokens[chip[0]], True)
        one_mask = len(chip) == 1 and bool(encoded.masked[chip[0]])
        assert cell["ghost"] == (bool(encoded.outside[list(chip)].all()) and not one_mask)
        assert cell["unknown"] == bool(encoded.unknown[list(chip)].any())


def test_a_words_value_is_the_documented_aggregate(reading: Reading) -> None:
    """What is left out of averages is no part of a word's value."""
    encoded, known = reading.encoded, known_of(reading)
    for key, measured in MEASURED.items():
        usual, nats = (by_word(reading, key, units) for units in ("usual", "nats"))
        factor = math.log(2) if measured.unit else 1.0
        for cell, in_nats, chip in zip(usual["tokens"], nats["tokens"], positions_of(usual, len(encoded)), strict=True):
            own = [i for i in chip if not encoded.outside[i]]
            one_mask = len(chip) == 1 and bool(encoded.masked[chip[0]])
            if one_mask and key == "entropy":
                own = list(chip)
            if not own or key not in known:
                assert cell["value"] == in_nats["value"] == ("" if one_mask else "…")
                continue
            together = float(measured.word(measured.values(reading)[own].astype(float)))
            assert cell["value"] == measured.printed(together), (key, chip, cell["text"])
            assert in_nats["value"] == measured.printed(factor * together), (key, chip, cell["text"])


def test_how_pieces_are_put_together_is_said_of_every_measure() -> None:
    phrases = {np.mean: "the mean", np.sum: "the sum of", np.max: "the largest", np.prod: "the product of"}
    said = dict(re.findall(r"(the mean|the sum of|the largest|the product of) ([^;.]+)", BY_WORD))
    for measured in MEASURED.values():
        assert measured.name in re.split(", | and ", said[phrases[measured.word]])


def test_the_aggregates_by_hand() -> None:
    reading = made.hidden(made.reading(PIECES), writeable=True)
    numbers, seen = reading.statistics, reading.seen.statistics
    numbers.entropy_bits[1:4] = [1.0, 2.0, 6.0]
    numbers.surprisal_bits[1:4] = [0.5, 3.0, 4.0]
    numbers.rank[1:4] = [7, 1_200, 2]
    numbers.p_observed[1:4] = [0.5, 0.25, 0.5]
    seen.surprisal_bits[1:4] = [0.25, 4.0, 1.0]
    by_hand = {
        "entropy": "3.00",
        "surprisal": "7.50",
        "surplus": "−0.50",
        "rank": "1,200",
        "p": "0.062",
        "gap": "+2.25",
    }
    assert {measure: by_word(reading, measure)["tokens"][1]["value"] for measure in by_hand} == by_hand


def test_a_fitted_scale_ends_at_the_largest_word_not_the_largest_piece() -> None:
    reading = made.reading(PIECES)
    reading.statistics.surprisal_bits[1:7] = [2, 2, 2, 5, 1, 1]
    drawn = by_word(reading, "surprisal", fit=True)
    assert drawn["legend"]["high"] == "6 bits"
    assert [LIGHT.sequential.index(cell["fill"]) for cell in drawn["tokens"][1:4]] == [63, 52, 21]


def test_a_words_guesses_are_one_for_each_of_its_pieces_and_three_for_a_single_one(reading: Reading) -> None:
    """What is said of a whole word is not its first piece's."""
    drawn, encoded = by_word(reading, "rank"), reading.encoded
    many = 0
    for cell, chip in zip(drawn["tokens"], positions_of(drawn, len(encoded)), strict=True):
        best = [(reading.top_tokens[i], reading.statistics.top_p[i]) for i in chip]
        if len(chip) == 1:
            ((tokens, p),) = best
            top = zip(tokens[:3], p[:3], strict=True)
            assert cell["guesses"] == [f"{apart(word)}  {p_text(float(each))}" for word, each in top]
        else:
            many += 1
            assert cell["guesses"] == [
                f"{apart(encoded.tokens[i])} → {apart(tokens[0])}  {p_text(float(p[0]))}"
                for i, (tokens, p) in zip(chip, best, strict=True)
            ]
    assert many, "or no word here has several pieces"


def test_special_tokens_are_announced_as_what_they_are(reading: Reading) -> None:
    """To those who can't see that a chip is drawn as a ghost, by token and by word."""
    encoded, last = reading.encoded, len(reading.encoded) - 1
    for drawn in (strip(reading, "surprisal", LIGHT, "usual"), by_word(reading, "surprisal")):
        for cell, at in zip(drawn["tokens"], drawn["at"], strict=True):
            if encoded.sequence[at] == TEMPLATE:
                does = {0: "begins the input", last: "ends the input"}.get(at, "separates the segments")
                assert cell["name"] == f"position {at}, {encoded.tokens[at]}, special token, {does}"
            elif cell["guess"]:
                assert cell["name"] == f"position {at}, {encoded.tokens[at]}, a gap"
            elif cell["ghost"]:
                assert cell["name"].endswith(", special token typed in the text")
            else:
                assert "special" not in cell["name"].replace(cell["text"], "")
    gap = next((at for at in np.flatnonzero(encoded.masked).tolist()), None)
    if gap is not None:
        entropy = strip(reading, "entropy", LIGHT, "usual")["tokens"][gap]
        assert entropy["name"] == f"position {gap}, [MASK], a gap, entropy {entropy['value']} bits"


POEM = "Tyger Tyger, burning [MASK],\nIn the forests\r\nof the night;\r\rWhat immortal\n\n\nhand or eye"
BREAKS = {"In": 1, "of": 1, "What": 2, "hand": 2}
"""Words that a line end stands before, and two where a stanza begins."""


@pytest.mark.parametrize("by", ["token", "word"])
@pytest.mark.parametrize("second", [None, "A new text,\nof two lines"])
def test_the_lines_of_a_poem_are_kept(bundled: ModelBundle, by: str, second: str | None) -> None:
    reading = read_seen(bundled, POEM, second)
    drawn = by_word(reading, "entropy") if by == "word" else strip(reading, "entropy", LIGHT, "usual")
    expected = {word.lower(): ends for word, ends in (BREAKS | ({"of ": 1} if second else {})).items()}
    found = [(cell["text"].lower(), cell["line_ends"]) for cell in drawn["tokens"] if cell["line_ends"]]
    assert found == [(word.strip(), ends) for word, ends in expected.items()]


@pytest.mark.parametrize("text", ["no line ends here", "\n\nleading and trailing\n", "half\u2028a\x85line\x0bfeed"])
def test_what_is_no_line_end_between_two_words_breaks_nothing(bundled: ModelBundle, text: str) -> None:
    assert not any(cell["line_ends"] for cell in strip(read_seen(bundled, text), "rank", LIGHT, "usual")["tokens"])


class Mounted:
    """Stands in for the browser: keeps what it was given, sends what it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state: dict[str, dict[str, object]] = {"strip": {}}
        self.picks: list[int] = []
        monkeypatch.setattr(components, "_MOUNT", dict.fromkeys(components._MOUNT, self._mount))
        monkeypatch.setattr(components.st, "session_state", self.state)

    def _mount(self, *, data: dict[str, Any], key: str, on_picked_change: Any = None) -> None:
        self.data, self._send = data, on_picked_change

    def draw(self, section: Strip, *, picks: bool = True) -> None:
        components.draw(section, key="strip", on_pick=self.picks.append if picks else None)

    def pick(self, chip: object) -> None:
        self.state["strip"]["picked"] = chip
        self._send()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Mounted:
    return Mounted(monkeypatch)


def of_words(chosen: int = 0) -> Strip:
    return Strip("tokens", by_word(made.reading(PIECES), "entropy"), "strip", chosen=chosen, picks="position")


def of_pairs(pairs: int = 3) -> Strip:
    return Strip("aligned", {"columns": [{"a": None, "b": None}] * pairs}, "strip", chosen=1, picks="pair")


def test_clicking_a_word_picks_its_first_position_and_a_column_its_pair(browser: Mounted) -> None:
    browser.draw(of_words())
    for chip in range(5):
        browser.pick(chip)
    assert browser.picks == [0, 1, 4, 5, 7]
    browser.draw(of_pairs())
    browser.pick(2)
    assert browser.picks[5:] == [2]


@pytest.mark.parametrize("chip", [5, 7, -1, 10_000, "1", None, 1.0, [1], {"picked": 1}])
def test_what_is_no_chip_of_this_strip_picks_nothing(browser: Mounted, chip: object) -> None:
    for section in (of_words(), of_pairs()):
        browser.draw(section)
        browser.pick(chip)
    assert browser.picks == []


def test_a_strip_without_clicks_picks_nothing(browser: Mounted) -> None:
    browser.draw(of_words(), picks=False)
    browser.pick(1)
    browser.draw(Strip("readout", {"words": []}, "strip"))
    assert browser._send is None, "nothing in it can be picked"
    assert "chosen" not in browser.data
    assert browser.picks == []


def test_the_chip_that_holds_the_chosen_position_is_ringed(browser: Mounted) -> None:
    for position, chip in enumerate([0, 1, 1, 1, 2, 3, 3, 4]):
        browser.draw(of_words(position))
        assert browser.data["chosen"] == chip
        tokens = strip(made.reading(PIECES), "entropy", LIGHT, "usual")
        browser.draw(Strip("tokens", tokens, "strip", chosen=position))
        assert browser.data["chosen"] == position
    browser.draw(of_pairs())
    assert browser.data["chosen"] == 1


def test_an_edited_token_is_marked_in_its_chip() -> None:
    reading = made.edited(made.reading(PIECES), (2, 50), (4, 60))
    tokens = strip(reading, "entropy", LIGHT, "usual")["tokens"]
    assert [i for i, cell in enumerate(tokens) if cell["edited"]] == [2, 4]
    words = by_word(reading, "entropy")["tokens"]
    assert [i for i, cell in enumerate(words) if cell["edited"]] == [1, 2]
    assert [cell["text"] for cell in words[1:4]] == ["uncolumn50ion", "column60", "abc"], "what stands there now"


def test_a_token_edited_to_a_mask_is_a_marked_gap(bundled: ModelBundle) -> None:
    reading = read_seen(bundled, "Fort Sumter fell.", edits=((2, bundled.mask_id),))
    assert reading.encoded.tokens[2:4] == ("[MASK]", "##ter")
    cell = strip(reading, "entropy", LIGHT, "usual")["tokens"][2]
    assert (cell["text"], cell["ghost"], cell["edited"]) == ("[MASK]", False, True)
    assert cell["guess"].startswith(reading.top_tokens[2][0])
    word = by_word(reading, "entropy")["tokens"][2]
    assert (word["text"], word["ghost"], word["edited"], word["where"]) == (
        "[MASK]ter",
        False,
        True,
        "positions 2 to 3",
    )
    assert word["value"] == f"{reading.statistics.entropy_bits[3]:.2f}", "the [MASK] itself does not count"


PARTLY = made.hidden(made.reading(PIECES), unread=(3, 4))


@pytest.mark.parametrize("measure", TOKEN_MEASURES)
def test_a_chip_stays_blank_until_it_has_been_read(measure: str) -> None:
    for fit in (False, True):
        tokens = strip(PARTLY, measure, LIGHT, "usual", fit=fit)["tokens"]
        assert [i for i, cell in enumerate(tokens) if cell["value"] == "…" and not cell["ghost"]] == [3, 4]
        for i in (3, 4):
            assert (tokens[i]["fill"], tokens[i]["guesses"]) == (LIGHT.ground, [])
        # A word is read when all of its pieces are.
        words = by_word(PARTLY, measure, fit=fit)["tokens"]
        assert [i for i, cell in enumerate(words) if cell["value"] == "…" and not cell["ghost"]] == [1, 2]


def test_the_read_out_marks_nothing_where_nothing_has_been_read() -> None:
    words = read_out(PARTLY)
    assert [word["predicted"] == "…" for word in words] == (~PARTLY.known).tolist()
    for word, known in zip(words, PARTLY.known, strict=True):
        assert known or word["same"], "an unread token is no difference"


def test_the_table_of_positions_is_blank_where_nothing_has_been_read() -> None:
    table = tables.positions(PARTLY, "usual")
    unread = table[~PARTLY.known]
    columns = [f"{each.name} ({each.unit})" if each.unit else each.name for each in MEASURED.values()]
    for column in (*columns, "p 1"):
        assert unread[column].isna().all(), column
        assert table[PARTLY.known][column].notna().all(), column
    assert set(unread["prediction 1"]) == {""}


def test_what_was_read_keeps_its_rank() -> None:
    table = tables.positions(PARTLY, "usual")
    assert table["rank"][PARTLY.known].tolist() == PARTLY.statistics.rank[PARTLY.known].tolist()
