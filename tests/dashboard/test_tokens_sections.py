"""What the Tokens page asks, shows and hands out, without a screen."""

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from analysis import export
from analysis.choices import MASKINGS, Masking
from analysis.errors import InputError
from analysis.limits import LARGEST_K
from analysis.measures import TOKEN_MEASURES, measures_of
from analysis.models.bundle import ModelBundle
from analysis.questions import Score, Text
from analysis.tasks import ask
from analysis.tasks.readings import read_hidden, read_seen
from analysis.tasks.scores import score
from analysis.texts.words import words_of
from analysis.types import NextSentence, Notices, Scores, SeenReading, summarise
from dashboard.about import About
from dashboard.drawing.palette import palette
from dashboard.drawing.strip import read_out, strip
from dashboard.glossary import COPY_GAP, MASKING_NAMES, RARE_TARGETS
from dashboard.page import Example, Look, Results
from dashboard.pages.tokens import PAGE
from dashboard.pages.tokens.asking import PUBLISHED
from dashboard.second_head import LONE_SEGMENT
from dashboard.sections import (
    Act,
    Beside,
    Chart,
    Fields,
    Heading,
    Note,
    Number,
    Numbers,
    Section,
    Strip,
    Table,
    Waiting,
)
from dashboard.texts import NOTEBOOK
from dashboard.view import Value, ViewState
from tests.dashboard import made

LIGHT = palette("light")
LOOK = Look(LIGHT)
ABOUT = About("bundled", "[MASK]", 512, 30522)
TEXT = Text(NOTEBOOK)
PIECES = ("the", "cat", "un", "##question", "##ably", "[MASK]", "sat")


def view(text: Text = TEXT, **options: Value) -> ViewState:
    return PAGE.check(ViewState("tokens", "bundled", (text,)).with_options(**options))


def scores_of(seen: SeenReading | None = None, unread: range = range(0)) -> Scores:
    """The three hidden readings of a text, whose numbers differ, and their scores when they are whole."""
    seen = made.reading(PIECES, k=20) if seen is None else seen
    readings = tuple(
        made.hidden(seen, masking=masking, seed=100 + number, unread=unread) for number, masking in enumerate(MASKINGS)
    )
    return Scores(readings, tuple(score(each) for each in readings) if readings[0].complete else ())


WHOLE = scores_of()


def shown(view: ViewState, scores: Scores = WHOLE, look: Look = LOOK) -> list[Section]:
    return list(PAGE.sections(view, Results({"scores": scores}), look))


def all_of(sections: list[Section]) -> Iterator[Section]:
    """The sections and those in columns."""
    for section in sections:
        yield section
        for column in section.columns if isinstance(section, Beside) else ():
            yield from all_of(list(column))


def charts(view: ViewState, scores: Scores = WHOLE) -> dict[str, Chart]:
    return {each.place: each for each in all_of(shown(view, scores)) if isinstance(each, Chart)}


def strips(view: ViewState, scores: Scores = WHOLE) -> dict[str, Strip]:
    return {each.key: each for each in all_of(shown(view, scores)) if isinstance(each, Strip)}


def tables(view: ViewState, scores: Scores = WHOLE) -> dict[str, Table]:
    return {each.name: each for each in shown(view, scores) if isinstance(each, Table)}


def numbers(view: ViewState, scores: Scores = WHOLE, look: Look = LOOK) -> dict[str, Number]:
    found = [each for each in all_of(shown(view, scores, look)) if isinstance(each, Numbers)]
    return {number.name: number for each in found for number in each.items}


def test_the_page_from_the_top_to_the_bottom() -> None:
    sections = shown(view(position=2))
    assert [type(each) for each in sections] == [*(Beside, Chart, Fields, Chart, Table, Table, Table, Table)]
    assert list(charts(view(position=2))) == ["bars-hidden", "bars-seen", "entropy", "map"]
    assert list(tables(view())) == ["pll", "words", "positions-hidden", "tensors"]
    assert [name for name, table in tables(view()).items() if not table.folded] == ["pll"]
    in_place = [name for each in sections if isinstance(each, Fields) for name in each.names]
    assert in_place == [option.name for option in PAGE.options if option.place == "sections"] == ["span"]
    beside = sections[0]
    assert isinstance(beside, Beside)
    strip, at_position, rest = beside.columns
    assert [type(each) for each in strip] == [Strip, Waiting]
    assert [type(each) for each in at_position] == [Chart, Numbers, Act, Act, Act, Act, Chart, Act]
    acts = [each.name for each in at_position if isinstance(each, Act)]
    assert acts == ["actions", "cut_here", "compare", "layers", "distribution"]
    assert [type(each) for each in rest] == [Numbers, Strip]


