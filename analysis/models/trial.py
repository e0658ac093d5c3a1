"""A loaded model tried out before anyone asks it: what its logits and its longest input are, and whether it repeats.

What a configuration or a module says of these may be wrong; what a run gives is what every answer will be made of.
"""

from dataclasses import replace
from functools import partial
from importlib.metadata import version
from itertools import islice

import numpy as np
import torch

from analysis.errors import ModelError
from analysis.models.bundle import ModelBundle
from analysis.models.families import in_parts
from analysis.models.forward import Rows, run
from analysis.types import Ints, Tensors

_SHORT = 3
"""Tokens of the shortest input tried: one between two."""
_DIFFERENT = 50
"""Tokens that the inputs are made of: what compares tokens would find nothing in one that is repeated."""
_SAME = 1e-4
"""Largest difference of two logits that rounding in another order makes."""


def tried(bundle: ModelBundle, called: str) -> ModelBundle:
    """The bundle with V and the longest input as they were found by running it.

    A model in parts has a known layout: its longest input is derived from its table of positions. Of any other the
    longest is run, then a short one, then the longest again. ModelError if it does not run, or answers differently.
    """
    if in_parts(bundle.model):
        return replace(bundle, n_vocabulary=len(_row(bundle, _SHORT, called)))
    longest, before = _longest(bundle, called)
    _row(bundle, _SHORT, called)
    if not torch.allclose(before, _row(bundle, longest, called), rtol=_SAME, atol=_SAME, equal_nan=True):
        raise ModelError(
            f"{called} gives other numbers for the same text each time, or after another text, so no number of it "
            "could be checked: choose another model."
        )
    return replace(bundle, n_vocabulary=len(before), max_tokens=longest)


def _longest(bundle: ModelBundle, called: str) -> tuple[int, torch.Tensor]:
    """The longest input that runs, found by halving, and the logits [V] of one of its positions."""
    try:
        return bundle.max_tokens, _row(bundle, bundle.max_tokens, called)
    except ModelError as error:
        if _for_want_of_memory(error):
            raise
        runs, fails = _SHORT, bundle.max_tokens
        row = _row(bundle, runs, called)
    while fails - runs > 1:
        middle = (runs + fails) // 2
        try:
            runs, row = middle, _row(bundle, middle, called)
        except ModelError:
            fails = middle
    return runs, row


def _row(bundle: ModelBundle, length: int, called: str) -> torch.Tensor:
    """The logits [V] in the middle of so many ordinary tokens."""
    ids = np.resize(_ordinary_ids(bundle), length)
    kept: list[torch.Tensor] = []
    take = partial(_keep, kept)
    try:
        run(bundle, [Tensors(ids, np.zeros_like(ids), np.ones_like(ids))], (Rows([0], [length // 2]), take))
    except ModelError as error:
        # Ids without embeddings are the tokenizer's fault, as its sentence says.
        if isinstance(error.__cause__, IndexError) or _for_want_of_memory(error):
            raise
        raise ModelError(
            f"{called} has a configuration with which transformers {version('transformers')} can't run it on a text "
            "alone: choose another model, or use the version that it was saved with."
        ) from error
    return kept[0]


def _for_want_of_memory(error: ModelError) -> bool:
    return "memory" in str(error.__cause__).lower()


def _keep(kept: list[torch.Tensor], logits: torch.Tensor, _start: int) -> None:
    kept.append(logits[0].clone())


def _ordinary_ids(bundle: ModelBundle) -> Ints:
    """The first ids of tokens that are no special ones."""
    special = {*bundle.outside_ids, *bundle.tokenizer.all_special_ids}
    ordinary = (id_ for id_ in range(len(bundle.tokenizer)) if id_ not in special)
    return np.fromiter(islice(ordinary, _DIFFERENT), np.int32)
