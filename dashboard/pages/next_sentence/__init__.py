"""Next sentence: does the head think B follows A, and what made it think so."""

from analysis.questions import Segmentations, Text
from analysis.texts.text import check_text, cut_text
from dashboard.glossary import LONE_SEGMENT, MARGIN
from dashboard.page import About, Choice, Example, Page, Switch, Texts
from dashboard.texts import NOTEBOOK_A, NOTEBOOK_B
from dashboard.view import ViewState

TWO_TEXTS, ONE_TEXT = "Two texts", "One text, movable boundary"


def _questions(view: ViewState, _about: About) -> dict[str, Segmentations]:
    text_a, text_b = view.text.text_a, view.text.text_b or ""
    if view.name("mode") == ONE_TEXT and not text_b:
        # One field is on screen: what is wrong is said of its text, and nothing of a text B.
        cut_text(check_text(text_a), len(text_a))
    return {"next_sentence": Segmentations(Text(text_a, text_b))}


PAGE = Page(
    key="next_sentence",
    title="Next sentence",
    icon=":material/linear_scale:",
    group="Next sentence",
    tip="Whether the head thinks B follows A, and what made it think so.",
    asks="Does the head think B follows A, and what made it think so?",
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
        Switch(
            name="every",
            label="Show every token",
            help="Long texts are shortened in the rows below; the head always reads all of them.",
            shows=True,
        ),
    ),
    needs="nsp",
    questions=_questions,
    prints=lambda _view: [
        'answer, effects = next_sentence["correct"].nsp, next_sentence.effects',
        'print(f"P(IsNext) = {answer.p_is_next:.4f}")',
        "for variant in next_sentence.variants:",
        '    print(f"{variant.name}: margin {variant.nsp.margin_nats:+.2f} nats")',
        'print(f"the middle [SEP] adds {effects.separator_nats:+.2f} nats")',
        'print(f"segment ids add {effects.segment_ids_nats:+.2f} nats")',
    ],
    measures=(MARGIN,),
    notes=(("one segment", LONE_SEGMENT),),
)
