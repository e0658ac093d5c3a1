"""What a page shows, as data: the screen and the report draw the same list.

A section says what stands there and not how it is drawn. What only a browser can do (a click, a field in the middle of
a page) is an attribute or a section of its own, which paper leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


class Strong(str):
    """A part of a sentence that is set off."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence made of this result's numbers, in parts; ``help`` is what the words in it mean."""

    parts: tuple[str, ...]
    help: str = ""

    @property
    def text(self) -> str:
        """The sentence without emphasis."""
        return "".join(self.parts)


@dataclass(frozen=True, slots=True)
class Number:
    """One number with its name: ``value`` and ``below`` as they are printed, with their units."""

    name: str
    value: str
    below: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Several numbers beside each other; ``width`` is the least of one, in pixels."""

    items: tuple[Number, ...]
    width: int = 150


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence in a calm tone about what stands there: a caveat, a notice, a definition."""

    text: str
    kind: Literal["caption", "notice", "info"] = "caption"


StripKind = Literal["tokens", "aligned", "variants", "filled", "readout", "arcs"]


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """Tokens or words as running text, coloured or marked.

    ``drawn`` is what its maker in ``drawing`` or in the page's folder gives, ``key`` its name on the page. ``chosen``
    is what is ringed (a position, or the number of a pair), None where nothing can be chosen; ``picks`` the option of
    the page that a click sets. ``marks`` says what a click with Shift does, where the page's acts let it do something.
    """

    kind: StripKind
    drawn: dict[str, Any]
    key: str
    title: str = ""
    how: str = ""
    chosen: int | None = None
    picks: str = ""
    marks: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A figure with what has to stand beside it: ``alt`` for those who can't see it, ``how`` to read it.

    ``make_table`` gives the same numbers, unrounded, one row per mark; it is called when the table is opened. ``name``
    is for the files of downloads, ``key`` for its place on the page where ``name`` changes with what is chosen. With
    less room than ``min_width`` pixels it scrolls; ``clicks`` names the act of the page that a click on a mark calls.
    """

    name: str
    title: str
    figure: go.Figure
    alt: str
    how: str
    make_table: Callable[[], pd.DataFrame]
    min_width: int | None = None
    clicks: str = ""
    key: str = ""

    @property
    def place(self) -> str:
        """Its name on the page, the same whatever is chosen."""
        return self.key or self.name

    @property
    def table(self) -> pd.DataFrame:
        """The numbers of the figure as a table."""
        return self.make_table()


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table that is no figure's twin.

    ``make`` gives it unrounded, ``printed`` as it is printed where it stands open (None: ``make``'s cells as they are).
    One that is ``folded`` is made when somebody opens it; of one that ``clicks`` the rows can be sorted, and choosing
    one calls the act of the page of that name with what stands in its first column. ``name`` is for the file of its
    download, ``key`` its name on the page where the file's changes with what is chosen.
    """

    name: str
    title: str
    make: Callable[[], pd.DataFrame]
    note: str = ""
    help: str = ""
    printed: Callable[[], pd.DataFrame] | None = None
    folded: bool = False
    key: str = ""
    clicks: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Source that has run, or that can be copied; folded away where ``title`` says what it is."""

    source: str
    title: str = ""
    language: str | None = "python"


@dataclass(frozen=True, slots=True)
class Card:
    """A model card, in Markdown of this project's own."""

    markdown: str


@dataclass(frozen=True, slots=True)
class Folded:
    """Sections that are folded away until somebody opens them; ``key`` is the fold's name on the page."""

    title: str
    sections: tuple[Section, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading over what follows; ``help`` is what its words mean."""

    text: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """Columns of sections beside each other, with their relative widths.

    ``key`` is their name on the page where the frame's style sheet says how they stand; on paper these follow one
    another.
    """

    columns: tuple[tuple[Section, ...], ...]
    widths: tuple[int, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """Where fields of the page's options stand that belong beside a result; paper has their values in its settings.

    ``question`` is the name of the question that they ask: what is wrong with it is said here. Without a field there is
    nothing to mend, and it is a notice beside the page's own answer.
    """

    names: tuple[str, ...]
    question: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Where something stands that only the screen can do, by the name that the page's acts give it."""

    name: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where it stands how far the reading is, with its Stop."""


Section = (
    Sentence | Numbers | Note | Heading | Strip | Chart | Table | Code | Card | Folded | Beside | Fields | Act | Waiting
)


def flattened(sections: Iterable[Section]) -> Iterator[Section]:
    """The sections and those inside them."""
    for section in sections:
        yield section
        if isinstance(section, Folded):
            yield from flattened(section.sections)
        elif isinstance(section, Beside):
            for column in section.columns:
                yield from flattened(column)
