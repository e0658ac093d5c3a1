"""Attention: every head in numbers, and the weights of one."""

from dataclasses import fields
from typing import Any

from analysis.export.parts import answer, edits, picked, plain, rows
from analysis.types import AttentionWeights


def attention(found: AttentionWeights) -> dict[str, Any]:
    """``heads``, each in numbers; of the ``layer`` and ``head`` shown (null: the average) ``tokens`` and ``weights``.

    ``weights`` are query by key.
    """
    n_layers, n_heads = found.n_layers, found.n_heads
    columns = {each.name: plain(getattr(found.summaries, each.name).ravel()) for each in fields(found.summaries)}
    numbers = {
        "layer": [layer for layer in range(1, n_layers + 1) for _ in range(n_heads)],
        "head": [*range(1, n_heads + 1)] * n_layers,
    }
    body = {
        **edits(found.encoded),
        "heads": rows(numbers | columns),
        **picked(found, "layer", "head"),
        "tokens": list(found.encoded.tokens),
        "weights": plain(found.shown),
    }
    return answer(found.provenance, found.notices, body)
