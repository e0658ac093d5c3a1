"""Pairs: the next-sentence head on every ordered pair of some sentences, and on each with controls."""

from analysis.choices import DEFAULT_PAIR_CONTROLS
from analysis.limits import MAX_CONTROLS
from analysis.lines import one_a_line
from analysis.questions import Pairs
from dashboard.glossary import MARGIN, ORDER_EFFECT
from dashboard.options import CONTROLS_FROM, LANGUAGE, SEED, controls
from dashboard.page import Choice, Example, Page, Texts
from dashboard.pages.pairs.chosen import FIRST_PAIR, named_pairs
from dashboard.second_head import ADJACENCY_AUC, CONTROLS, OTHER_TEXT_AUC, THRESHOLD
from dashboard.texts import PASSAGE, STORY

PAGE = Page(
    key="pairs",
    title="Pairs",
    icon=":material/grid_on:",
    group="Next sentence",
    tip="The next-sentence margins of all ordered pairs of some sentences.",
    asks="Which sentence does BERT think comes next?",
    texts=Texts("lines", ("Two sentences or more", ""), height=98),
    examples=(
        Example("A small story", STORY.replace(". ", ".\n")),
        Example("Two subjects in one text", PASSAGE.replace(". ", ".\n")),
    ),
    options=(
        controls(DEFAULT_PAIR_CONTROLS, MAX_CONTROLS),
        SEED,
        LANGUAGE,
        CONTROLS_FROM,
        Choice(
            name="pair",
            label="Pair",
            default=FIRST_PAIR,
            among=named_pairs,
            style="list",
            shows=True,
            of_text=True,
            place="sections",
        ),
    ),
    needs="nsp",
    questions=lambda view, _about: {
        "pairs": Pairs(
            one_a_line(view.text.text_a),
            view.number("controls"),
            view.number("seed"),
            view.name("language"),
            one_a_line(view.name("controls_from")),
        )
    },
    prints=lambda _view: [
        "for i in range(len(pairs.sentences) - 1):",
        '    print(f"{i + 1}, {i + 2}: margin {pairs.margin_nats[i, i + 1]:+.2f} nats")',
        "if pairs.adjacency is not None:",
        '    print(f"AUC within the text {pairs.adjacency.value:.2f}")',
        "if pairs.other_text is not None:",
        '    print(f"AUC against other texts {pairs.other_text.value:.2f}")',
        "if pairs.threshold is not None:",
        '    print(f"threshold that parts best {pairs.threshold.at_nats:+.2f} nats")',
        "if pairs.true_order_rank is not None:",
        '    print(f"rank of the order as given {pairs.true_order_rank}")',
    ],
    measures=(MARGIN, ORDER_EFFECT),
    notes=(
        ("AUC within the text", ADJACENCY_AUC),
        ("AUC against other texts", OTHER_TEXT_AUC),
        ("threshold that parts best", THRESHOLD),
        ("controls", CONTROLS),
    ),
)