@pytest.mark.parametrize("kind", ["seen", "hidden"])
@pytest.mark.parametrize("measure", TOKEN_MEASURES)
def test_the_bars_of_the_strips_reading_come_first(kind: str, measure: str) -> None:
    hidden = kind == "hidden" or TOKEN_MEASURES[measure].needs_hidden
    bars = [name for name in charts(view(reading=kind, measure=measure, position=2)) if name.startswith("bars")]
    assert bars == (["bars-hidden", "bars-seen"] if hidden else ["bars-seen", "bars-hidden"])


def test_nothing_has_come() -> None:
    assert list(PAGE.sections(view(), Results({}), LOOK)) == []
    assert PAGE.exports(view(), Results({})) == {}


@pytest.mark.parametrize("example", PAGE.examples)
def test_the_examples_have_a_gap_to_look_at(example: Example, bundled: ModelBundle) -> None:
    assert read_seen(bundled, example.text_a, example.text_b).encoded.masked.any()


# --- what is asked ---


def test_all_readings_are_one_question() -> None:
    text = Text("a", "b", ((2, 5),), in_windows=False)
    assert PAGE.questions(view(text), ABOUT) == {"scores": Score(text, PUBLISHED, LARGEST_K, ())}
    assert PAGE.questions(view(text), replace(ABOUT, n_vocabulary=7))["scores"].k == 7


def test_a_masking_that_takes_its_own_passes_is_read_where_it_is_chosen() -> None:
    chosen = PAGE.questions(view(masking="reporting_l2r"), ABOUT)["scores"]
    assert chosen.maskings == (*PUBLISHED, "reporting_l2r") == MASKINGS


def test_what_is_only_shown_asks_nothing() -> None:
    others = {"measure": "rank", "reading": "hidden", "by": "word", "masking": "token", "k": 3, "fit": True}
    changed = view(**others, position=3, span="all")
    assert PAGE.questions(changed, ABOUT) == PAGE.questions(view(), ABOUT)
    assert {option.name for option in PAGE.options if not option.shows} == {"follow", "regions", "apart"}


@pytest.mark.parametrize(
    ("typed", "followed"),
    [
        ("", ()),
        (" ,; ", ()),
        ("war war", ("war",)),
        ("War; war,", ("War", "war")),
        (" war\t peace\n", ("war", "peace")),
        ("##er", ("##er",)),
    ],
)
def test_words_are_followed_however_they_are_typed(typed: str, followed: tuple[str, ...]) -> None:
    assert PAGE.questions(view(follow=typed), ABOUT)["scores"].watch == followed


def test_a_word_that_is_one_to_the_model_has_one_row() -> None:
    seen = made.reading(PIECES, watch=(40, 7, 40))
    chart = charts(view(follow="War, peace, war"), scores_of(seen))["followed"]
    assert chart.title == f"Followed through the text: {made.word(40)}, {made.word(7)}"
    assert "followed" not in charts(view())


@pytest.mark.parametrize(
    ("typed", "said"),
    [("cat, Sumter", "2 pieces"), ("[MASK]", "special token"), ("a b c d e f", "at most 5")],
)
def test_a_word_that_can_t_be_followed_is_refused(typed: str, said: str, bundled: ModelBundle) -> None:
    with pytest.raises(InputError, match=said):
        ask(bundled, PAGE.questions(view(Text("the cat"), follow=typed), ABOUT)["scores"])


# --- what is shown ---


def test_the_strip_shows_what_was_chosen(subtests: pytest.Subtests) -> None:
    for measure in TOKEN_MEASURES:
        for kind in ["seen", "hidden"]:
            for by in ["token", "word"]:
                with subtests.test(by=by, kind=kind, measure=measure):
                    asked_for = view(measure=measure, reading=kind, by=by, fit=True)
                    hidden = kind == "hidden" or TOKEN_MEASURES[measure].needs_hidden
                    reading = (WHOLE["word_l2r"] if hidden else WHOLE.seen).first(10)
                    words = words_of(reading.encoded) if by == "word" else None
                    found = strips(asked_for)["strip"]
                    assert found.drawn == strip(reading, measure, LIGHT, "usual", fit=True, words=words)
                    assert (found.kind, found.picks) == ("tokens", "position")


