"""Tour: the notebook's steps with the running model's own numbers."""

from typing import get_args

from analysis.questions import Tour
from analysis.types import CodeKind
from dashboard.glossary import MARGIN
from dashboard.page import Choice, Page

PAGE = Page(
    key="tour",
    title="Tour",
    icon=":material/menu_book:",
    group="Learn",
    tip="Both heads in eight steps, each with its code and its published figure.",
    asks="How do BERT's two heads work, step by step?",
    options=(
        Choice(
            name="code",
            label="Code in",
            default="transformers",
            allowed=get_args(CodeKind),
            names={"transformers": "transformers", "pretext": "Pretext"},
            help="Both give the same numbers. transformers: as one types it into a notebook; Pretext: with the "
            "functions behind the pages, to be run in Pretext's folder.",
            shows=True,
        ),
    ),
    questions=lambda _view, _about: {"tour": Tour()},
    prints=lambda _view: [
        "for number, step in enumerate(tour.steps, start=1):",
        "    if step.why_absent:",
        '        print(f"{number}. {step.why_absent}")',
        "    for name, value in step.values.items():",
        '        published = step.published.get(name, "nothing")',
        '        print(f"{number}. {name}: {value}; published: {published}")',
    ],
    measures=(MARGIN,),
)
