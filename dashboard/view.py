"""``ViewState``: everything a page needs to draw itself, as one frozen value that survives JSON.

Pages get their view and read nothing else; whatever reopens a page (a link, a session file, the command line) only has
to bring its view.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from analysis.errors import InputError
from analysis.limits import MAX_SPEC_CHARS, MAX_TEXT_CHARS
from analysis.questions import Text
from analysis.version import SCHEMA_VERSION

Value = str | int | bool | None
"""What an option can hold."""

_LARGEST = 2**31
"""Beyond what a position or an id can be."""
_DAMAGED = "This saved view is damaged or not one of Pretext's: open it again from where it came from."


@dataclass(frozen=True, slots=True)
class ViewState:
    """A page's whole input.

    Attributes
    ----------
    page
        The key of a page.
    model
        The model's spec.
    texts
        The texts as typed, with the edits of their tokens: one, two sides of a comparison, or none.
    options
        Name and value of every option of the page, sorted by name.
    schema
        Version of the layout.
    """

    page: str
    model: str
    texts: tuple[Text, ...] = ()
    options: tuple[tuple[str, Value], ...] = ()
    schema: int = SCHEMA_VERSION

    @property
    def text(self) -> Text:
        """The (first) text."""
        return self.texts[0] if self.texts else Text("")

    def option(self, name: str) -> Value:
        """The value of one option, None when the view has no such option."""
        return dict(self.options).get(name)

    def name(self, option: str) -> str:
        """An option that is a name or words."""
        value = self.option(option)
        return value if isinstance(value, str) else ""

    def number(self, option: str) -> int:
        """An option that is a whole number."""
        value = self.option(option)
        return value if isinstance(value, int) else 0

    def flag(self, option: str) -> bool:
        """An option that is on or off."""
        return bool(self.option(option))

    def with_options(self, **changed: Value) -> "ViewState":
        """The view with other values of some options."""
        return replace(self, options=options({**dict(self.options), **changed}))

    def to_json(self) -> str:
        """The view as one line of JSON."""
        return json.dumps({**asdict(self), "options": dict(self.options)}, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, content: str) -> "ViewState":
        """Read a view back, of this version or an older one; whether its page can show it is the page's to say.

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
        if type(schema) is not int or schema < 1:
            raise InputError(_DAMAGED)
        if schema == 1:
            fields = _of_version_1(fields)
        if set(fields) != {"page", "model", "texts", "options", "schema"} or not isinstance(fields["texts"], list):
            raise InputError(_DAMAGED)
        return cls(
            page=_text(fields["page"], MAX_SPEC_CHARS),
            model=_text(fields["model"], MAX_SPEC_CHARS),
            texts=tuple(_text_of(each) for each in fields["texts"]),
            options=options(_checked(fields["options"])),
        )


def options(values: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    """Options in their frozen form."""
    return tuple(sorted(values.items()))


def _checked(values: object) -> Mapping[str, Value]:
    """Options that came from outside: names, with strings that a field can hold, numbers and truth values."""
    if not isinstance(values, Mapping):
        raise InputError(_DAMAGED)
    for name, value in values.items():
        if not isinstance(name, str) or not isinstance(value, (str, int, bool, type(None))):
            raise InputError(_DAMAGED)
        if isinstance(value, str):
            _text(value, MAX_TEXT_CHARS)
    return values


def _text_of(fields: object) -> Text:
    if not isinstance(fields, dict) or set(fields) != {"text_a", "text_b", "edits", "in_windows"}:
        raise InputError(_DAMAGED)
    text_b, in_windows = fields["text_b"], fields["in_windows"]
    if not isinstance(in_windows, bool):
        raise InputError(_DAMAGED)
    return Text(
        _text(fields["text_a"], MAX_TEXT_CHARS),
        None if text_b is None else _text(text_b, MAX_TEXT_CHARS),
        _edits(fields["edits"]),
        in_windows,
    )


def _text(value: Any, most: int) -> str:
    """A string that a field can hold: no longer than it may be, and without halves of characters."""
    if not isinstance(value, str) or len(value) > most or re.search("[\ud800-\udfff]", value):
        raise InputError(_DAMAGED)
    return value


def _edits(values: object) -> tuple[tuple[int, int], ...]:
    if not isinstance(values, list):
        raise InputError(_DAMAGED)
    try:
        edits = tuple((position, id_) for position, id_ in values)
    except (TypeError, ValueError):
        raise InputError(_DAMAGED) from None
    if not all(type(each) is int and 0 <= each < _LARGEST for edit in edits for each in edit):
        raise InputError(_DAMAGED)
    return edits


def _of_version_1(fields: dict[str, Any]) -> dict[str, Any]:
    """The layout of 0.1, where the second segment of a comparison's sides and A's edits were options."""
    if set(fields) != {"page", "model", "text_a", "text_b", "options", "edits", "schema"}:
        raise InputError(_DAMAGED)
    old = dict(_checked(fields["options"]))
    of_a = old.pop("edits_a", None) or ""
    found = [re.fullmatch(r"(\d{1,9})=(\d{1,9})", each) for each in str(of_a).split()]
    if not all(found):
        raise InputError(_DAMAGED)
    edits_a = [[int(each[1]), int(each[2])] for each in found if each]
    segment_a, segment_b = old.pop("segment_a", None), old.pop("segment_b", None)
    in_windows = bool(old.pop("windows", None))
    first, second = old.pop("first", None), old.pop("second", None)
    if first is not None:
        old["pair"] = f"{first},{second}"

    def text(text_a: Any, text_b: Any, edits: Any) -> dict[str, Any]:
        return {"text_a": text_a, "text_b": text_b, "edits": edits, "in_windows": in_windows}

    if fields["page"] == "compare":
        texts = [text(fields["text_a"], segment_a, edits_a), text(fields["text_b"] or "", segment_b, fields["edits"])]
    elif fields["page"] in {"tour", "model"}:
        texts = []
    else:
        texts = [text(fields["text_a"], fields["text_b"], fields["edits"])]
    return {
        "page": fields["page"],
        "model": fields["model"],
        "texts": texts,
        "options": old,
        "schema": SCHEMA_VERSION,
    }
