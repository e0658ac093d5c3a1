"""Two readings side by side."""

from typing import Any

from analysis.export.parts import nsp_of_input, picked, plain, rows
from analysis.export.readings import reading
from analysis.types import Comparison, Divergence, Ints, WordComparison


def comparison(found: Comparison | WordComparison) -> dict[str, Any]:
    """``a, b, pairs, nsp`` of two readings side by side; by reporting word, ``words`` instead of ``pairs``.

    Every difference is B minus A; an index counts from 0 and is null where that side has nothing, a
    pseudo-log-likelihood where nothing was hidden.
    """
    a, b = found.a.nsp, found.b.nsp
    pll_a, pll_b = found.pll_nats or (None, None)
    return {
        "schema": found.a.provenance.schema,
        "a": reading(found.a),
        "b": reading(found.b),
        "pll_a_nats": pll_a,
        "pll_b_nats": pll_b,
        "delta_pll_nats": found.delta_pll_nats,
        **(_words(found) if isinstance(found, WordComparison) else {"pairs": _pairs(found)}),
        "nsp": {
            "a": nsp_of_input(a),
            "b": nsp_of_input(b),
            "delta_margin_nats": b.margin_nats - a.margin_nats if a and b and a.meaning == b.meaning else None,
        },
    }


def _pairs(found: Comparison) -> list[dict[str, Any]]:
    return rows(
        {
            "index_a": _indices(found.index_a),
            "index_b": _indices(found.index_b),
            "kind": found.kinds,
            **picked(found.divergence, "js_bits", "kl_ab_bits", "kl_ba_bits"),
            **picked(found, "delta_entropy_bits", "delta_surprisal_bits"),
            "rank_a": [rank or None for rank in found.rank_a.tolist()],
            "rank_b": [rank or None for rank in found.rank_b.tolist()],
            "topk_overlap": plain(found.topk_overlap),
            "js_rest_bits": plain(found.divergence.js_rest_bits),
            "movers": [_movers(found.divergence, pair, tokens) for pair, tokens in enumerate(found.mover_tokens)],
        }
    )


def _movers(divergence: Divergence, pair: int, tokens: tuple[str, ...]) -> list[dict[str, Any]]:
    columns = {
        "token": tokens,
        "js_bits": divergence.mover_js_bits[pair].tolist(),
        "p_a": divergence.mover_p_a[pair].tolist(),
        "p_b": divergence.mover_p_b[pair].tolist(),
    }
    return [mover for mover in rows(columns) if mover["js_bits"] > 0]


def _words(found: WordComparison) -> dict[str, Any]:
    columns = {
        "word_a": [None if i < 0 else found.words_a[i].text for i in found.index_a],
        "word_b": [None if j < 0 else found.words_b[j].text for j in found.index_b],
        "kind": found.kinds,
        **picked(found, "surprisal_a_bits", "surprisal_b_bits", "delta_surprisal_bits"),
    }
    a, b = found.bits_per_character
    return {"why_by_word": found.why, "words": rows(columns), "bits_per_character": {"a": a, "b": b}}


def _indices(values: Ints) -> list[int | None]:
    return [value if value >= 0 else None for value in values.tolist()]
