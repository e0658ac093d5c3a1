"""What is said of the tour's steps.

Sentences about numbers are made from the numbers, and hold for any checkpoint, trained or not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.glossary import Units, margin_text, p_text

Values = Mapping[str, Any]

_FLAT_NATS = 0.005
"""Below this a difference of margins prints as 0.00, and no direction is claimed for it."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a step: its heading, what is about to happen (true of any model), what the values show."""

    title: str
    before: str
    notice: Callable[..., str]


def _tokens(live: Values, _units: Units = "usual") -> str:
    return (
        f"The tokenizer makes {live['tokens']} tokens of the text, the two special ones included. A word that is "
        "not in the vocabulary is cut into pieces that are."
    )


def _logits(live: Values, _units: Units = "usual") -> str:
    _, positions, columns = live["shape"]
    return (
        f"Every one of the {positions} positions gets {columns:,} numbers, one for each column of the head: "
        f"{positions * columns:,} in all. Softmax over a row makes it a distribution."
    )


def _one_position(live: Values, _units: Units = "usual") -> str:
    same = live["its token"] == live["token"]
    verb = "reads back the token that stands there" if same else f"puts '{live['its token']}' there instead"
    return f"At position 2 stands '{live['token']}', and the head {verb}, with p {p_text(live['p'])}."


def _greedy_read_out(live: Values, _units: Units = "usual") -> str:
    changed, n = live["read back as something else"], live["positions that count"]
    if changed == 0:
        return f"All {n} tokens come back as they were: seeing the word, this head copies it."
    return f"{n - changed} of {n} tokens come back as they were, {changed} as something else."


def _masks(live: Values, _units: Units = "usual") -> str:
    return (
        "Where the word is hidden the head has to guess: "
        f"'{live['first [MASK]']}' with p {p_text(live['p of the first'])} and "
        f"'{live['second [MASK]']}' with p {p_text(live['p of the second'])}. The text had 'election' and 'attacked'."
    )


def _where_it_forms(live: Values, _units: Units = "usual") -> str:
    answer, n = live["first after each"][-1], live["layers"]
    return (
        f"The last layer's answer is '{answer}': it first comes first after {live['answer comes first after']} of {n} "
        f"layers, and stays first from {live['and stays from']} on."
    )


def _one_segment(live: Values, units: Units = "usual") -> str:
    margin = live["margin (nats)"]
    said = f"{margin_text(margin, units)}{_side(margin)}"
    return (
        f"With one segment the margin is {said}. But the head was never trained on a "
        "single segment, so there is no question here that it could answer."
    )


def _two_segments(live: Values, units: Units = "usual") -> str:
    margin = live["margin (nats)"]
    change = margin - live["margin of one segment (nats)"]
    if abs(change) < _FLAT_NATS:
        moved = "leaves the margin where it was"
    else:
        by = margin_text(abs(change), units).lstrip("+")
        moved = f"{'raises' if change > 0 else 'lowers'} the margin by {by}"
    said = f"{margin_text(margin, units)}{_side(margin)}"
    return (
        f"Cut in two, with its [SEP] and segment ids 0 and 1, the same text has {said}. "
        f"Telling the head where B begins {moved}."
    )


def _side(margin: float) -> str:
    if abs(margin) < _FLAT_NATS:
        return ", neither IsNext nor NotNext"
    return ", on the side of IsNext" if margin > 0 else ", on the side of NotNext"


WORDS = {
    "tokens": Words(
        "A text becomes tokens",
        "The model knows a fixed vocabulary of pieces. The text is cut into them, and two special tokens frame it.",
        _tokens,
    ),
    "logits": Words(
        "One pass gives logits for every position",
        "The encoder turns each token into a vector that depends on all the others. The masked-LM head turns each "
        "vector into one number, a logit, for each entry of the vocabulary.",
        _logits,
    ),
    "one_position": Words(
        "One position",
        "The entry with the largest logit is what the head finds most probable there.",
        _one_position,
    ),
    "greedy_read_out": Words(
        "The greedy read-out",
        "Take the most probable token at every position and print them in a row. Each position saw its own token.",
        _greedy_read_out,
    ),
    "masks": Words(
        "The two masks",
        "This is what such a head is trained for: in BERT's recipe 15 % of the pieces are chosen, most of them shown "
        "as [MASK], and the head has to name them.",
        _masks,
    ),
    "where_it_forms": Words(
        "Where it forms",
        "The masked-LM head was trained on what the last layer gives. Handed what an earlier layer makes of the first "
        "mask, it still answers: a raw lens on that layer (nostalgebraist 2020), not all that the layer holds.",
        _where_it_forms,
    ),
    "one_segment": Words(
        "The next-sentence head, asked wrongly",
        "The second head reads [CLS] and gives two logits: the first for IsNext, the second for NotNext. Here it gets "
        "the whole text as one segment.",
        _one_segment,
    ),
    "two_segments": Words(
        "The next-sentence head, asked rightly",
        "Now the text is cut after 'Confederacy.': [CLS] A [SEP] B [SEP], with segment ids 0 for A and 1 for B.",
        _two_segments,
    ),
}
"""By the names of the steps."""