@pytest.mark.parametrize("masking", MASKINGS)
def test_the_map_the_read_out_and_the_table_follow_the_reading(masking: Masking) -> None:
    for kind, reading in (("seen", WHOLE.seen), ("hidden", WHOLE[masking])):
        asked_for = view(reading=kind, masking=masking, k=3, span="all")
        said = "seen" if kind == "seen" else f"hidden: {MASKING_NAMES[masking]}"
        chart, read = charts(asked_for)["map"], strips(asked_for)["readout"]
        assert chart.title == f"The 3 most probable tokens at each position, {said}"
        assert chart.table["p"].tolist() == reading.statistics.top_p[:, :3].ravel().tolist()
        assert read.drawn == {"label": read.title, "words": read_out(reading), "dir": "ltr"}
        assert (
            read.title
            == {
                "seen": "What the head reads back",
                "hidden": "What the head guesses at each hidden token",
            }[kind]
        )
        table = tables(asked_for)[f"positions-{kind}"].make()
        assert table["entropy (bits)"].tolist() == reading.statistics.entropy_bits.tolist()


def test_the_means_of_both_readings() -> None:
    counted, hidden = ~WHOLE.seen.encoded.outside, WHOLE["word"]
    found = numbers(view(masking="word"))
    for name, field in (("Mean entropy", "entropy_bits"), ("Mean surprisal", "surprisal_bits")):
        means = [getattr(each.statistics, field)[counted].mean() for each in (WHOLE.seen, hidden)]
        assert (found[name].value, found[name].below) == (f"{means[0]:.2f} bits", f"hidden {means[1]:.2f} bits")
    first = [(each.statistics.rank[counted] == 1).mean() for each in (WHOLE.seen, hidden)]
    assert (found["Rank 1"].value, found["Rank 1"].below) == (f"{first[0]:.0%}", f"hidden {first[1]:.0%}")
    assert (found["Positions"].value, found["[UNK]"].value) == ("6", "0%")


@pytest.mark.parametrize(
    ("answer", "name", "said"),
    [
        (NextSentence(1.0, -0.66, lone_segment=True), "NSP margin", True),
        (NextSentence(1.0, -0.66, lone_segment=False), "NSP margin", False),
        (NextSentence(1.0, -0.66, lone_segment=False, meaning="sentence order"), "Order margin", False),
    ],
)
def test_the_next_sentence_heads_answer_comes_along(answer: NextSentence, name: str, said: bool) -> None:
    scores = scores_of(made.reading(PIECES, nsp=answer))
    found = numbers(view(), scores)[name]
    assert found.value == "+1.66 nats"
    assert (LONE_SEGMENT in found.help) == said
    notes = [each.text for each in all_of(shown(view(), scores)) if isinstance(each, Note)]
    assert notes == ([f"Next-sentence margin: {LONE_SEGMENT.replace('A single', 'a single')}"] if said else [])
    assert name not in numbers(view())


def test_the_copy_gap_is_shown_where_something_is_hidden() -> None:
    gap = float(WHOLE["token"].copy_gap_bits[2])
    for units, factor, unit in (("usual", 1.0, "bits"), ("nats", np.log(2), "nats")):
        found = numbers(view(position=2, masking="token"), look=Look(LIGHT, units))["Copy gap here"]
        assert (found.value, found.help) == (f"{gap * factor:+.2f} {unit}".replace("-", "−"), COPY_GAP.definition)
    for position in (0, 6):
        assert "Copy gap here" not in numbers(view(position=position)), "nothing is hidden there"
        assert "bars-hidden" not in charts(view(position=position))


@pytest.mark.parametrize("position", [0, 6])
def test_special_tokens_come_with_their_caveat(position: int) -> None:
    notes = [each.text for each in all_of(shown(view(position=position))) if isinstance(each, Note)]
    assert notes == ([RARE_TARGETS] if position == 0 else [])


