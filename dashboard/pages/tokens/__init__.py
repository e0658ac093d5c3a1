"""Tokens: what the masked-LM head expects at each position, seeing its token and not."""

from analysis.choices import DEFAULT_K, DEFAULT_MASKING, MASKINGS, READINGS
from analysis.limits import LARGEST_K, MAX_WATCH
from dashboard.glossary import (
    BY_WORD,
    FIT_HELP,
    HIDDEN_READING,
    MASKING_HELP,
    MASKING_NAMES,
    PLL,
    SEEN_READING,
    TOKEN_MEASURES,
)
from dashboard.page import Choice, Count, Example, Page, Pick, Switch, Texts, Words
from dashboard.pages.tokens.asking import BY, SPANS, prints, questions
from dashboard.texts import NOTEBOOK

PAGE = Page(
    key="tokens",
    title="Tokens",
    icon=":material/short_text:",
    group="Masked words",
    tip="What the masked-language-modelling head expects at each position of a text.",
    asks="What does the head expect at each position?",
    texts=Texts("segments", ("Type or paste a text", "The second segment"), edits=True, windows=True, gaps=True),
    examples=(
        Example("The notebook's text", NOTEBOOK),
        Example("A garden-path sentence", "The old man the boat while the young [MASK] on the shore."),
        Example("A pair of sentences", "She opened the door.", "The room was [MASK] and smelled of dust."),
    ),
    options=(
        Choice(
            name="measure",
            label="Colour by",
            default="entropy",
            allowed=tuple(TOKEN_MEASURES),
            names={key: measure.name for key, measure in TOKEN_MEASURES.items()},
            help="\n\n".join(f"**{measure.name}**: {measure.definition}" for measure in TOKEN_MEASURES.values()),
            shows=True,
        ),
        Choice(
            name="reading",
            label="Reading",
            default="seen",
            allowed=READINGS,
            help=f"**seen**: {SEEN_READING}\n\n**hidden**: {HIDDEN_READING}",
            shows=True,
        ),
        Choice(name="by", label="By", default="token", allowed=BY, help=BY_WORD, shows=True),
        Choice(
            name="masking",
            label="What the hidden reading hides",
            default=DEFAULT_MASKING,
            allowed=MASKINGS,
            names=MASKING_NAMES,
            style="radio",
            help=MASKING_HELP,
            shows=True,
            place="folded",
        ),
        Count(
            name="k",
            label="Predictions per position",
            default=DEFAULT_K,
            least=1,
            most=LARGEST_K,
            shows=True,
            place="folded",
        ),
        Switch(
            name="fit",
            label="Fit colours to this text",
            help=FIT_HELP,
            shows=True,
            place="folded",
        ),
        Words(
            name="follow",
            label="Follow words",
            placeholder="war, peace",
            help="How probable a word is at every position, whatever stands there: up to "
            f"{MAX_WATCH} words of one piece.",
        ),
        Pick(name="position", label="Position shown (from 0)"),
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
