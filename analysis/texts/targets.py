"""How the one number is named that a head gives for an input: ``9=election``, a position alone, or the margin."""

import re
from collections.abc import Iterable

import numpy as np

from analysis.choices import MARGIN_TARGET
from analysis.errors import InputError, quoted
from analysis.models.bundle import ModelBundle
from analysis.texts.pieces import after_space, id_of, pieces
from analysis.texts.words import bare
from analysis.types import Encoded

_WRITTEN = re.compile(r"([0-9]{1,9})?\s*(?:=\s*(.+))?", re.DOTALL)
_SHOWN = 8
"""Pieces of a word that a sentence names."""


def named(bundle: ModelBundle, encoded: Encoded, target: str, otherwise: int | None) -> tuple[int | None, int | None]:
    """The position and the id that are named: ``INDEX=TOKEN``, ``INDEX``, ``=TOKEN`` or ``nsp``.

    Without a position it is ``otherwise``. A position alone means its own token; at a [MASK] the id is None, for the
    head's first guess. The margin has neither. InputError if there is no such target, or the model lacks the head.
    """
    target = target.strip()
    if target.casefold() == MARGIN_TARGET:
        bundle.nsp.require()
        return None, None
    bundle.mlm.require()
    found = _WRITTEN.fullmatch(target)
    if found is None:
        raise InputError(
            f"The target '{quoted(target)}' came: write a position, as 9, a position and a token, as 9=election, or "
            "nsp."
        )
    index, token = found.groups()
    position = otherwise if index is None else int(index)
    if position is None:
        raise InputError("The text holds only special tokens, so no position can be a target: add at least one word.")
    if position >= len(encoded):
        raise InputError(
            f"Position {position:,} came; this text has positions 0 to {len(encoded) - 1:,}: choose one of them."
        )
    if token is not None:
        return position, _id(bundle, encoded, position, token.strip())
    return position, None if encoded.masked[position] else int(encoded.ids[position])


def last_word(encoded: Encoded, among: Iterable[int]) -> int | None:
    """The last of some positions at which a letter or a digit stands, else the last one; None where there is none."""
    found = list(among)
    written = [at for at in found if any(map(str.isalnum, bare(encoded.tokens[at])))]
    return (written or found or [None])[-1]


def first_mask(encoded: Encoded) -> int | None:
    """The position of the first [MASK]; None where there is none."""
    return next(iter(np.flatnonzero(encoded.masked).tolist()), None)


def _id(bundle: ModelBundle, encoded: Encoded, position: int, token: str) -> int:
    """The id of a token that could stand at a position, typed as in a text or as the vocabulary writes it."""
    try:
        ids = pieces(bundle, token, after_space=after_space(encoded, position), called="target")
    except InputError:
        ids = ()
    if len(ids) == 1:
        return ids[0]
    try:
        return id_of(bundle, token)
    except InputError:
        if not ids:
            raise
    shown = " ".join(bundle.tokens_of(ids[:_SHOWN])) + (" …" if len(ids) > _SHOWN else "")
    raise InputError(f"'{quoted(token)}' has {len(ids)} pieces here ({shown}): name one of them.")