def test_notices_windows_and_the_unit() -> None:
    cut = made.windowed()
    scores = scores_of(replace(cut, notices=Notices(("One.", "Two."))))
    found = all_of(shown(view(), scores))
    notices = [each.text for each in found if isinstance(each, Note) and each.kind == "notice"]
    assert notices == ["One.", "Two."]
    assert "windows" in charts(view(), scores)
    in_bits = shown(view(), WHOLE, Look(LIGHT, "bits"))
    assert [each.make().columns[1] for each in in_bits if isinstance(each, Table) and not each.folded] == ["PLL (bits)"]


def test_the_scores_in_print_and_in_full() -> None:
    table = tables(view())["pll"]
    full, printed = table.make(), table.printed() if table.printed else None
    assert printed is not None
    assert full["PLL (nats)"].tolist() == [each.pll_nats for each in WHOLE.scores]
    assert printed["PLL (nats)"].tolist() == [f"−{-each.pll_nats:.2f}" for each in WHOLE.scores]
    assert full["definition"].tolist() == printed.index.tolist()
    assert tables(view())["words"].make()["word"].tolist() == ["the", "cat", "unquestionably", "[MASK]", "sat"]


# --- as far as it goes ---


def test_before_any_row_has_come_the_hidden_reading_is_blank() -> None:
    seen_alone = scores_of(unread=range(20))
    for kind, blank in (("seen", False), ("hidden", True)):
        asked_for = view(reading=kind, position=2)
        assert list(charts(asked_for, seen_alone)) == ["bars-seen", "entropy", "map"]
        drawn = strips(asked_for, seen_alone)["strip"].drawn
        assert drawn["legend"]["name"] == f"entropy, {kind}"
        assert {token["value"] == "…" for token in drawn["tokens"] if not (token["ghost"] or token["guess"])} == {blank}
        assert list(PAGE.exports(asked_for, Results({"scores": seen_alone}))) == ["seen"]
    said = [each.text for each in shown(view(), seen_alone) if isinstance(each, Heading | Note)]
    assert said == ["Pseudo-log-likelihood", "Comes when every position has been read with its token hidden."]


def test_what_has_come_is_shown() -> None:
    part = scores_of(unread=range(3, 20))
    assert list(charts(view(position=2), part)) == ["bars-hidden", "bars-seen", "entropy", "map"]
    assert "bars-hidden" not in charts(view(position=4), part)
    hidden = view(reading="hidden")
    printed = [token["value"] for token in strips(hidden, part)["strip"].drawn["tokens"] if not token["ghost"]]
    # The gap needs no reading of its own.
    assert [value == "…" for value in printed] == [False, False, True, True, True, False, True]
    assert numbers(hidden, part)["Mean entropy"].below == "", "a mean over a part would be another one"
    assert list(tables(hidden, part)) == ["positions-hidden", "tensors"]
    assert list(PAGE.exports(hidden, Results({"scores": part}))) == ["seen"]


# --- the chosen position ---


@pytest.mark.parametrize(("picked", "position"), [(0, 0), (8, 8), (2, 2), (9, 6), (10_000, 6), (-1, 6), (None, 6)])
def test_a_chosen_position(picked: int | None, position: int) -> None:
    assert strips(view(position=picked))["strip"].chosen == position
    title = f"Position {position} · {WHOLE.seen.encoded.tokens[position]}"
    assert charts(view(position=picked))["bars-seen"].title == f"{title}{', seen' if position == 2 else ''}"


def test_without_a_mask_the_least_certain_position_is_chosen() -> None:
    seen = made.reading(["the", "cat", "sat"])
    least = 1 + int(seen.statistics.entropy_bits[1:-1].argmax())
    for kind in ("seen", "hidden"):
        assert strips(view(reading=kind), scores_of(seen))["strip"].chosen == least


@pytest.mark.parametrize(
    ("span", "chosen", "columns"),
    [("around", 0, range(12)), ("around", 30, range(24, 36)), ("around", 61, range(50, 62)), ("all", 30, range(62))],
)
def test_the_positions_of_the_map(span: str, chosen: int, columns: range) -> None:
    scores = scores_of(made.reading([f"t{i}" for i in range(60)]))
    table = charts(view(span=span, position=chosen), scores)["map"].table
    assert table["position"].unique().tolist() == list(columns)
    short = charts(view(span=span, position=2))["map"].table
    assert short["position"].unique().tolist() == list(range(9)), "a short text is there as a whole"


