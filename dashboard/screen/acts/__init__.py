"""A page as it is on the screen, and what only the screen can do for it: a file for each page that needs one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from streamlit.delta_generator import DeltaGenerator

from analysis.questions import Text
from dashboard.about import About
from dashboard.page import Look, Page, Results
from dashboard.screen.work import Work
from dashboard.view import ViewState


@dataclass(frozen=True, slots=True)
class Acts:
    """The acts of one page; most pages have few or none.

    Where its fields for texts are unlike those of others, ``draw_texts`` draws them and gives what stands in them, and
    ``put_texts`` lets a view's texts stand there. ``buttons`` draws more buttons beside the fields, ``below_options``
    what belongs to the options and is none. ``tidied`` is the view without options that mean nothing beside the others.
    ``places`` draw what stands at an ``Act`` of the page's sections, by its name; ``clicks`` are what a click on a mark
    does, by the name that its chart gives, called with the mark's first ``customdata``.
    ``mark`` is what a click with Shift does in a strip that has ``marks``, called with the position.
    """

    draw_texts: Callable[[Page, About], tuple[Text, ...]] | None = None
    put_texts: Callable[[Page, ViewState], None] | None = None
    buttons: Callable[[Page], None] = lambda _page: None
    below_options: Callable[[Page, ViewState], None] = lambda _page, _view: None
    tidied: Callable[[ViewState], ViewState] = lambda view: view
    places: dict[str, Callable[["Shown"], None]] = field(default_factory=dict)
    clicks: dict[str, Callable[[Any], None]] = field(default_factory=dict)
    mark: Callable[["Shown", int], None] | None = None


@dataclass(slots=True)
class Shown:
    """A page as it is shown now, and how; ``waiting`` is where it stands how far the reading is."""

    page: Page
    view: ViewState
    results: Results
    work: Work
    acts: Acts
    look: Look
    waiting: DeltaGenerator | None = None

    def key(self, name: str) -> str:
        """The key of something on this page."""
        return f"{self.page.key}.{name}"


@cache
def of(page: str) -> Acts:
    """The acts of a page by its key."""
    name = f"dashboard.screen.acts.{page}"
    return import_module(name).ACTS if find_spec(name) is not None else Acts()
