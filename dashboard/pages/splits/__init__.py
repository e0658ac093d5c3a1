"""Splits: the next-sentence head at every boundary of a text."""

import re

from analysis.choices import DEFAULT_SPLIT_CONTROLS, SPLIT_CONTEXTS, SPLIT_UNITS, SplitContext, chosen
from analysis.lines import one_a_line
from analysis.questions import Splits
from dashboard.about import About
from dashboard.glossary import CONTRAST, MARGIN
from dashboard.options import CONTROLS_FROM, LANGUAGE, SEED, controls
from dashboard.page import Choice, Example, Page, Texts, Words
from dashboard.second_head import CONTROLS
from dashboard.texts import NOTEBOOK, PASSAGE, STORY
from dashboard.view import Value, ViewState

BOTH = "both"
"""Adjacent sentences and the whole text, each a sweep of its own."""
_MOST_CONTROLS = 20
"""Each takes as many passes as there are cuts."""


class _Starts(Words):
    """Characters at which sentences begin, in digits with a space between; None for those that are found."""

    def check(self, value: Value) -> Value:
        if value is not None and not (isinstance(value, str) and re.fullmatch("([0-9]{1,6}( [0-9]{1,6})*)?", value)):
            raise self.refuse(value, "whole numbers with a space between them")
        return value


def _questions(view: ViewState, _about: About) -> dict[str, Splits]:
    starts, context = view.option("starts"), view.name("context")

    def sweep(context: SplitContext) -> Splits:
        return Splits(
            text=view.text.text_a,
            unit=chosen("unit", view.name("unit"), SPLIT_UNITS),
            context=context,
            controls=view.number("controls"),
            seed=view.number("seed"),
            sentence_starts=tuple(int(each) for each in starts.split()) if isinstance(starts, str) else None,
            language=view.name("language"),
            controls_from=one_a_line(view.name("controls_from")),
        )

    if context == BOTH:
        return {"splits": sweep("adjacent"), "whole": sweep("text")}
    return {"splits": sweep(chosen("context", context, SPLIT_CONTEXTS))}


PAGE = Page(
    key="splits",
    title="Splits",
    icon=":material/content_cut:",
    group="Next sentence",
    tip="The next-sentence margin at every boundary of a text, beside controls.",
    asks="At which boundaries does BERT say “this follows”?",
    texts=Texts("text", ("Type or paste a text of two sentences or more", "")),
    examples=(
        Example("Two subjects in one text", PASSAGE),
        Example("A small story", STORY),
        Example("The notebook's text", NOTEBOOK),
    ),
    options=(
        Choice(
            name="unit",
            label="Cut between",
            default="word",
            allowed=SPLIT_UNITS,
            names={"sentence": "sentences", "word": "words", "token": "tokens"},
        ),
        Choice(
            name="context",
            label="Context",
            default="adjacent",
            allowed=("adjacent", "text", BOTH),
            names={"text": "whole text", "adjacent": "adjacent", BOTH: "both"},
            help="What stands on either side of a cut: only the sentence (or its part) next to it, all of the text, or "
            "both as two curves.",
        ),
        controls(DEFAULT_SPLIT_CONTROLS, _MOST_CONTROLS),
        SEED,
        LANGUAGE,
        CONTROLS_FROM,
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
