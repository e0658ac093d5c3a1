"""Which columns of a table are its texts, its labels, its groups: by their names, or as somebody says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.errors import InputError, quoted
from analysis.types.table import TableKind

TOGETHER: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {
    ("sentence_good", "sentence_bad"): (
        ("sentence_good", "sentence_bad"),
        ("good", "bad"),
        ("acceptable", "unacceptable"),
        ("grammatical", "ungrammatical"),
        ("sentence_acceptable", "sentence_unacceptable"),
        ("sentence_grammatical", "sentence_ungrammatical"),
        ("good_sentence", "bad_sentence"),
        ("correct", "incorrect"),
        ("right", "wrong"),
        ("sen", "wrong_sen"),
    ),
    ("text_a", "text_b"): (
        ("text_a", "text_b"),
        ("sentence_a", "sentence_b"),
        ("sentence_1", "sentence_2"),
        ("text_1", "text_2"),
        ("sent_1", "sent_2"),
        ("sent_a", "sent_b"),
        ("premise", "hypothesis"),
        ("a", "b"),
        ("segment_a", "segment_b"),
        ("context", "sentence"),
        ("context", "continuation"),
        ("context", "target"),
        ("context", "ending"),
        ("question", "answer"),
        ("question", "sentence"),
        ("question_1", "question_2"),
        ("prompt", "response"),
        ("first", "second"),
        ("first_sentence", "second_sentence"),
        ("sentence", "next_sentence"),
        ("text", "next_text"),
    ),
    ("text",): (
        ("text",),
        ("sentence",),
        ("sent",),
        ("texts",),
        ("sentences",),
        ("content",),
        ("passage",),
        ("utterance",),
        ("cloze",),
    ),
}
"""The texts of a row by what they mean, with their usual names, the likeliest first; those of a row belong together."""

BESIDE: dict[str, tuple[str, ...]] = {
    "label": ("label", "labels", "gold_label", "is_next", "next_sentence_label", "gold", "class", "target"),
    "group": (
        "group",
        "uid",
        "phenomenon",
        "paradigm",
        "condition",
        "category",
        "bias_type",
        "field",
        "domain",
        "type",
    ),
    "candidates": ("candidates", "candidate", "options", "choices"),
}
"""What may stand beside the texts, with its usual names."""

OTHERS = ("id", "idx", "index", "item", "item_id", "pair_id", "pairid", "array", "number", "source", "split")
"""Names that are no text's, though nothing is read from them."""

MEANINGS = (*dict.fromkeys(meaning for group in TOGETHER for meaning in group), *BESIDE)


CALLED: dict[TableKind, str] = {
    "text": "single texts",
    "pair": "pairs of texts",
    "labelled pair": "pairs of texts with labels",
    "minimal pairs": "minimal pairs",
    "candidates": "texts with candidates",
}
"""What rows of a kind are called."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a table was taken for: ``columns`` are (meaning, column of the file), as ``Settings.columns`` has them."""

    kind: TableKind
    columns: tuple[tuple[str, str], ...]

    @property
    def taken_for(self) -> str:
        """That in words, of a sentence that is not ended."""
        what = ", ".join(f"{meaning} is the column '{quoted(column)}'" for meaning, column in self.columns)
        return f"Taken for {CALLED[self.kind]}: {what}"

    @property
    def says(self) -> str:
        """The same as a sentence for who gave a command."""
        return f"{self.taken_for} (say otherwise with --columns {self.columns[0][0]}=COLUMN)."


def recognise(names: Sequence[str], columns: Iterable[tuple[str, str]] = ()) -> Layout:
    """What a table with these columns holds; ``columns`` are (meaning, column) that somebody has said.

    Minimal pairs come before pairs, and pairs before single texts. A column that is the only one, or the only one whose
    name is none of a label, a group or a number, is the text. InputError, with the file's columns, where there are no
    texts, or what was said doesn't fit.
    """
    said = _said(names, columns)
    texts = _texts(names, said)
    beside = {
        meaning: column for meaning in BESIDE if (column := _beside(meaning, names, said, texts.values())) is not None
    }
    kind = _kind(tuple(texts), beside)
    return Layout(kind, tuple((texts | beside).items()))


def is_known(name: str) -> bool:
    """Whether a cell is a name of a column that tables have."""
    return _plain(name) in _KNOWN


