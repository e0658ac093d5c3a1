"""What the answers have in common."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from analysis.types import Encoded, Floats, Ints, NextSentence, Provenance


def head(record: Provenance) -> dict[str, Any]:
    """What an answer begins with."""
    return {"schema": record.schema, "model": made_by(record)}


def tail(notices: tuple[str, ...], record: Provenance) -> dict[str, Any]:
    """What an answer ends with."""
    return {"notices": list(notices), "provenance": provenance(record)}


def edits(encoded: Encoded) -> dict[str, Any]:
    """The edits of an input; nothing where there are none."""
    return {"edits": [{"position": position, "id": id_} for position, id_ in encoded.edits]} if encoded.edits else {}


def top(tokens: tuple[str, ...], ids: Ints, p: Floats) -> list[dict[str, Any]]:
    """The predictions of one position."""
    return [{"token": token, "id": int(id_), "p": float(each)} for token, id_, each in zip(tokens, ids, p, strict=True)]


def nsp(answer: NextSentence) -> dict[str, Any]:
    """Both logits of the next-sentence head, and what follows from them."""
    return {
        "logits_nats": [answer.logit_is_next, answer.logit_not_next],
        "margin_nats": answer.margin_nats,
        "p_is_next": answer.p_is_next,
    }


def nsp_of_input(answer: NextSentence | None) -> dict[str, Any] | None:
    """The same of an input that may be a single segment; null without the head."""
    return None if answer is None else {**nsp(answer), "lone_segment": answer.lone_segment}


def number(value: float | np.float32) -> float | None:
    """JSON has neither infinity nor not-a-number: null instead."""
    return float(value) if np.isfinite(value) else None


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
