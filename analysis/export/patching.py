"""States of one input put into another."""

from typing import Any

from analysis.export.parts import answer, edits, picked, plain, rows, said
from analysis.types import Patching


def patching(found: Patching) -> dict[str, Any]:
    """``target, value_a_nats, value_b_nats, difference_nats, positions, all_effect_nats, largest`` of patches.

    Every effect is a list over the states: the embeddings, then after each layer. Shares are of the difference.
    """
    a, b, at = found.a, found.b, found.largest
    body = {
        **edits(a),
        "b": {**edits(b), **said(found.notices_b)},
        "target": {
            "head": "nsp" if found.id is None else "mlm",
            "position": found.position,
            "token": found.token or None,
            "id": found.id,
        },
        **picked(found, "value_a_nats", "value_b_nats", "difference_nats"),
        "positions": rows(
            {
                "index": range(len(a)),
                "token_a": a.tokens,
                "token_b": b.tokens,
                "segment": a.segment_ids.tolist(),
                "effect_nats": plain(found.effect_nats.T),
                "share": plain(found.share.T),
            }
        ),
        **picked(found, "all_effect_nats"),
        "largest": None
        if at is None
        else {"layer": at[0], "index": at[1], "effect_nats": float(found.effect_nats[at])},
        "head": found.meaning,
    }
    return answer(found.provenance, found.notices, body)
