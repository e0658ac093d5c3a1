"""``ViewState``: everything a page needs to draw itself, as one frozen value that survives JSON.

Pages get their view and read nothing else; whatever reopens a page (a link, a session file, the command line) only has
to bring its view.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from analysis.errors import InputError
from analysis.limits import MAX_PASTED_BYTES, MAX_SPEC_CHARS, MAX_TEXT_CHARS
from analysis.questions import Text
from analysis.version import SCHEMA_VERSION

Value = str | int | float | bool | None
"""What an option can hold."""

_LARGEST = 2**31
"""Beyond what a position or an id can be."""
_DAMAGED = "This saved view is damaged or not one of Pretext's: open it again from where it came from."


@dataclass(frozen=True, slots=True)
class ViewState:
    """A page's whole input: its key, the model's spec, texts and options, and the version of this layout.

    ``texts`` are as typed, with the edits of their tokens: one, two sides of a comparison, or none; ``options`` the
    name and value of every option of the page, sorted by name.
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
        """Read a view back (InputError if it is none, or of another version: none was released with an older one).

        Whether its page can show it is the page's to say.
        """
        try:
            fields = json.loads(content)
        except (ValueError, RecursionError):
            raise InputError(_DAMAGED) from None
        schema = fields.get("schema") if isinstance(fields, dict) else None
        _demand(type(schema) is int and schema >= 1)
        # Asked first: another version may well have other fields.
        if schema != SCHEMA_VERSION:
            do = "update Pretext" if schema > SCHEMA_VERSION else "make it anew"
            raise InputError(f"This saved view is of version {schema}; this Pretext reads {SCHEMA_VERSION}: {do}.")
        _demand(set(fields) == {"page", "model", "texts", "options", "schema"} and isinstance(fields["texts"], list))
        return cls(
            page=_text(fields["page"], MAX_SPEC_CHARS),
            model=_text(fields["model"], MAX_SPEC_CHARS),
            texts=tuple(_text_of(each) for each in fields["texts"]),
            options=options(_checked(fields["options"])),
        )


def options(values: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    """Options in their frozen form."""
    return tuple(sorted(values.items()))


def _demand(sound: bool) -> None:
    if not sound:
        raise InputError(_DAMAGED)


def _checked(values: Any) -> Mapping[str, Value]:
    """Options that came from outside: strings that a field can hold, numbers and truth values by name."""
    _demand(isinstance(values, Mapping))
    for value in values.values():
        _demand(isinstance(value, (str, int, float, bool, type(None))))
        _demand(not isinstance(value, float) or math.isfinite(value))
        if isinstance(value, str):
            _text(value, MAX_TEXT_CHARS)
    return values


def _text_of(fields: Any) -> Text:
    _demand(isinstance(fields, dict) and set(fields) == {"text_a", "text_b", "edits", "in_windows"})
    text_b, in_windows = fields["text_b"], fields["in_windows"]
    _demand(isinstance(in_windows, bool))
    # As long as a table may be; how long another text may be is its page's to say.
    return Text(
        _text(fields["text_a"], MAX_PASTED_BYTES),
        None if text_b is None else _text(text_b, MAX_TEXT_CHARS),
        _edits(fields["edits"]),
        in_windows,
    )


def _text(value: Any, most: int) -> str:
    """A string that a field can hold: no longer than it may be, and without halves of characters."""
    _demand(isinstance(value, str) and len(value) <= most and not re.search("[\ud800-\udfff]", value))
    return value


def _edits(values: Any) -> tuple[tuple[int, int], ...]:
    _demand(isinstance(values, list) and all(isinstance(each, list) and len(each) == 2 for each in values))  # noqa: PLR2004
    _demand(all(type(each) is int and 0 <= each < _LARGEST for edit in values for each in edit))
    return tuple((position, id_) for position, id_ in values)
