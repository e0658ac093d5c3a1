"""Splits: the next-sentence head at every boundary of a text."""

import re

from analysis.choices import DEFAULT_SPLIT_CONTROLS, SPLIT_CONTEXTS, SPLIT_UNITS, chosen
from analysis.questions import Splits
from dashboard.glossary import CONTRAST, CONTROLS, MARGIN
from dashboard.options import SEED, controls
from dashboard.page import About, Choice, Example, Page, Texts, Words
from dashboard.texts import NOTEBOOK, PASSAGE, STORY
from dashboard.view import Value, ViewState

_MOST_CONTROLS = 20
"""Each takes as many passes as there are cuts."""


class _Starts(Words):
    """Characters at which sentences begin, in digits with a space between; None for those that are found."""

    def check(self, value: Value) -> Value:
        if value is not None and not (isinstance(value, str) and re.fullmatch("([0-9]{1,6}( [0-9]{1,6})*)?", value)):
            raise self.refuse(value, "whole numbers with a space between them")
        return value


def _questions(view: ViewState, _about: About) -> dict[str, Splits]:
    starts = view.option("starts")
    return {
        "splits": Splits(
            text=view.text.text_a,
            unit=chosen("unit", view.name("unit"), SPLIT_UNITS),
            context=chosen("context", view.name("context"), SPLIT_CONTEXTS),
            controls=view.number("controls"),
            seed=view.number("seed"),
            sentence_starts=tuple(int(each) for each in starts.split()) if isinstance(starts, str) else None,
        )
    }


PAGE = Page(
    key="splits",
    title="Splits",
    icon=":material/content_cut:",
    group="Next sentence",
    tip="The next-sentence margin at every boundary of a text, beside controls.",
    asks="At which boundaries does the head say “this follows”?",
    texts=Texts("text", ("Type or paste a text of two sentences or more", "")),
    examples=(
        Example("A small story", STORY),
        Example("Two subjects in one text", PASSAGE),
        Example("The notebook's text", NOTEBOOK),
    ),
    options=(
        Choice(
            name="unit",
            label="Cut between",
            default="sentence",
            allowed=SPLIT_UNITS,
            names={"sentence": "sentences", "word": "words"},
        ),
        Choice(
            name="context",
            label="On either side",
            default="text",
            allowed=SPLIT_CONTEXTS,
            names={"text": "the whole text", "adjacent": "adjacent sentences"},
            help="All of the text before and after the cut, or only the sentence (or its part) next to it.",
        ),
        controls(DEFAULT_SPLIT_CONTROLS, _MOST_CONTROLS),
        SEED,
        _Starts(name="starts", label="Sentence boundaries", default=None, of_text=True, place="none"),
    ),
    needs="nsp",
    questions=_questions,
    prints=lambda view: [
        "margins = splits.margin_nats",
        'print(f"{len(margins)} boundaries, mean margin {margins.mean():+.2f} nats")',
        *(['print(f"mean contrast {splits.contrast_nats.mean():+.2f} nats")'] if view.number("controls") else []),
        "# The largest margins, ten at most: there are hundreds between words.",
        "for number in margins.argsort()[::-1][:10]:",
        "    words = splits.encoded.text_a[splits.boundaries[number].at :][:24]",
        '    print(f"before {words!r}: {margins[number]:+.2f} nats")',
    ],
    measures=(MARGIN, CONTRAST),
    notes=(("controls", CONTROLS),),
)
