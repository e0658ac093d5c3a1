"""Two readings side by side."""

from typing import Any

import numpy as np

from analysis.export.parts import nsp_of_input, number
from analysis.export.readings import seen_or_hidden
from analysis.types import Comparison, WordComparison


def comparison(found: Comparison | WordComparison) -> dict[str, Any]:
    """``a, b, pairs, nsp`` of two readings side by side; by reporting word, ``words`` instead of ``pairs``.

    Every difference is B minus A; an index counts from 0 and is null where that side has nothing.
    """
    sides = {"a": seen_or_hidden(found.a), "b": seen_or_hidden(found.b)}
    rows = _words(found) if isinstance(found, WordComparison) else {"pairs": _pairs(found)}
    return {"schema": found.a.provenance.schema, **sides, **rows, "nsp": _nsp_of_both(found)}


def _pairs(found: Comparison) -> list[dict[str, Any]]:
    divergence, overlap = found.divergence, found.topk_overlap
    entropy, surprisal = found.delta_entropy_bits, found.delta_surprisal_bits
    rank_a, rank_b = found.rank_a, found.rank_b
    return [
        {
            "index_a": _index(found.index_a[pair]),
            "index_b": _index(found.index_b[pair]),
            "kind": kind,
            "js_bits": number(divergence.js_bits[pair]),
            "kl_ab_bits": number(divergence.kl_ab_bits[pair]),
            "kl_ba_bits": number(divergence.kl_ba_bits[pair]),
            "delta_entropy_bits": number(entropy[pair]),
            "delta_surprisal_bits": number(surprisal[pair]),
            "rank_a": int(rank_a[pair]) or None,
            "rank_b": int(rank_b[pair]) or None,
            "topk_overlap": number(overlap[pair]),
            "js_rest_bits": number(divergence.js_rest_bits[pair]),
            "movers": [
                {
                    "token": token,
                    "js_bits": float(divergence.mover_js_bits[pair, place]),
                    "p_a": float(divergence.mover_p_a[pair, place]),
                    "p_b": float(divergence.mover_p_b[pair, place]),
                }
                for place, token in enumerate(found.mover_tokens[pair])
                if divergence.mover_js_bits[pair, place] > 0
            ],
        }
        for pair, kind in enumerate(found.kinds)
    ]


def _words(found: WordComparison) -> dict[str, Any]:
    surprisal = zip(found.surprisal_a_bits, found.surprisal_b_bits, found.delta_surprisal_bits, strict=True)
    a, b = found.bits_per_character
    return {
        "why_by_word": found.why,
        "words": [
            {
                "word_a": None if i < 0 else found.words_a[i].text,
                "word_b": None if j < 0 else found.words_b[j].text,
                "kind": kind,
                "surprisal_a_bits": number(of_a),
                "surprisal_b_bits": number(of_b),
                "delta_surprisal_bits": number(delta),
            }
            for i, j, kind, (of_a, of_b, delta) in zip(
                found.index_a, found.index_b, found.kinds, surprisal, strict=True
            )
        ],
        "bits_per_character": {"a": a, "b": b},
    }


def _nsp_of_both(found: Comparison | WordComparison) -> dict[str, Any]:
    a, b = found.a.nsp, found.b.nsp
    return {
        "a": nsp_of_input(a),
        "b": nsp_of_input(b),
        "delta_margin_nats": b.margin_nats - a.margin_nats if a and b and a.meaning == b.meaning else None,
    }


def _index(value: np.int32) -> int | None:
    return int(value) if value >= 0 else None
