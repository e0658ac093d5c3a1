"""How rows are drawn as points, by what they are, and listed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.types import Ints
from analysis.types.table import PairScore, ScoredTable
from dashboard.drawing.chart import Spec, cut, label
from dashboard.drawing.palette import Palette
from dashboard.glossary import Units, signed
from dashboard.pages.batch.chosen import converted, said, verdicts
from dashboard.second_head import head_words

_TEXT_CHARS, _SMALL, _LARGE, _MANY = 70, 6, 9, 200


@dataclass(frozen=True)
class Marks:
    """How each row of a table is marked: by whether the head is right, or by the label, in shape and colour.

    ``kinds`` are name, symbol and colour, ``of`` [N] the kind of each row.
    """

    table: ScoredTable
    kinds: tuple[tuple[str, str, str], ...]
    of: Ints

    @classmethod
    def made(cls, table: ScoredTable, score: PairScore | None, palette: Palette) -> "Marks":
        """The marks of a table under one of its scores."""
        if score is not None:
            right = verdicts(table, score)
            kinds = (
                ("right", "circle", palette.primary),
                ("wrong", "x", palette.ink),
                ("tie", "square-open", palette.muted),
                ("", "circle", palette.muted),
            )
            return cls(table, kinds, np.select([right > 0, right < 0, right == 0], [0, 1, 2], 3).astype(np.int32))
        if table.kind == "labelled pair":
            words = head_words(table.meaning)
            kinds = (
                (f"labelled {words.yes}", "circle", palette.is_next),
                (f"labelled {words.no}", "diamond", palette.not_next),
                ("no label", "square-open", palette.muted),
            )
            of = [2 if row.label is None else int(not row.label) for row in table.rows]
            return cls(table, kinds, np.array(of, np.int32))
        return cls(table, (("", "circle", palette.primary),), np.zeros(len(table.rows), np.int32))

    @property
    def alone(self) -> bool:
        """Whether there is one kind of rows, which needs no name."""
        return len(self.kinds) == 1

    def points(self, rows: Ints, x: np.ndarray, y: np.ndarray, number: str, units: Units) -> Iterator[Spec]:
        """A trace of points for each kind of some rows at these places; a point says its texts and a number."""
        values = converted(self.table.values(number), number, units)
        size = _LARGE if len(rows) < _MANY else _SMALL
        for kind, (name, symbol, colour) in enumerate(self.kinds):
            mine = self.of[rows] == kind
            if mine.any():
                yield {
                    "type": "scatter",
                    "mode": "markers",
                    "name": name,
                    "showlegend": not self.alone,
                    "x": x[mine].tolist(),
                    "y": y[mine].tolist(),
                    "marker": {
                        "symbol": symbol,
                        "color": colour,
                        "size": size,
                        "opacity": 0.85,
                        "line": {"width": 1, "color": colour},
                    },
                    "customdata": [self._said(row, values[row]) for row in rows[mine].tolist()],
                    "hovertemplate": "row %{customdata[0]}"
                    + "".join(f"<br>%{{customdata[{at + 2}]}}" for at in range(len(self.table.sides)))
                    + f"<br>{label(said(self.table, number, units))} %{{customdata[1]}}<extra></extra>",
                }

    def _said(self, row: int, value: float) -> list[str | int]:
        mine = self.table.rows[row]
        return [mine.number, signed(float(value)), *(label(cut(text, _TEXT_CHARS)) for text in mine.texts)]

    def listed(self, rows: Ints, numbers: Sequence[str], units: Units) -> pd.DataFrame:
        """One line per row: its number, texts, group, what it is, and some of its numbers."""
        mine = [self.table.rows[row] for row in rows.tolist()]
        columns: dict[str, object] = {"row": [row.number for row in mine]}
        columns |= {side: [row.texts[at] for row in mine] for at, side in enumerate(self.table.sides)}
        if any(row.group for row in self.table.rows):
            columns["group"] = [row.group for row in mine]
        if not self.alone:
            columns["which is"] = [self.kinds[kind][0] for kind in self.of[rows].tolist()]
        columns |= {
            said(self.table, name, units): converted(self.table.values(name), name, units)[rows] for name in numbers
        }
        return pd.DataFrame(columns)