# --- the way out ---


def test_exports_are_those_of_the_command_line() -> None:
    found = PAGE.exports(view(masking="word", k=4), Results({"scores": WHOLE}, frozenset({"scores"})))
    assert list(found) == ["seen", "hidden", "pll-token", "pll-word_l2r", "pll-word", "pll-reporting_l2r"]
    assert without_moment(found["seen"]) == without_moment(export.reading(WHOLE.seen.first(4)))
    assert without_moment(found["hidden"]) == without_moment(export.reading(WHOLE["word"].first(4)))
    assert [found[f"pll-{each.masking}"]["pll_nats"] for each in WHOLE.scores] == [
        each.pll_nats for each in WHOLE.scores
    ]
    json.dumps(found, allow_nan=False)


def without_moment(exported: dict) -> dict:
    return exported | {"provenance": {**exported["provenance"], "exported": ""}}


def test_what_the_snippet_prints(bundled: ModelBundle, capsys: pytest.CaptureFixture[str]) -> None:
    text = "The cat sat on the mat."
    hidden = view(Text(text), reading="hidden", masking="token", k=2, position=2, follow="dog")
    scores = ask(bundled, replace(PAGE.questions(hidden, ABOUT)["scores"], k=3))
    exec("\n".join(PAGE.prints(hidden)), {"scores": scores, "summarise": summarise, "measures_of": measures_of})
    found, reading = capsys.readouterr().out.splitlines(), read_hidden(bundled, text, masking="token", k=2)
    statistics, counted = reading.statistics, ~reading.encoded.outside
    assert found[:4] == [
        "7 positions that count",
        f"mean entropy {statistics.entropy_bits[counted].mean():.2f} bits",
        f"mean surprisal {statistics.surprisal_bits[counted].mean():.2f} bits",
        f"own token first at {(statistics.rank[counted] == 1).mean():.0%} of them",
    ]
    assert found[4:7] == [f"pseudo-log-likelihood, {each.masking}: {each.pll_nats:.2f} nats" for each in scores.scores]
    assert found[7:9] == ["position 2: cat", f"entropy: {statistics.entropy_bits[2]:.6g} bits"]
    assert [line.split(":")[0] for line in found[8:14]] == list(TOKEN_MEASURES)
    assert found[13] == f"gap: {reading.copy_gap_bits[2]:.6g} bits"
    assert [line.split(":")[0].strip() for line in found[14:16]] == list(reading.top_tokens[2])
    assert found[16].startswith("dog: at most p = ")
    assert len(found) == 17


@pytest.mark.parametrize("text", ["The cat [MASK] on the mat.", "The cat sat on the mat."])
def test_without_a_pick_the_snippet_takes_the_position_of_the_page(
    text: str, bundled: ModelBundle, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = ask(bundled, replace(PAGE.questions(view(Text(text)), ABOUT)["scores"], k=10))
    exec(
        "\n".join(PAGE.prints(view(Text(text)))), {"scores": scores, "summarise": summarise, "measures_of": measures_of}
    )
    chosen = strips(view(Text(text)), scores)["strip"].chosen
    assert f"position {chosen}: " in capsys.readouterr().out


def test_regions_are_scored_shown_and_printed(bundled: ModelBundle, capsys: pytest.CaptureFixture[str]) -> None:
    marked = view(Text("The traveler lost the souvenir."), regions="4:5, 1", apart=True, masking="word_l2r")
    question = PAGE.questions(marked, ABOUT)["scores"]
    assert (question.regions, question.punctuation) == (("4:5", "1"), "apart")
    scores = ask(bundled, replace(question, k=10))
    (table,) = (
        each.make() for each in all_of(shown(marked, scores)) if isinstance(each, Table) and each.name == "regions"
    )
    assert table["region"].tolist() == ["the souvenir", "The"]
    l2r = scores.scores[1].regions
    assert table["log p, word-l2r (Kauf & Ivanova 2023) (nats)"].tolist() == [each.logp_nats for each in l2r]
    exec("\n".join(PAGE.prints(marked)), {"scores": scores, "summarise": summarise, "measures_of": measures_of})
    assert f"  the souvenir: {l2r[0].logp_nats:.3f} nats hidden" in capsys.readouterr().out
