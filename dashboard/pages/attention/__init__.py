"""Attention: which tokens each head looks at, found among all heads and drawn over the text."""

from dashboard.page import Choice, Example, Page, Pick, Texts
from dashboard.pages.attention import asked
from dashboard.pages.attention.words import CAVEAT, HEAD_MEASURES, SHORT, TELLING
from dashboard.texts import NOTEBOOK

PAGE = Page(
    key="attention",
    title="Attention",
    icon=":material/hub:",
    group="Masked words",
    tip="Which tokens each head of attention looks at, over the text, as a matrix and in numbers.",
    asks="Where does each head of attention look?",
    texts=Texts("segments", ("Type or paste a text", "The second segment"), edits=True, gaps=True, shared="tokens"),
    examples=(
        Example("The notebook's text", NOTEBOOK),
        Example("A pair of sentences", "She opened the door.", "The room was [MASK] and smelled of dust."),
        Example("A pronoun", "The nurse told the farmer that her [MASK] was in the barn."),
    ),
    options=(
        Choice(
            name="summary",
            label="Colour heads by",
            default="entropy_bits",
            allowed=tuple(HEAD_MEASURES),
            names=SHORT,
            help="\n\n".join(f"**{measure.name}**: {measure.definition}" for measure in HEAD_MEASURES.values()),
            style="list",
            shows=True,
        ),
        Choice(
            name="between",
            label="Between",
            default="all",
            allowed=tuple(asked.BETWEEN),
            names=asked.BETWEEN,
            help="Which segment's tokens look at which: [CLS] and the middle [SEP] belong to A, the last [SEP] to B. "
            "What is left out is not made up for: the weights stay as they are.",
            shows=True,
            means=asked.of_pairs,
        ),
        Choice(
            name="layer",
            label="Layer",
            default=asked.AUTO,
            among=asked.layers,
            names={str(asked.AUTO): "that of the most telling head"},
            style="list",
            place="sections",
            help=TELLING,
        ),
        Choice(
            name="head",
            label="Head",
            default=asked.AUTO,
            among=asked.heads,
            names={str(asked.AUTO): "the most telling", str(asked.AVERAGE): "average of all"},
            style="list",
            shows=True,
            place="sections",
            help=f"{TELLING} Of the layer that is chosen.",
        ),
        Pick(name="position", label="Position shown (from 0)", among=asked.positions),
    ),
    needs="attention",
    questions=asked.questions,
    prints=asked.prints,
    measures=tuple(HEAD_MEASURES.values()),
    notes=(("the most telling head", TELLING), ("attention", CAVEAT)),
)
