"""Which format a file is in: by what is in it, and where that leaves it open by its name's ending."""

import codecs
import json
import re
from pathlib import PurePath
from typing import Literal, get_args

from analysis.batch.files.delimited import delimiter_of
from analysis.batch.layout import is_known, is_text_name
from analysis.errors import InputError, quoted

Format = Literal["csv", "tsv", "jsonl", "json", "parquet", "text"]
FORMATS: tuple[Format, ...] = get_args(Format)
PARQUET = b"PAR1"

_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".txt": "text",
    ".text": "text",
}
_FIRST = re.compile(r"[^\r\n]*"), re.compile(r'(?:[^"\r\n]|"[^"]*")*+')
_ARRAY, _OBJECT = re.compile(r"\s*\[\s*[{\]]"), re.compile(r'\s*\{\s*["}]')


def check_format(name: str) -> Format:
    """The format of that name; InputError if there is none."""
    for each in FORMATS:
        if name == each:
            return each
    raise InputError(f"The format '{quoted(name)}' came: choose among {', '.join(FORMATS)}.")


def format_of(head: bytes, name: str | None, whole: bool) -> Format:
    """The format of a file that begins with ``head`` (unpacked), ``whole`` if that is all of it.

    Parquet and JSON show what they are; what begins with an object is one a line if its first line is one and another
    line follows, or nothing else is known and no array of objects is in it. Of the rest the ending decides. Without
    one, or with that of a text, a tab in the first line makes TSV of it; commas or semicolons make CSV of it, and tabs
    of a text, where the first line holds a known name. A first line that is the name of a text makes TSV of one column.
    """
    if head.startswith(PARQUET):
        return "parquet"
    text = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode(head, final=whole)
    ending = _ending(name)
    if _ARRAY.match(text):
        return "json"
    if _OBJECT.match(text):
        return _of_objects(text, ending)
    text = text.lstrip("\r\n")
    # A cell in quotes may go over several lines.
    first = max((found.group() for way in _FIRST if (found := way.match(text))), key=len)
    return ending if ending is not None and ending != "text" else _of_cells(first, ending)


def _of_cells(first: str, ending: Format | None) -> Format:
    """The format of lines, of which this is the first."""
    delimiter = delimiter_of(first)
    cells = [cell.strip(' "') for cell in first.split(delimiter)]
    known = len(cells) > 1 and any(is_known(cell) for cell in cells)
    if is_text_name(first) or (delimiter == "\t" and (known or (ending is None and len(cells) > 1))):
        return "tsv"
    return "csv" if known and ending is None else "text"


def _ending(name: str | None) -> Format | None:
    if name is None:
        return None
    endings = [suffix.lower() for suffix in PurePath(name).suffixes]
    if endings and endings[-1] in {".gz", ".gzip"}:
        endings.pop()
    return _ENDINGS.get(endings[-1]) if endings else None


def _of_objects(text: str, ending: Format | None) -> Format:
    first, *rest = re.split(r"\r\n|\r|\n", text.strip(), maxsplit=1)
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        # A broken first line of .jsonl is that row's error.
        return "jsonl" if ending == "jsonl" else "json"
    if rest:
        return "jsonl"
    inner = [each for value in found.values() for each in (value.values() if isinstance(value, dict) else [value])]
    arrays = any(isinstance(each, list) and each and isinstance(each[0], dict) for each in inner)
    return "json" if ending == "json" or (arrays and ending is None) else "jsonl"
