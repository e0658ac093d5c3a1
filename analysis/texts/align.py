"""Which token of one input stands for which of another: matches first, what was replaced between them next."""

from collections.abc import Hashable, Sequence

import numpy as np

from analysis.types import Encoded, Kind

Pair = tuple[int, int]
"""An index of each side; ``GAP`` on the side that has nothing there."""
GAP = -1


def align_tokens(a: Encoded, b: Encoded) -> list[Pair]:
    """Pairs of positions of two inputs, in the order of both; every position of either stands in exactly one.

    Each segment is aligned with the same segment of the other input. Where only the segmentation differs (the same
    text, cut elsewhere or not at all) the inputs are aligned as a whole, and so are a lone text and a pair.
    """
    if (a.text_b is None) != (b.text_b is None) or _run(a) == _run(b):
        return align(a.ids.tolist(), b.ids.tolist())
    pairs: list[Pair] = []
    for number in (0, 1) if a.text_b is not None else (0,):
        of_a, of_b = (np.flatnonzero(side.stands_with == number) for side in (a, b))
        for i, j in align(a.ids[of_a].tolist(), b.ids[of_b].tolist()):
            pairs.append((GAP if i == GAP else int(of_a[i]), GAP if j == GAP else int(of_b[j])))
    return pairs


def align(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Pair]:
    """Pairs of indices of two sequences, in the order of both.

    The longest common subsequence is matched. Of what lies between two matches the first of one side is paired with the
    first of the other and so on; what one side has more stands beside a gap.
    """
    pairs: list[Pair] = []
    i = j = 0
    for next_i, next_j in [*_common(a, b), (len(a), len(b))]:
        replaced = min(next_i - i, next_j - j)
        pairs += [(i + step, j + step) for step in range(replaced)]
        pairs += [(rest, GAP) for rest in range(i + replaced, next_i)]
        pairs += [(GAP, rest) for rest in range(j + replaced, next_j)]
        if next_i < len(a):
            pairs.append((next_i, next_j))
        i, j = next_i + 1, next_j + 1
    return pairs


def kind_of(pair: Pair, a: Sequence[Hashable], b: Sequence[Hashable]) -> Kind:
    """What happened between A and B at a pair of indices."""
    i, j = pair
    if i == GAP:
        return "insertion"
    if j == GAP:
        return "deletion"
    return "match" if a[i] == b[j] else "substitution"


def _run(encoded: Encoded) -> str:
    """All of the text without white space, which tokenizers may count into a piece or lose at a cut."""
    return "".join(f"{encoded.text_a} {encoded.text_b or ''}".split())


def _common(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Pair]:
    """A longest common subsequence as pairs of indices, the earliest one."""
    # Most comparisons are of nearly equal texts: what is equal at both ends needs no table.
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    middle_a, middle_b = a[start : len(a) - end], b[start : len(b) - end]
    # left[i][j]: how long a common subsequence of middle_a[i:] and middle_b[j:] can be.
    left = [[0] * (len(middle_b) + 1)]
    for x in reversed(middle_a):
        below, row = left[-1], [0]
        for j in range(len(middle_b) - 1, -1, -1):
            row.append(below[j + 1] + 1 if x == middle_b[j] else max(below[j], row[-1]))
        left.append(row[::-1])
    left.reverse()
    found: list[Pair] = []
    i = j = 0
    while i < len(middle_a) and j < len(middle_b):
        if middle_a[i] == middle_b[j]:
            found.append((start + i, start + j))
            i, j = i + 1, j + 1
        elif left[i + 1][j] >= left[i][j + 1]:
            i += 1
        else:
            j += 1
    equal_ends = [(len(a) - each, len(b) - each) for each in range(end, 0, -1)]
    return [*((each, each) for each in range(start)), *found, *equal_ends]
