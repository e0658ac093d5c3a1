"""Tour: the notebook's steps with the running model's own numbers."""

from analysis.questions import Tour
from dashboard.glossary import MARGIN
from dashboard.page import Page

PAGE = Page(
    key="tour",
    title="Tour",
    icon=":material/menu_book:",
    group="Learn",
    tip="Both heads in seven steps, each with its code and its published figure.",
    asks="How do the two heads work, step by step?",
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
