"""The page that fills the gaps of a text, in one order or several, and lets candidates compete for one of them."""

from analysis.choices import DEFAULT_BEAM, FILL_ORDERS, FillOrder
from analysis.limits import MAX_BEAM, MAX_CANDIDATES
from dashboard.glossary import CANDIDATE_MEAN, CANDIDATE_TOTAL, FILL_TOTAL, ODDS
from dashboard.page import Choice, Count, Example, Page, Several, Switch, Texts, Words
from dashboard.pages.fill import asked
from dashboard.texts import CANDIDATES, NOTEBOOK

_MEANINGS: dict[FillOrder, str] = {
    "independent": "Every gap by its own most probable token while all the others are still masked.",
    "left_to_right": "One gap after the other, each given what was filled in before it; the first gap goes first.",
    "right_to_left": "The same, and the last gap goes first.",
    "confident": "The same, and at each step the gap goes first whose best token is the most probable.",
    "beam": "From left to right with several fillings kept at each step: those of the largest totals so far.",
}


_EXAMPLES = tuple(
    Example(title, text_a, text_b, (("candidates", "\n".join(candidates)),))
    for title, text_a, text_b, candidates in (
        ("The notebook's text", NOTEBOOK, None, CANDIDATES[0]),
        ("Two gaps side by side", "He was born in [MASK] [MASK], California.", None, CANDIDATES[1]),
        (
            "A pair of sentences",
            "The king died without an heir.",
            "His [MASK] fought over the [MASK].",
            CANDIDATES[2],
        ),
    )
)
_OPTIONS = (
    Several(
        name="orders",
        label="Orders",
        default=",".join(FILL_ORDERS),
        allowed=FILL_ORDERS,
        names=asked.TITLES,
        help="\n\n".join(f"{asked.TITLES[order]}: {meaning}" for order, meaning in _MEANINGS.items()),
        means=asked.several_gaps,
    ),
    Count(
        name="beam",
        label="Beam width",
        default=DEFAULT_BEAM,
        least=1,
        most=MAX_BEAM,
        help="How many fillings the beam keeps at each step.",
        means=asked.several_gaps,
        place="folded",
    ),
    Count(
        name="k",
        label="Tokens per step",
        default=5,
        least=1,
        most=20,
        help="How many of the most probable tokens are listed for each step.",
        place="folded",
    ),
    Switch(
        name="every",
        label="All of the beam",
        help="Show the beam's other fillings below its best.",
        means=asked.several_gaps,
        shows=True,
        place="folded",
    ),
    Choice(
        name="steps",
        label="Steps of",
        default="left_to_right",
        names=asked.TITLES,
        among=asked.orders_with_steps,
        shows=True,
        place="sections",
    ),
    Words(
        name="candidates",
        label="Candidates, one per line",
        default=dict(_EXAMPLES[0].options)["candidates"],
        placeholder="a word\na longer phrase\n##ing",
        lines=True,
        place="sections",
        help=f"Words or phrases, up to {MAX_CANDIDATES}; ## in front names a piece that continues a word.",
    ),
    Choice(
        name="gap",
        label="Gap",
        default=1,
        among=asked.gaps,
        style="list",
        place="sections",
        help="The other gaps stay masked.",
    ),
    Choice(
        name="reference",
        label="Reference",
        among=asked.references,
        style="list",
        place="sections",
        help=ODDS.definition,
    ),
    Switch(
        name="any_length",
        label="Odds between unequal numbers of pieces",
        place="sections",
        help=CANDIDATE_TOTAL.caveat,
    ),
)


PAGE = Page(
    key="fill",
    title="Fill",
    icon=":material/space_bar:",
    group="Masked words",
    tip="What the head puts into the gaps of a text, one by one or jointly, and which candidate fits best.",
    asks="What would BERT put into the gaps?",
    texts=Texts(
        "segments", ("Type a text with gaps: [MASK]", "The second segment"), edits=True, gaps=True, shared="tokens"
    ),
    examples=_EXAMPLES,
    options=_OPTIONS,
    needs="mlm",
    questions=asked.questions,
    prints=asked.prints,
    measures=(FILL_TOTAL, CANDIDATE_TOTAL, CANDIDATE_MEAN, ODDS),
)
