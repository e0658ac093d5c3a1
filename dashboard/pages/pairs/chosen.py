"""Which pair of a matrix is looked at among its controls: "1,2" in views, counted from 1."""

from collections.abc import Sequence
from itertools import permutations

from dashboard.page import Results
from dashboard.view import Value, ViewState

FIRST_PAIR = "1,2"
_SHORT = 60


def chosen_pair(view: ViewState, sentences: Sequence[str]) -> tuple[int, int]:
    """The pair that is looked at, counted from 0; the first two sentences when the view's is none of them."""
    pairs = _pairs(sentences)
    return pairs.get(view.name("pair"), pairs[FIRST_PAIR])


def named_pairs(_view: ViewState, results: Results) -> dict[Value, str]:
    """Every ordered pair of the sentences that were read, with its words."""
    matrix = results.get("pairs")
    sentences: Sequence[str] = () if matrix is None else matrix.sentences
    return {
        name: f"{i + 1}, {j + 1} · {sentences[i][:_SHORT]} | {sentences[j][:_SHORT]}"
        for name, (i, j) in _pairs(sentences).items()
    }


def _pairs(sentences: Sequence[str]) -> dict[str, tuple[int, int]]:
    return {f"{i + 1},{j + 1}": (i, j) for i, j in permutations(range(len(sentences)), 2)}
