"""Tokens: what the masked-LM head expects at each position, seeing its token and not."""

from analysis.limits import MAX_WATCH
from dashboard.glossary import BY_WORD, HIDDEN_READING, PLL, SEEN_READING, TOKEN_MEASURES
from dashboard.options import FIT, MASKING, READING, K, colour_by
from dashboard.page import Choice, Example, Page, Pick, Switch, Texts, Words
from dashboard.pages.tokens.asking import BY, SPANS, positions, prints, questions
from dashboard.texts import NOTEBOOK

PAGE = Page(
    key="tokens",
    title="Tokens",
    icon=":material/short_text:",
    group="Masked words",
    tip="What the masked-language-modelling head expects at each position of a text.",
    asks="What does BERT expect at each position?",
    texts=Texts("segments", ("Type or paste a text", "The second segment"), edits=True, windows=True, gaps=True),
    examples=(
        Example("The notebook's text", NOTEBOOK),
        Example("A garden-path sentence", "The old man the boat while the young [MASK] on the shore."),
        Example("A pair of sentences", "She opened the door.", "The room was [MASK] and smelled of dust."),
    ),
    options=(
        colour_by(TOKEN_MEASURES),
        READING,
        Choice(name="by", label="By", default="token", allowed=BY, help=BY_WORD, shows=True),
        MASKING,
        K,
        FIT,
        Words(
            name="follow",
            label="Follow words",
            placeholder="war, peace",
            help="How probable a word is at every position, whatever stands there: up to "
            f"{MAX_WATCH} words of one piece.",
            place="folded",
        ),
        Words(
            name="regions",
            label="Regions",
            placeholder="2:3, 5",
            help="Runs of words to be scored as one: the first and the last, counted from 1, as in 2:3; several with "
            "commas between. In the strip Shift and a click (or Enter) marks them, from the chosen token on.",
            of_text=True,
            place="folded",
        ),
        Switch(
            name="apart",
            label="Punctuation apart",
            help="Where regions are counted: punctuation at a word's edge is a word of its own.",
            place="folded",
        ),
        Pick(name="position", label="Position shown (from 0)", among=positions),
        Choice(
            name="span",
            label="Top-k map",
            default="around",
            allowed=tuple(SPANS),
            names=SPANS,
            shows=True,
            place="sections",
        ),
    ),
    needs="mlm",
    questions=questions,
    prints=prints,
    measures=(*TOKEN_MEASURES.values(), PLL),
    notes=(("seen reading", SEEN_READING), ("hidden reading", HIDDEN_READING)),
)
