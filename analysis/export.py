"""Results as JSON-ready dictionaries: the layouts that the command line documents."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from analysis.types import NextSentence, Provenance, SeenReading, SegmentationComparison


def seen_reading(reading: SeenReading) -> dict[str, Any]:
    """``schema, model, reading, positions, nsp`` of a seen reading, with the notices and the provenance."""
    return {
        "schema": reading.provenance.schema,
        "model": made_by(reading.provenance),
        "reading": "seen",
        "positions": [_position(reading, i) for i in range(len(reading.encoded))],
        "nsp": None if reading.nsp is None else {**_nsp(reading.nsp), "lone_segment": reading.nsp.lone_segment},
        "notices": list(reading.notices),
        "provenance": provenance(reading.provenance),
    }


def segmentation_comparison(comparison: SegmentationComparison) -> dict[str, Any]:
    """``variants, effects`` of a comparison, with the model, what was left out, the notices and the provenance."""
    return {
        "schema": comparison.provenance.schema,
        "model": made_by(comparison.provenance),
        "variants": [
            {
                "name": variant.name,
                "tokens": list(variant.encoded.tokens),
                "segment_ids": variant.encoded.segment_ids.tolist(),
                "attention_mask": variant.encoded.attention_mask.tolist(),
                **_nsp(variant.nsp),
            }
            for variant in comparison.variants
        ],
        "effects": {name.removesuffix("_nats"): value for name, value in asdict(comparison.effects).items()},
        "left_out": [{"name": name, "why": why} for name, why in comparison.left_out],
        "head": comparison.meaning,
        "notices": list(comparison.notices),
        "provenance": provenance(comparison.provenance),
    }


def made_by(record: Provenance) -> dict[str, Any]:
    """``spec, revision, heads`` of the model that made a result."""
    return {"spec": record.spec, "revision": record.revision, "heads": dict(record.heads)}


def provenance(record: Provenance) -> dict[str, Any]:
    """The record of where numbers come from, with the moment of the export."""
    return {
        **asdict(record),
        "heads": dict(record.heads),
        "versions": dict(record.versions),
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _position(reading: SeenReading, i: int) -> dict[str, Any]:
    encoded, statistics = reading.encoded, reading.statistics
    top = zip(reading.top_tokens[i], statistics.top_ids[i], statistics.top_p[i], strict=True)
    return {
        "index": i,
        "token": encoded.tokens[i],
        "id": int(encoded.ids[i]),
        "segment": int(encoded.segment_ids[i]),
        "special": bool(encoded.outside[i]),
        "p": _number(statistics.p_observed[i]),
        "surprisal_bits": _number(statistics.surprisal_bits[i]),
        "entropy_bits": _number(statistics.entropy_bits[i]),
        "rank": int(statistics.rank[i]),
        "top": [{"token": token, "id": int(id_), "p": _number(p)} for token, id_, p in top],
    }


def _nsp(answer: NextSentence) -> dict[str, Any]:
    return {
        "logits": [answer.logit_is_next, answer.logit_not_next],
        "margin": answer.margin_nats,
        "p_is_next": answer.p_is_next,
    }


def _number(value: np.floating) -> float:
    return float(value)
