"""What only the screen can do for one page, found by the page's key; most pages take what ``Acts`` does for all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from analysis.questions import Text
from dashboard.page import About, Page
from dashboard.screen import fields
from dashboard.view import ViewState

if TYPE_CHECKING:
    from dashboard.screen.show import Shown


def _no_buttons(_page: Page) -> None:
    """Most pages have no more buttons."""


def _draw(page: Page, about: About) -> tuple[Text, ...]:
    if page.texts.kind == "none":
        return ()
    fields.draw_texts(page, about, of(page.key).buttons)
    return (fields.text_in(page),)


@dataclass(frozen=True, slots=True)
class Acts:
    """The acts of one page.

    Attributes
    ----------
    draw_texts
        Draws the fields for texts, and gives what stands in them.
    put_texts
        Lets a view's texts stand in the fields.
    buttons
        Draws more buttons beside the fields.
    places
        What stands at an ``Act`` of the page's sections, by its name.
    clicks
        What a click on a mark of a chart does, by the name that the chart gives; called with the mark's first
        ``customdata``.
    """

    draw_texts: Callable[[Page, About], tuple[Text, ...]] = _draw
    put_texts: Callable[[Page, ViewState], None] = fields.put_texts
    buttons: Callable[[Page], None] = _no_buttons
    places: dict[str, Callable[["Shown"], None]] = field(default_factory=dict)
    clicks: dict[str, Callable[[Any], None]] = field(default_factory=dict)


@cache
def of(page: str) -> Acts:
    """The acts of a page by its key."""
    name = f"dashboard.screen.acts.{page}"
    return import_module(name).ACTS if find_spec(name) is not None else Acts()
