"""What can be asked of the rows of a table: questions as those of ``analysis.questions``, which has all of them."""

from dataclasses import dataclass

from analysis import choices
from analysis.choices import Masking
from analysis.flag import asked


@dataclass(frozen=True, slots=True)
class Table:
    """What do the two heads say of every row of a table?

    ``table`` is the text of a file: CSV, tab-separated columns, JSON, a JSON object a line, or a text a line. ``suite``
    names what its rows are, such as ``pairs`` (a good and a bad sentence); ``plain`` rows are scored by their
    ``measures``, or by what fits them. ``columns`` say which column is what, ``text_a=premise``, where the names don't.
    Longer tables, other formats and several models are for ``python -m analysis batch``.
    """

    table: str = asked("file", "the table, a file of text; - for stdin", metavar="FILE")
    suite: str = asked(
        "name",
        "what the rows are: pairs, nsp, a published suite, or plain (default: what their columns say)",
        "--suite",
        "NAME",
        default=choices.BY_COLUMNS,
    )
    measures: tuple[str, ...] = asked(
        "name",
        "of plain rows: seen, pll, nsp, candidates, compare, as often as given (default: what fits their columns)",
        "--measure",
        "NAME",
        default=(),
        repeated=True,
    )
    scores: tuple[str, ...] = asked(
        "name",
        "of minimal pairs and suites: a named score, as often as given (default: the suite's own)",
        "--score",
        "NAME",
        default=(),
        repeated=True,
    )
    columns: tuple[str, ...] = asked(
        "name",
        "which column is what, as in text_a=premise; as often as given",
        "--columns",
        "MEANING=COLUMN",
        default=(),
        repeated=True,
    )
    masking: Masking = asked(
        "name", "as for pll", "--masking", default=choices.DEFAULT_MASKING, allowed=choices.MASKINGS
    )
