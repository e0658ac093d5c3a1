"""Two logits that somebody has from elsewhere, read: margin, probability, odds, and what commonly goes wrong."""

import math
from collections.abc import Iterator

from analysis.types import NextSentence, two_logits
from dashboard.glossary import MARGIN, Units, margin_text, odds_text, p_text, signed
from dashboard.second_head import head_words
from dashboard.sections import Beside, Fields, Folded, Note, Number, Numbers, Section, Sentence, Strong
from dashboard.view import ViewState

_SLIPS = (
    "Nearly 1 for anything? The segment ids may have gone in as the attention mask: by position, the arguments of "
    "model(input_ids, attention_mask, token_type_ids) stand in this order. Hand them over by name; the row “ids as "
    "mask” shows what the slip does.",
    "The same for every pair? Look whether the checkpoint brought the weights of this head: transformers fills missing "
    "ones with random numbers and says so once, in a warning (“newly initialized”).",
)
_OF_KIND = {
    "next sentence": (
        "The other way round? Index 0 is IsNext and index 1 NotNext, as in the labels of BertForNextSentencePrediction "
        "(labels = 0: B follows A).",
        "Another family? ALBERT's second head was trained on sentence order: index 0 is “in order”, index 1 "
        "“swapped”. RoBERTa and DistilBERT have no second head.",
    ),
    "sentence order": (
        "The other way round? Index 0 is “in order” and index 1 “swapped”, as in the labels of AlbertForPreTraining "
        "(sentence_order_label = 0: in order).",
        "Another family? BERT's second head was trained on whether B follows A; RoBERTa and DistilBERT have none.",
    ),
}
"""What commonly goes wrong, whatever the head was trained on, and with a head of each kind."""


def two_logits_read(view: ViewState, own: NextSentence, units: Units) -> Folded:
    """The fold with both fields; while they are empty it reads the correct pair's own logits."""
    fields = Beside(((Fields(("z0",)),), (Fields(("z1",)),), ()), widths=(2, 2, 5))
    return Folded("What do two logits mean?", (fields, *_read(view, own, units)), "logits")


def _read(view: ViewState, own: NextSentence, units: Units) -> Iterator[Section]:
    z0, z1 = view.option("z0"), view.option("z1")
    given = isinstance(z0, int | float) and isinstance(z1, int | float)
    if (z0 is None) != (z1 is None):
        yield Note("Type both logits: one alone says nothing, because only their difference counts.", "notice")
    found = two_logits(float(z0), float(z1), own.meaning) if given else own
    words = head_words(found.meaning)
    whose = "These" if given else "The correct pair's"
    yield Sentence(
        (
            f"{whose} two logits, {signed(found.logit_is_next)} and {signed(found.logit_not_next)}, say ",
            Strong(words.says(found.margin_nats)),
            f": {odds_text(found.margin_nats)}. Index 0 is {words.yes}, index 1 {words.no}; the same added to both "
            "changes nothing.",
        )
    )
    odds = f"{found.odds:.3g}" if math.isfinite(found.odds) else "more than 1e308"
    yield Numbers(
        (
            Number("Margin z0 − z1", margin_text(found.margin_nats, units), help=MARGIN.definition),
            Number(
                words.p,
                p_text(found.p_is_next, found.p_not_next),
                help="softmax at index 0: 1 / (1 + exp(−m)).",
            ),
            Number(f"P({words.no})", p_text(found.p_not_next, found.p_is_next), help="softmax at index 1."),
            Number("Odds", odds, f"{words.yes} to {words.no}", help="exp(m), m in nats."),
        )
    )
    yield from (Note(slip) for slip in (*_SLIPS, *_OF_KIND[found.meaning]))
