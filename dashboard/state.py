"""``ViewState``: everything a page needs to draw itself, as one frozen value that survives JSON.

Pages get their view from ``controls`` and read nothing else; whatever reopens a page only has to bring its view.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple

from analysis.choices import Masking, ReadingKind, SplitContext, SplitUnit
from analysis.errors import InputError
from analysis.limits import MAX_SPEC_CHARS, MAX_TEXT_CHARS
from analysis.tasks.compare import Given
from analysis.types import Edit
from analysis.version import SCHEMA_VERSION

Option = str | int | bool | None

PAGES = ("tokens", "fill", "next_sentence", "splits", "pairs", "compare", "tour", "model")

_LARGEST = 2**31
"""Beyond what a position or an id can be."""
_DAMAGED = "This saved view is damaged or not one of Pretext's: open it again from where it came from."


class Input(NamedTuple):
    """What the masked-LM head is asked: one or two texts, edits of their tokens, whether windows may be used, and the
    words whose probability is wanted everywhere."""

    text_a: str
    text_b: str | None = None
    edits: tuple[Edit, ...] = ()
    in_windows: bool = False
    follow: tuple[str, ...] = ()


class SplitQuestion(NamedTuple):
    """What a sweep of splits is asked; ``starts`` are the sentences' first characters, None for those found."""

    text: str
    unit: SplitUnit
    context: SplitContext
    controls: int
    seed: int
    starts: tuple[int, ...] | None = None


class PairQuestion(NamedTuple):
    """What a matrix of pairs is asked."""

    sentences: tuple[str, ...]
    controls: int
    seed: int


class CompareQuestion(NamedTuple):
    """What a comparison is asked; ``model_b`` reads B."""

    a: Given
    b: Given
    model_b: str
    reading: ReadingKind
    masking: Masking


@dataclass(frozen=True, slots=True)
class ViewState:
    """A page's whole input.

    Attributes
    ----------
    page
        One of ``PAGES``.
    model
        The model's spec.
    text_a, text_b
        The texts as typed; ``text_b`` is None for a single segment.
    options
        Name and value of every control of the page, sorted by name.
    edits
        Positions of the tokenised text and the ids put there.
    schema
        Version of the layout.
    """

    page: str
    model: str
    text_a: str = ""
    text_b: str | None = None
    options: tuple[tuple[str, Option], ...] = ()
    edits: tuple[Edit, ...] = ()
    schema: int = SCHEMA_VERSION

    def option(self, name: str) -> Option:
        """The value of one control, None when the view has no such option."""
        return dict(self.options).get(name)

    def name(self, option: str) -> str:
        """An option that is a name."""
        value = self.option(option)
        return value if isinstance(value, str) else ""

    def number(self, option: str) -> int:
        """An option that is a whole number."""
        value = self.option(option)
        return value if isinstance(value, int) else 0

    @property
    def input(self) -> Input:
        """The part of the view that numbers of the masked-LM head depend on, besides the model."""
        follow = tuple(self.name("follow").split())
        return Input(self.text_a, self.text_b, self.edits, bool(self.option("windows")), follow)

    def to_json(self) -> str:
        """The view as one line of JSON."""
        return json.dumps({**asdict(self), "options": dict(self.options)}, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, content: str) -> "ViewState":
        """Read a view back.

        Raises
        ------
        InputError
            If it is no view, or one of a newer version.
        """
        try:
            fields = json.loads(content)
        except (ValueError, RecursionError):
            raise InputError(_DAMAGED) from None
        if not isinstance(fields, dict):
            raise InputError(_DAMAGED)
        schema = fields.get("schema")
        # Asked first: a newer version may well have other fields.
        if isinstance(schema, int) and schema > SCHEMA_VERSION:
            raise InputError(
                f"This saved view is of version {schema}; this Pretext reads up to {SCHEMA_VERSION}: update Pretext."
            )
        if set(fields) != {"page", "model", "text_a", "text_b", "options", "edits", "schema"}:
            raise InputError(_DAMAGED)
        view = cls(**{**fields, "options": options(fields["options"]), "edits": _edits(fields["edits"])})
        if not view._is_sound():
            raise InputError(_DAMAGED)
        return view

    def _is_sound(self) -> bool:
        return (
            self.page in PAGES
            and isinstance(self.model, str)
            and len(self.model) <= MAX_SPEC_CHARS
            and _is_text(self.model)
            and _is_text(self.text_a)
            and (self.text_b is None or _is_text(self.text_b))
            and all(_is_text(value) for _, value in self.options if isinstance(value, str))
            and isinstance(self.schema, int)
        )


def _is_text(value: object) -> bool:
    """Whether a field can hold it: no longer than a text may be, and without halves of characters."""
    return isinstance(value, str) and len(value) <= MAX_TEXT_CHARS and not re.search("[\ud800-\udfff]", value)


def edits_text(edits: tuple[Edit, ...]) -> str:
    """Edits as an option: ``9=2602 11=4``."""
    return " ".join(f"{position}={id_}" for position, id_ in edits)


def edits_of(text: str) -> tuple[Edit, ...]:
    """Edits back from an option.

    Raises
    ------
    InputError
        If it holds anything else.
    """
    found = [re.fullmatch(r"(\d{1,9})=(\d{1,9})", each) for each in text.split()]
    if not all(found):
        raise InputError(_DAMAGED)
    return tuple((int(each[1]), int(each[2])) for each in found if each)


def _edits(values: object) -> tuple[Edit, ...]:
    if not isinstance(values, list):
        raise InputError(_DAMAGED)
    try:
        edits = tuple((position, id_) for position, id_ in values)
    except (TypeError, ValueError):
        raise InputError(_DAMAGED) from None
    if not all(type(each) is int and 0 <= each < _LARGEST for edit in edits for each in edit):
        raise InputError(_DAMAGED)
    return edits


def options(values: object) -> tuple[tuple[str, Option], ...]:
    """Options in their frozen form.

    Raises
    ------
    InputError
        If a name is no string or a value no string, number or truth value.
    """
    if not isinstance(values, Mapping):
        raise InputError(_DAMAGED)
    for name, value in values.items():
        if not isinstance(name, str) or not isinstance(value, (str, int, bool, type(None))):
            raise InputError(_DAMAGED)
    return tuple(sorted(values.items()))
