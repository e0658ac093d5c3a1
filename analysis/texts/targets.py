"""What is read off an input where one number is followed: ln p of a token somewhere, or the next-sentence margin."""

import numpy as np
import torch

from analysis.errors import InputError, quoted
from analysis.models.bundle import ModelBundle
from analysis.models.forward import Rows, forward
from analysis.models.inside import Target
from analysis.texts.pieces import after_space, id_of, pieces
from analysis.types import TEMPLATE, Encoded, Tensors

MARGIN = "nsp"
_MOST_DIGITS = 9
"""More than any position or id has."""
_FORMS = "write a position, as 9, a position and a token, as 9=election, or nsp"


def target_of(bundle: ModelBundle, encoded: Encoded, target: str, beside: Encoded | None = None) -> Target:
    """The target that is named: ``INDEX=TOKEN`` (or an id), ``INDEX`` or ``nsp``; nothing leaves the choice to us.

    A position alone means its own token, at a [MASK] the head's first guess, for which one row is read. Left to us it
    is the first [MASK]; without one, of a pair, the margin if there is the head; else the last word of C, of those that
    an input ``beside`` has at the same position, too. InputError, before anything is read, if there is no such target.
    """
    target = target.strip()
    if not target:
        target = _chosen(bundle, encoded, beside)
    if target.casefold() == MARGIN:
        bundle.nsp.require()
        return Target(0, None)
    bundle.mlm.require()
    index, named, token = (part.strip() for part in target.partition("="))
    if not _is_number(index) or bool(named) != bool(token):
        raise InputError(f"The target '{quoted(target)}' came: {_FORMS}.")
    position, own = int(index), np.flatnonzero(encoded.sequence != TEMPLATE)
    if position not in own:
        raise InputError(
            f"The target stands at position {position:,}, and the text's own tokens at positions {own[0]} to "
            f"{own[-1]:,}: choose one of those."
        )
    if token:
        return Target(position, _id_of(bundle, encoded, position, token))
    if encoded.masked[position]:
        return Target(position, _guess(bundle, encoded, position))
    return Target(position, int(encoded.ids[position]))


def _chosen(bundle: ModelBundle, encoded: Encoded, beside: Encoded | None) -> str:
    masks = np.flatnonzero(encoded.masked)
    if len(masks):
        return str(masks[0])
    if encoded.text_b is not None and bundle.nsp.real:
        return MARGIN
    there = ~encoded.outside if beside is None else ~encoded.outside & (encoded.ids == beside.ids)
    found = np.flatnonzero(there if there.any() else ~encoded.outside).tolist()
    words = [position for position in found if any(char.isalnum() for char in encoded.tokens[position])]
    return str((words or found)[-1])


def _id_of(bundle: ModelBundle, encoded: Encoded, position: int, token: str) -> int:
    """The id of a token that is named by number, as a word of the text, or as the vocabulary writes it."""
    if _is_number(token):
        if int(token) >= bundle.n_vocabulary:
            raise InputError(f"The id {token} came; the vocabulary has 0 to {bundle.n_vocabulary - 1:,}: choose one.")
        return int(token)
    try:
        ids = pieces(bundle, token, after_space=after_space(encoded, position))
    except InputError:
        ids = ()
    return ids[0] if len(ids) == 1 else id_of(bundle, token)


def _guess(bundle: ModelBundle, tensors: Tensors, position: int) -> int:
    """The most probable id at a position."""
    found: list[int] = []

    def keep(logits: torch.Tensor, _start: int) -> None:
        found.append(int(logits[0].argmax()))

    forward(bundle, [tensors], mlm=(Rows([0], [position]), keep))
    return found[0]


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _MOST_DIGITS
