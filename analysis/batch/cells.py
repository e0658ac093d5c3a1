"""What stands in the cells of a row, as the questions of the house take it."""

from collections.abc import Sequence

from analysis.batch.recipe import Values
from analysis.errors import InputError, quoted
from analysis.models.bundle import ModelBundle
from analysis.questions import Text
from analysis.texts.encoding import encode
from analysis.types import Encoded


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


def number_in(values: Values, column: str, otherwise: int) -> int:
    """A whole number of a row, ``otherwise`` where its cell is empty; InputError if something else stands there."""
    value = values.get(column)
    if value is None or (isinstance(value, str) and not value.strip()):
        return otherwise
    written = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    if isinstance(value, bool) or not written.removeprefix("-").isdecimal():
        raise InputError(f"The column {column} holds '{quoted(str(value))}': write a whole number.")
    return int(written)
