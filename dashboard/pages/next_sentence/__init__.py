"""Next sentence: does the head think B follows A, and what made it think so."""

from analysis.choices import DEFAULT_PAIR_CONTROLS
from analysis.limits import MAX_CONTROLS
from analysis.lines import one_a_line
from analysis.questions import Percentile, Question, Segmentations, Text
from analysis.texts.text import check_text, cut_text
from dashboard.about import About
from dashboard.glossary import MARGIN
from dashboard.options import CONTROLS_FROM, LANGUAGE, SEED, controls
from dashboard.page import Choice, Decimal, Example, Page, Switch, Texts, Words
from dashboard.second_head import CONTROLS, ONE_SEGMENT
from dashboard.texts import NOTEBOOK_A, NOTEBOOK_B
from dashboard.view import ViewState

TWO_TEXTS, ONE_TEXT = "Two texts", "One text, movable boundary"
_LARGEST_LOGIT = 1e6


def _questions(view: ViewState, _about: About) -> dict[str, Question]:
    text_a, text_b = view.text.text_a, view.text.text_b or ""
    if view.name("mode") == ONE_TEXT and not text_b:
        # One field is on screen: what is wrong is said of its text, and nothing of a text B.
        cut_text(check_text(text_a), len(text_a))
    found: dict[str, Question] = {"next_sentence": Segmentations(Text(text_a, text_b))}
    if view.number("controls"):
        found["controls"] = Percentile(
            Text(text_a, text_b),
            view.number("controls"),
            view.number("seed"),
            view.name("language"),
            one_a_line(view.name("controls_from")),
        )
    return found


def _logit(index: int, means: str) -> Decimal:
    """A field for a logit that somebody has from elsewhere."""
    return Decimal(
        name=f"z{index}",
        label=f"Logit z{index}, {means}",
        least=-_LARGEST_LOGIT,
        most=_LARGEST_LOGIT,
        help="As `model(**inputs).logits`, or `seq_relationship_logits`, has it.",
        shows=True,
        place="sections",
    )


PAGE = Page(
    key="next_sentence",
    title="Next sentence",
    icon=":material/linear_scale:",
    group="Next sentence",
    tip="Whether the head thinks B follows A, and what made it think so.",
    asks="Does BERT think B follows A, and what made it think so?",
    texts=Texts("pair", ("The first sentence", "Does this follow?")),
    examples=(
        Example("The notebook's pair", NOTEBOOK_A, NOTEBOOK_B),
        Example("A pair that does not follow", NOTEBOOK_A, "Mix the flour with the butter until the dough is smooth."),
        Example(
            "Question and answer", "How long does sunlight take to reach us?", "It takes a little over eight minutes."
        ),
    ),
    options=(
        Choice(name="mode", label="Input", default=TWO_TEXTS, allowed=(TWO_TEXTS, ONE_TEXT), place="none"),
        # One text that is cut is kept as its two sides: this stood between them, and stands there again.
        Words(
            name="gap",
            label="White space at the boundary",
            default=" ",
            lines=True,
            of_text=True,
            shows=True,
            place="none",
        ),
        Switch(
            name="every",
            label="Show every token",
            help="Long texts are shortened in the rows below; the head always reads all of them.",
            shows=True,
        ),
        controls(DEFAULT_PAIR_CONTROLS, MAX_CONTROLS),
        SEED,
        LANGUAGE,
        CONTROLS_FROM,
        _logit(0, "index 0"),
        _logit(1, "index 1"),
    ),
    needs="nsp",
    questions=_questions,
    prints=lambda view: [
        'answer, effects = next_sentence["correct"].nsp, next_sentence.effects',
        'print(f"P({answer.meaning}) = {answer.p_is_next:.4f}")',
        "for variant in next_sentence.variants:",
        '    print(f"{variant.name}: margin {variant.nsp.margin_nats:+.2f} nats")',
        'print(f"the middle [SEP] adds {effects.separator_nats:+.2f} nats")',
        'print(f"segment ids add {effects.segment_ids_nats:+.2f} nats")',
        *(['print(f"larger than {controls.percentile:.0%} of the controls")'] if view.number("controls") else []),
    ],
    measures=(MARGIN,),
    notes=(("one segment", ONE_SEGMENT), ("controls", CONTROLS)),
)
