"""Which words an answer rests on."""

from typing import Any

from analysis.export.parts import answer, edits, picked, plain, rows
from analysis.types import EveryInfluence, Floats, InfluenceCurves, InfluenceMap, IntegratedPath, ReportingWord


def influence_map(found: InfluenceMap) -> dict[str, Any]:
    """``target, words`` with their ``influence_nats``, the path of gradients, curves and matrix where asked for."""
    body = {
        **edits(found.encoded),
        "method": found.method,
        "target": {
            "kind": "next sentence" if found.position is None else "token",
            **picked(found, "position", "token", "id"),
            "first_guess": found.guessed,
            "positions_hidden": list(found.hidden),
            "segmentation": found.segmentation,
        },
        **picked(found, "value_nats", "masked_nats"),
        "words": rows({**_words(found.words), "influence_nats": plain(found.influence_nats)}),
        **({} if found.path is None else {"path": _path(found.path)}),
        **({} if found.curves is None else {"curves": {**_curves(found.curves), "seed": found.seed}}),
        **({} if found.every is None else {"every": _every(found.every, found.encoded.tokens)}),
    }
    if found.position is None:
        body["head"] = found.meaning
    return answer(found.provenance, found.notices, body)


def _words(words: tuple[ReportingWord, ...]) -> dict[str, Any]:
    return {
        "word": [each.text for each in words],
        "segment": [each.sequence for each in words],
        "from": [each.span[0] for each in words],
        "to": [each.span[1] for each in words],
        "positions": [list(each.positions) for each in words],
    }


def _path(path: IntegratedPath) -> dict[str, Any]:
    return {
        "n_steps": path.steps,
        "baseline": path.baseline,
        "quadrature": "Gauss-Legendre",
        **picked(path, "value_input_nats", "value_baseline_nats", "sum_nats", "residual_nats"),
        "residual_share": plain(path.residual_share),
    }


def _curves(curves: InfluenceCurves) -> dict[str, Any]:
    def areas(own: Floats, random: Floats) -> dict[str, Any]:
        return {"value": plain(float(curves.area(own))), "random": plain(curves.area(random))}

    return {
        "n_words": curves.n_words.tolist(),
        **picked(curves, "deletion_nats", "insertion_nats", "random_deletion_nats", "random_insertion_nats"),
        "deletion_area": areas(curves.deletion_nats, curves.random_deletion_nats),
        "insertion_area": areas(curves.insertion_nats, curves.random_insertion_nats),
    }


def _every(every: EveryInfluence, tokens: tuple[str, ...]) -> dict[str, Any]:
    at = every.positions.tolist()
    return {
        "positions": rows({"position": at, "token": [tokens[i] for i in at], "value_nats": plain(every.value_nats)}),
        "words": rows(_words(every.words)),
        "influence_nats": plain(every.influence_nats),
    }
