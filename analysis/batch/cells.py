"""What stands in the cells of a row, as the questions of the house take it."""

from collections.abc import Sequence

from analysis.batch.recipe import Values
from analysis.errors import InputError, quoted
from analysis.models.bundle import ModelBundle
from analysis.questions import Text
from analysis.texts.encoding import encode
from analysis.types import Encoded

TEXTS = ("text", "text_a", "text_b")
"""The columns that a row's input may stand in."""
_MOST_DIGITS = 18
_YES, _NO = {"1", "true", "yes"}, {"0", "false", "no"}


def text_in(values: Values, column: str) -> str:
    """A text of a row; InputError where there is none."""
    value = values.get(column)
    if value is None:
        raise InputError(f"The column {column} is empty in this row: put a text there, or take the row out.")
    if not isinstance(value, str):
        raise InputError(f"The column {column} holds {type(value).__name__}, no text: write it as text.")
    return value


def text_of(values: Values) -> Text:
    """The input that a row is: ``text``, or the pair of ``text_a`` and ``text_b``; InputError if there is none."""
    if values.get("text_b") is not None or values.get("text") is None:
        return Text(text_in(values, "text_a"), text_in(values, "text_b"))
    return Text(text_in(values, "text"))


def encoded_of(bundle: ModelBundle, values: Values) -> Encoded:
    """The same, tokenised; InputError if it can't be read."""
    text = text_of(values)
    return encode(bundle, text.text_a, text.text_b)


def listed(value: str | Sequence[str]) -> tuple[str, ...]:
    """Several texts of one cell: a list, or ``a|b|c``."""
    return tuple(part.strip() for part in value.split("|")) if isinstance(value, str) else tuple(value)


def listed_in(values: Values, column: str) -> tuple[str, ...]:
    """Several texts of a row; InputError where there are none."""
    value = values.get(column)
    found = () if value is None else listed(value) if isinstance(value, str | list | tuple) else (value,)
    if not any(found):
        raise InputError(f"The column {column} is empty in this row: write one or several, as in a|b|c.")
    for each in found:
        if not isinstance(each, str):
            raise InputError(f"The column {column} holds {type(each).__name__} among its texts: write it as text.")
    return found


def is_blank(value: object) -> bool:
    """Whether nothing stands in a cell."""
    return value is None or (isinstance(value, str) and not value.strip())


def number_in(values: Values, column: str, otherwise: int) -> int:
    """A whole number of a row, ``otherwise`` where its cell is empty; InputError if something else stands there."""
    value = values.get(column)
    return otherwise if is_blank(value) else _number(value, column)


def numbers_in(values: Values, column: str) -> tuple[int, ...]:
    """Several whole numbers of a row: a list, or ``1|2|3``; InputError if something else stands there."""
    value = values[column]
    given = listed(value) if isinstance(value, str | list | tuple) else (value,)
    return tuple(_number(each, column) for each in given)


def _number(value: object, column: str) -> int:
    written = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value).strip()
    digits = written.removeprefix("-")
    if isinstance(value, bool) or not digits.isdecimal() or len(digits) > _MOST_DIGITS:
        raise InputError(f"The column {column} holds '{quoted(str(value))}': write a whole number.")
    return int(written)


def switch_in(values: Values, column: str) -> bool:
    """Yes or no, of a row; InputError if something else stands there."""
    value = values[column]
    written = str(value).strip().lower()
    if written not in _YES | _NO:
        raise InputError(f"The column {column} holds '{quoted(str(value))}': write true or false.")
    return written in _YES
