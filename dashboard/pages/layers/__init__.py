"""Layers: both heads after every layer, at every position and, token by token, at the chosen one."""

from dataclasses import replace

from analysis.limits import MAX_TEXT_CHARS, MAX_WATCH
from dashboard.glossary import (
    ENTROPY,
    HIDDEN_READING,
    KL_TO_LAST,
    MARGIN,
    PATCH_EFFECT,
    RANK,
    SEEN_READING,
    SETTLES,
    SURPRISAL,
)
from dashboard.options import FIT, MASKING, READING, colour_by
from dashboard.page import Example, Page, Pick, Texts, Words
from dashboard.pages.layers.asking import GROUNDS, positions, prints, questions
from dashboard.texts import EXPECTED, NOTEBOOK

PAGE = Page(
    key="layers",
    title="Layers",
    icon=":material/layers:",
    group="Masked words",
    tip="What both heads say after every layer of the model: where an answer forms.",
    asks="After which layer does the answer stand?",
    texts=Texts("segments", ("Type or paste a text", "The second segment"), edits=True, gaps=True, shared="tokens"),
    examples=(
        Example("The notebook's text", NOTEBOOK),
        Example("A garden-path sentence", "The old man the boat while the young [MASK] on the shore."),
        Example("A pair of sentences", "She opened the door.", "The room was [MASK] and smelled of dust."),
    ),
    options=(
        replace(colour_by(GROUNDS), label="Grid by"),
        replace(READING, shows=False),
        Words(
            name="follow",
            label="Follow",
            placeholder=", ".join(EXPECTED),
            help="Words whose rank is drawn after every layer, beside what comes first there: up to "
            f"{MAX_WATCH} words of one piece. In the notebook's text, while nothing is typed here, the words that "
            "stood where it has its [MASK]s.",
        ),
        replace(MASKING, shows=False),
        FIT,
        Pick(name="position", label="Position followed (from 0)", among=positions, shows=False),
        Words(
            name="beside",
            label="The same text with another word (B)",
            placeholder="As many tokens, one of them another",
            most_chars=MAX_TEXT_CHARS,
            help=f"{PATCH_EFFECT.definition}\n\nOf a pair it is the first segment of B; the second one is A's.",
            place="sections",
        ),
        Words(
            name="target",
            label="What is read off",
            placeholder="9=election, or nsp",
            help="A position (from 0) and a token, 9=election, whose ln p it is; a position alone, 9, whose own token "
            "is meant, at a [MASK] the head's first guess; or nsp, the next-sentence margin. Left empty, it is the "
            "chosen position, and else the first [MASK].",
            place="sections",
        ),
    ),
    needs="layers",
    questions=questions,
    prints=prints,
    measures=(ENTROPY, SURPRISAL, RANK, KL_TO_LAST, SETTLES, MARGIN, PATCH_EFFECT),
    notes=(("seen reading", SEEN_READING), ("hidden reading", HIDDEN_READING)),
)
