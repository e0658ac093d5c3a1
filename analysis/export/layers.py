"""Both heads after every layer."""

from typing import Any

from analysis.export.parts import answer, edits, nsp, plain, rows, top
from analysis.types import Followed, LayerReading, NextSentence


def layer_reading(found: LayerReading) -> dict[str, Any]:
    """``reading, positions, nsp, followed``: of each position its layers, 0 for the states before the first one.

    ``settles_at`` is the layer from which on the last one's answer stays first, ``first_at`` the one after which it
    first comes first; ``kl_to_last_bits`` is D(last || layer). ``nsp`` are the second head's answers by layer, null
    without it; ``followed`` are tokens at a single position, null where every one was read.
    """
    encoded, offsets = found.encoded, found.encoded.offsets
    body = {
        "reading": found.kind,
        **({} if found.masking is None else {"masking": found.masking}),
        **edits(encoded),
        "n_layers": found.n_layers,
        "positions": [
            {
                "index": position,
                "token": encoded.tokens[position],
                "id": int(encoded.ids[position]),
                "segment": int(encoded.segment_ids[position]),
                **{name: each[position] for name, each in offsets.items()},
                "special": bool(encoded.outside[position]),
                "first_at": int(found.first_at[column]),
                "settles_at": int(found.settles_at[column]),
                "layers": _layers(found, column),
            }
            for column, position in enumerate(found.positions.tolist())
        ],
        "nsp": _nsp(found),
        "followed": None if found.followed is None else _followed(found.followed),
    }
    return answer(found.provenance, found.notices, body)


def _layers(found: LayerReading, column: int) -> list[dict[str, Any]]:
    measured = {
        "entropy_bits": found.entropy_bits,
        "surprisal_bits": found.surprisal_bits,
        "rank": found.rank,
        "p": found.p_observed,
        "kl_to_last_bits": found.kl_bits,
    }
    return rows(
        {
            "layer": range(found.n_layers + 1),
            **{name: plain(values[:, column]) for name, values in measured.items()},
            "top": [
                top(words[column], ids[column], p[column])
                for words, ids, p in zip(found.top_tokens, found.top_ids, found.top_p, strict=True)
            ],
        }
    )


def _nsp(found: LayerReading) -> list[dict[str, Any]] | None:
    if found.z is None:
        return None
    lone = found.encoded.text_b is None
    answers = (NextSentence(*z, lone, found.meaning) for z in found.z.tolist())
    return [{"layer": layer, **nsp(each)} for layer, each in enumerate(answers)]


def _followed(followed: Followed) -> dict[str, Any]:
    columns = {"p": followed.p, "logp_nats": followed.log_p_nats, "rank": followed.rank}
    return {
        "position": followed.position,
        "tokens": [
            {"token": token, "id": id_}
            | {
                "layers": rows(
                    {"layer": range(len(followed.p))} | {name: plain(v[:, at]) for name, v in columns.items()}
                )
            }
            for at, (token, id_) in enumerate(zip(followed.tokens, followed.ids.tolist(), strict=True))
        ],
    }