def is_text_name(name: str) -> bool:
    """Whether a cell is a name of the one column that a table of single texts needs."""
    return _plain(name) in _TEXTS


def _plain(name: str) -> str:
    """A name in the spelling that is compared: Sentence 1, sentence1 and sentence-1 are sentence_1."""
    plain = "".join(char if char.isalnum() else "_" for char in name.strip().casefold()).strip("_")
    return "_".join(part for part in _digits_apart(plain).split("_") if part)


def _digits_apart(name: str) -> str:
    head = name.rstrip("0123456789")
    return f"{head}_{name[len(head) :]}" if head and len(head) < len(name) else name


_KNOWN = frozenset(
    _plain(name)
    for name in (
        *(name for ways in TOGETHER.values() for way in ways for name in way),
        *(name for ways in BESIDE.values() for name in ways),
        *OTHERS,
    )
)
_TEXTS = frozenset(_plain(name) for way in TOGETHER[("text",)] for name in way)


def _column(wanted: str, names: Sequence[str]) -> str | None:
    """The column of that name: as it is written, or else the first that reads the same."""
    if wanted in names:
        return wanted
    return next((name for name in names if _plain(name) == _plain(wanted)), None)


def _said(names: Sequence[str], columns: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for meaning, wanted in columns:
        if meaning not in MEANINGS:
            raise InputError(f"'{quoted(meaning)}' came for a meaning of a column: choose among {', '.join(MEANINGS)}.")
        column = _column(wanted, names)
        if column is None:
            raise InputError(
                f"The column '{quoted(wanted)}' is to be {meaning}, and the file has none of that name: choose "
                f"another, for {_those(names)}"
            )
        if found.get(meaning, column) != column:
            raise InputError(f"Two columns are to be {meaning}, '{found[meaning]}' and '{column}': choose one.")
        found[meaning] = column
    return found


def _texts(names: Sequence[str], said: dict[str, str]) -> dict[str, str]:
    """The texts by their meanings."""
    for meanings in TOGETHER:
        if given := {meaning: said[meaning] for meaning in meanings if meaning in said}:
            missing = [meaning for meaning in meanings if meaning not in given]
            others = [name for name in names if name not in said.values()]
            for meaning in missing:
                column = next((c for way in _ways(meaning) if (c := _column(way, others)) is not None), None)
                if column is None:
                    raise InputError(
                        f"A column for {meaning} is missing beside {', '.join(given)}: name it, as in "
                        f"{meaning}=COLUMN; {_those(names)}"
                    )
                given[meaning] = column
            return {meaning: given[meaning] for meaning in meanings}
    free = [name for name in names if name not in said.values()]
    for meanings, ways in TOGETHER.items():
        for way in ways:
            columns = [_column(name, free) for name in way]
            if None not in columns:
                return dict(zip(meanings, [column for column in columns if column is not None], strict=True))
    unknown = [name for name in free if not is_known(name)]
    if len(free) == 1 or len(unknown) == 1:
        return {"text": (unknown or free)[0]}
    raise InputError(
        "None of the file's columns is known for a text: name those that are, as in text=COLUMN, or text_a=COLUMN and "
        f"text_b=COLUMN; {_those(names)}"
    )


def _ways(meaning: str) -> list[str]:
    """Names of one text of several."""
    return [way[meanings.index(meaning)] for meanings, ways in TOGETHER.items() if meaning in meanings for way in ways]


def _beside(meaning: str, names: Sequence[str], said: dict[str, str], taken: Iterable[str]) -> str | None:
    if meaning in said:
        return said[meaning]
    free = [name for name in names if name not in {*taken, *said.values()}]
    return next((column for way in BESIDE[meaning] if (column := _column(way, free)) is not None), None)


def _kind(texts: tuple[str, ...], beside: dict[str, str]) -> TableKind:
    if texts == ("sentence_good", "sentence_bad"):
        return "minimal pairs"
    if texts == ("text_a", "text_b"):
        return "labelled pair" if "label" in beside else "pair"
    return "candidates" if "candidates" in beside else "text"


def _those(names: Sequence[str]) -> str:
    """The columns that a file has, at the end of a sentence."""
    shown = [f"'{quoted(name)}'" for name in names[:_SHOWN]]
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"it has {', '.join(shown)}{more}."


_SHOWN = 30
"""Columns that a sentence lists."""
