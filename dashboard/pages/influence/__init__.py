"""Influence: which words an answer rests on, found in two ways, and whether the map can be believed."""

from analysis.choices import BASELINES, DEFAULT_SHUFFLES, DEFAULT_STEPS
from analysis.limits import MAX_SHUFFLES, MAX_STEPS
from dashboard.glossary import HIDDEN_READING, INFLUENCE
from dashboard.options import FIT, SEED
from dashboard.page import Choice, Count, Example, Page, Pick, Switch, Texts, Words
from dashboard.pages.influence import asking
from dashboard.pages.influence.asking import AS_GIVEN, CURVES, GRADIENTS, OCCLUSION
from dashboard.texts import NOTEBOOK, NOTEBOOK_A, NOTEBOOK_B

_SEGMENTATIONS = {
    AS_GIVEN: "correct pair",
    "one_segment": "one segment",
    "separator_only": "separator only",
    "segment_ids_only": "segment ids only",
    "swapped": "swapped",
    "flipped_ids": "flipped ids",
    "ids_as_mask": "ids as mask",
    "wrong_boundary": "wrong boundary",
}

PAGE = Page(
    key="influence",
    title="Influence",
    icon=":material/call_merge:",
    group="Masked words",
    tip="Which words an answer rests on: by masking them, and by their gradients.",
    asks="Which words does BERT's answer rest on?",
    texts=Texts("segments", ("Type or paste a text", "The second segment"), edits=True, gaps=True, shared="tokens"),
    examples=(
        Example("The notebook's text", NOTEBOOK),
        Example("Agreement across a phrase", "The keys to the cabinet [MASK] on the table."),
        Example("The notebook's pair", NOTEBOOK_A, NOTEBOOK_B, (("target", asking.NSP),)),
    ),
    options=(
        Choice(
            name="target",
            label="Answer",
            default=asking.TOKEN,
            allowed=(asking.TOKEN, asking.NSP),
            names={asking.TOKEN: "at a position", asking.NSP: "next sentence"},
            help="**at a position**: ln p of a token where its word is hidden; a click on the strip chooses the "
            "position.\n\n**next sentence**: the margin of the second head.",
            means=asking.can_be_of_pair,
        ),
        Words(
            name="word",
            label="Token",
            placeholder="its own, or the guess",
            most_chars=60,
            help="Any token that could stand there. Empty: the position's own, at a [MASK] the head's first guess.",
        ),
        Choice(
            name="colour",
            label="Colour by",
            default=OCCLUSION,
            allowed=(OCCLUSION, GRADIENTS),
            help=INFLUENCE.definition,
            shows=True,
            place="folded",
        ),
        Choice(
            name="segmentation",
            label="The pair is handed over as",
            default=AS_GIVEN,
            allowed=tuple(_SEGMENTATIONS),
            names=_SEGMENTATIONS,
            style="list",
            help="For the next-sentence margin: the segmentations of the page Next sentence.",
            means=asking.can_be_segmented,
            place="folded",
        ),
        Choice(
            name="baseline",
            label="Baseline of the gradients",
            default="mask",
            allowed=BASELINES,
            names={"mask": "[MASK]", "pad": "[PAD]", "zero": "zeros"},
            help="What stands in the place of every word where the path of integrated gradients begins.",
            place="folded",
        ),
        Count(
            name="steps",
            label="Points of the path",
            default=DEFAULT_STEPS,
            least=2,
            most=MAX_STEPS,
            help="Those of Gauss and Legendre. More of them make the residual smaller, and take longer.",
            place="folded",
        ),
        Count(
            name="shuffles",
            label="Random orders",
            default=DEFAULT_SHUFFLES,
            most=MAX_SHUFFLES,
            help=CURVES,
            place="folded",
        ),
        SEED,
        FIT,
        Switch(
            name="every",
            label="Every word on every position",
            help="Each word's influence on each position's own token: as many passes as half the square of the words.",
            place="sections",
        ),
        Pick(name="position", label="Position (from 0)", among=asking.positions, shows=False),
    ),
    needs="mlm",
    questions=asking.questions,
    prints=asking.prints,
    measures=(INFLUENCE,),
    notes=(("hidden reading", HIDDEN_READING), ("curves", CURVES)),
)
