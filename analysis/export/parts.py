"""What the answers have in common."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from analysis.types import Encoded, Floats, Ints, NextSentence, Notices, Provenance


def answer(record: Provenance, notices: Notices, body: dict[str, Any]) -> dict[str, Any]:
    """What an answer says between its model and where it comes from, with the moment of the export."""
    heads = dict(record.heads)
    return {
        "schema": record.schema,
        "model": {"spec": record.spec, "revision": record.revision, "heads": heads},
        **body,
        **said(notices),
        "provenance": {
            **asdict(record),
            "heads": heads,
            "versions": dict(record.versions),
            "exported": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    }


def said(notices: Notices) -> dict[str, Any]:
    """What a reader should know of the texts of an input, and what the tokenizer made of them."""
    return {"notices": list(notices), "changed_by_tokenizer": _changes(notices)}


def _changes(notices: Notices) -> list[dict[str, Any]]:
    """What of the texts the model does not read as it was typed."""
    return [
        {"segment": each.sequence, "from": each.span[0], "to": each.span[1]}
        | {"kind": each.kind, "typed": each.stood, "read": each.became}
        for each in notices.changes
    ]


def plain(value: Any) -> Any:
    """A value as JSON has it: lists for tuples and arrays, null for infinity and what is not a number."""
    if isinstance(value, np.ndarray | tuple | list):
        return [plain(each) for each in (value.tolist() if isinstance(value, np.ndarray) else value)]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def picked(record: object, *names: str) -> dict[str, Any]:
    """Some values of a record, as JSON has them."""
    return {name: plain(getattr(record, name)) for name in names}


def rows(columns: Mapping[str, Iterable[Any]]) -> list[dict[str, Any]]:
    """A table given by columns, row by row."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def edits(encoded: Encoded) -> dict[str, Any]:
    """The edits of an input; nothing where there are none."""
    return {"edits": [{"position": position, "id": id_} for position, id_ in encoded.edits]} if encoded.edits else {}


def top(tokens: tuple[str, ...], ids: Ints, p: Floats) -> list[dict[str, Any]]:
    """The predictions of one position."""
    return rows({"token": tokens, "id": ids.tolist(), "p": p.tolist()})


def nsp(found: NextSentence) -> dict[str, Any]:
    """Both logits of the next-sentence head, and what follows from them."""
    return {"logits_nats": [found.logit_is_next, found.logit_not_next], **picked(found, "margin_nats", "p_is_next")}


def nsp_of_input(found: NextSentence | None) -> dict[str, Any] | None:
    """The same of an input that may be a single segment; null without the head."""
    return None if found is None else {**nsp(found), "lone_segment": found.lone_segment}
