"""``Page``: what there is to say of a page, said once.

Navigation, fields, links, session files, reports, snippets and the command line read it; none of them knows a page by
name. A page asks questions, answers in a sentence and shows sections; what only a browser can do for one page lies in
``dashboard.screen.acts``, found by the page's key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from analysis.errors import InputError, quoted
from analysis.tasks import task_of
from analysis.texts.text import check_length
from dashboard.glossary import UNITS, Measure, Units
from dashboard.readable import readable
from dashboard.view import Value, ViewState

if TYPE_CHECKING:
    from analysis.questions import Question, Text
    from dashboard.about import About
    from dashboard.drawing.palette import Palette
    from dashboard.sections import Section, Sentence


@dataclass(frozen=True, slots=True)
class Look:
    """How results are drawn: the palette of the theme (or of paper) and the units on screen."""

    palette: Palette
    units: Units = "usual"


@dataclass(frozen=True)
class Results:
    """What has come so far, by the names of a page's questions.

    ``found`` holds what there is to show of each, ``complete`` the names of those that are whole, ``failed`` one
    sentence for each that could not be answered, ``questions`` what was asked.
    """

    found: Mapping[str, Any]
    complete: frozenset[str] = frozenset()
    failed: Mapping[str, str] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """What a question came to; KeyError when there is nothing of it."""
        return self.found[name]

    def get(self, name: str) -> Any:
        """What a question came to so far; None when there is nothing of it."""
        return self.found.get(name)

    @cached_property
    def readable(self) -> Results:
        """The same with the vocabulary's strings as one reads them; made once, of 500 tokens it takes 20 ms."""
        return replace(self, found={name: readable(each) for name, each in self.found.items()})

    @property
    def provenance(self) -> Any:
        """The ``Provenance`` of all that a page shows, which is one; None while nothing has come."""
        return next((each.provenance for each in self.found.values() if hasattr(each, "provenance")), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A choice that a page offers: its ``name`` in views, links and commands, its ``label`` on screen and in reports.

    ``shows`` says that it only changes what is shown, and not what a model is asked; ``of_text`` that it means
    something in one text only and is forgotten with it; ``place`` where its field stands: in the row of controls,
    folded into Options, where the page's sections say (``Fields``), or nowhere, because a click or an act sets it.
    ``means`` says of which texts it means something: of others it has no field.
    """

    name: str
    label: str
    default: Value = None
    help: str = ""
    shows: bool = False
    of_text: bool = False
    place: Literal["row", "folded", "sections", "none"] = "row"
    means: Callable[[Sequence[Text], About], bool] = lambda _texts, _about: True

    def check(self, value: Value) -> Value:
        """The value as this option holds it (InputError if it is not one that the option can have)."""
        return value

    def said(self, value: Value) -> str:
        """A value in words, for the settings of a report."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(value)

    def held(self, value: Value, fits: bool, allowed: str) -> Value:
        """The value, if it fits; else InputError, which says what is allowed."""
        if not fits:
            raise self.refuse(value, allowed)
        return value

    def refuse(self, value: Value, allowed: str) -> InputError:
        """The error for a value that is not allowed."""
        return InputError(f"'{quoted(str(value))}' came for “{self.label}”: choose {allowed}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Option):
    """One of some names.

    ``names`` says how each is called on screen; ``among`` gives what is allowed where that depends on the view and on
    what has come (the first of them then holds when the value is none of them). ``style`` is how the field looks.
    """

    allowed: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    among: Callable[[ViewState, Results], Mapping[Value, str]] | None = None
    style: Literal["buttons", "radio", "list"] = "buttons"

    def check(self, value: Value) -> Value:
        return self.held(value, self.among is not None or value in self.allowed, ", ".join(self.allowed))

    def said(self, value: Value) -> str:
        return self.names.get(str(value), str(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Several(Option):
    """Any number of some names, written ``a,b`` in a view, in the order in which they are listed here."""

    allowed: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def check(self, value: Value) -> Value:
        names = str(value).split(",") if value else []
        for each in names:
            self.held(each, each in self.allowed, ", ".join(self.allowed))
        return ",".join(each for each in self.allowed if each in names)

    def said(self, value: Value) -> str:
        return ", ".join(self.names.get(each, each) for each in str(value or "").split(",") if each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Option):
    """A whole number within its bounds."""

    least: int = 0
    most: int = 0

    @property
    def bounds(self) -> str:
        """What is allowed."""
        return f"{self.least:,} to {self.most:,}"

    def check(self, value: Value) -> Value:
        fits = type(value) is int and self.least <= value <= self.most
        return self.held(f"{value:,}" if type(value) is int and not fits else value, fits, self.bounds)

    def nearest(self, value: int) -> int:
        """The value, or the end of what is allowed that it lies beyond."""
        return min(self.most, max(self.least, value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decimal(Option):
    """Any number within its bounds, or none."""

    least: float = 0.0
    most: float = 0.0

    def check(self, value: Value) -> Value:
        # No truth value, and nothing that is no number.
        fits = isinstance(value, int | float) and type(value) is not bool and self.least <= value <= self.most
        number = float(value) if fits and value is not None else value
        return self.held(number, value is None or fits, f"a number from {self.least:,.0f} to {self.most:,.0f}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch(Option):
    """On or off."""

    default: Value = False

    def check(self, value: Value) -> Value:
        return self.held(value, isinstance(value, bool), "on or off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Option):
    """Words as they are typed; ``lines`` for a field of several lines, else at most ``most_chars`` on one.

    ``from_file`` says whether a file can be put into the field.
    """

    default: Value = ""
    placeholder: str = ""
    lines: bool = False
    most_chars: int = 200
    from_file: bool = False

    def check(self, value: Value) -> Value:
        if value is not None and not isinstance(value, str):
            raise self.refuse(value, "words")
        fits = self.lines or len(value or "") <= self.most_chars
        return self.held(value, fits, f"at most {self.most_chars} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick(Option):
    """A position, or the number of a pair, that a click sets; None until somebody clicks, or where there is none.

    ``among`` gives those that there are, by the view and by what has come; none while that is not known.
    """

    among: Callable[[ViewState, Results], Collection[Value]]
    shows: bool = True
    place: Literal["row", "folded", "sections", "none"] = "none"

    def check(self, value: Value) -> Value:
        return self.held(value, value is None or type(value) is int, "a whole number")


TextsKind = Literal["none", "text", "segments", "pair", "lines", "table", "sides"]
"""No text; one; one, with a second segment if wanted; a pair; one with a sentence on each line; a table of them; two
sides, each a text with a second segment if wanted."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A page's fields for texts: what they take, what stands in them while they are empty, how many pixels high.

    ``edits`` says whether tokens may be edited, ``windows`` whether a long text may be read in windows, ``gaps``
    whether the page offers to write gaps as the model's mask token. They are those of the page ``shared``, where one is
    named: its text, edits and chosen position stand on either page.
    """

    kind: TextsKind = "none"
    placeholders: tuple[str, ...] = ("", "")
    height: int = 74
    edits: bool = False
    windows: bool = False
    gaps: bool = False
    shared: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """Texts to start from under a short title, and options that belong to them."""

    title: str
    text_a: str
    text_b: str | None = None
    options: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A page: ``key`` in addresses, views and folders, and what stands in the navigation.

    ``asks`` is its question to the reader, ``needs`` the head or ability that its questions ask, ``questions`` what the
    model is asked for a view, by name, in the order in which the answers are wanted. One model reads a view, or two
    for a comparison: ``models`` gives their specs. ``prints`` gives lines of Python over the names of its questions,
    for its snippet; ``measures`` and ``notes`` are what a report defines and explains.

    What it shows is in ``dashboard.pages.<key>.sections``, imported when it is shown: its function ``sections``, and
    ``answer`` and ``offers`` where it has its own.
    """

    key: str
    title: str
    icon: str
    group: str
    tip: str
    asks: str
    texts: Texts = Texts()
    examples: tuple[Example, ...] = ()
    options: tuple[Option, ...] = ()
    needs: Literal["mlm", "nsp", "layers", "attention", "gradients", "none"] = "none"
    questions: Callable[[ViewState, About], Mapping[str, Question]] = lambda _view, _about: {}
    models: Callable[[ViewState], tuple[str, ...]] = lambda view: (view.model,)
    prints: Callable[[ViewState], list[str]] = lambda _view: []
    measures: tuple[Measure, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def home(self) -> str:
        """The key of the page whose texts stand in this one's fields: its own, where it shares none."""
        return self.texts.shared or self.key

    def field(self, name: str) -> str:
        """Where an option's value stands in a visit: a chosen position goes with the texts that pages share."""
        return f"{self.home if name == 'position' else self.key}.{name}"

    def begins_with(self, about: About) -> Example:
        """What stands in its fields first: its first example, or nothing where the model can't read it."""
        return self.examples[0] if self.examples and about.reads_examples else Example("", "")

    def answer(self, view: ViewState, results: Results, look: Look) -> Sentence | None:
        """What the results say, in one sentence made of their numbers; None where there is nothing to say."""
        own = getattr(self._shows(), "answer", None)
        return None if own is None else own(view, results.readable, look)

    def sections(self, view: ViewState, results: Results, look: Look) -> Iterable[Section]:
        """What is shown of the results that have come so far; the same list for the screen and for paper."""
        return self._shows().sections(view, results.readable, look)

    def exports(self, view: ViewState, results: Results) -> dict[str, Any]:
        """JSON by name: what a session file holds of complete results."""
        return {name: make() for name, make in self.offers(view, results).items()}

    def offers(self, view: ViewState, results: Results) -> Mapping[str, Callable[[], Any]]:
        """The same, each made when somebody wants it: the names alone are known at every drawing."""
        own = getattr(self._shows(), "offers", None)
        if own is not None:
            return own(view, results)
        whole = {name: each for name, each in results.questions.items() if name in results.complete}
        return {name: partial(task_of(each).export, results[name]) for name, each in whole.items()}

    def settled(self, view: ViewState, results: Results) -> ViewState:
        """The view with every choice that depends on results set to one that these results have."""
        for option in self.options:
            if isinstance(option, Choice | Pick) and option.among is not None:
                value, allowed = view.option(option.name), option.among(view, results)
                if allowed and value not in allowed and (value is not None or isinstance(option, Choice)):
                    first = next(iter(allowed)) if isinstance(option, Choice) else None
                    view = view.with_options(**{option.name: first})
        return view

    def _shows(self) -> ModuleType:
        return import_module(f"dashboard.pages.{self.key}.sections")

    def option(self, name: str) -> Option:
        """The option of a name; KeyError when there is none."""
        return {option.name: option for option in self.options}[name]

    def check(self, view: ViewState) -> ViewState:
        """The view with every option that this page has, each checked (InputError if the page can't show it)."""
        given = dict(view.options)
        unknown = sorted(set(given) - {option.name for option in self.options} - {"units"})
        if unknown:
            raise InputError(
                f"The option '{quoted(unknown[0])}' came, which the page {self.title} does not have: open it again "
                "from where it came from."
            )
        allowed = {"none": 0, "sides": 2}.get(self.texts.kind, 1)
        if len(view.texts) != allowed:
            raise InputError(
                f"The number of texts that came is {len(view.texts)} and the page {self.title} has {allowed}: open it "
                "again from where it came from."
            )
        if self.texts.kind != "table":
            for text in view.texts:
                check_length(text.text_a)
        checked = {option.name: option.check(given.get(option.name, option.default)) for option in self.options}
        units = given.get("units", "usual")
        if units not in UNITS:
            raise InputError(f"'{quoted(str(units))}' came for the units: choose {', '.join(UNITS)}.")
        return view.with_options(**checked, units=units)
