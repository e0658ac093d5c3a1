"""Several revisions of one model in the order of its training: what a curve is drawn over."""

import re
from collections.abc import Iterable

_HASH = re.compile("[0-9a-f]{7,64}")


def curves(specs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The specs of models that come in two revisions or more, by id, in the order of the numbers in the revisions.

    ``step_2k`` comes before ``step_10k``. A revision without a number, such as ``main`` or a commit, comes after those
    with one, in the order in which it was given; so does the id alone, which stands for ``main``.
    """
    by_id: dict[str, list[str]] = {}
    for spec in specs:
        by_id.setdefault(spec.partition("@")[0], []).append(spec)
    return {id_: tuple(sorted(own, key=_place)) for id_, own in by_id.items() if len(own) > 1}


def _place(spec: str) -> tuple[bool, list[int]]:
    revision = spec.partition("@")[2]
    numbers = [] if _HASH.fullmatch(revision) else [int(each) for each in re.findall("[0-9]+", revision)]
    return not numbers, numbers
