"""What a run was, so that it is gone on with as it began or not at all."""

import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from analysis.batch.alike import Chosen
from analysis.batch.plan import Plan
from analysis.batch.scorer import Scorer
from analysis.errors import InputError, quoted
from analysis.models.bundle import library_versions
from analysis.version import SCHEMA_VERSION

Manifest = dict[str, Any]


def manifest_of(scorer: Scorer, digest: str, plan: Plan, limit: int | None, kernels: Chosen) -> Manifest:
    """What decides every number of a run, as JSON; ``digest`` is the input's."""
    return json.loads(
        json.dumps(
            {
                "versions": {"schema": SCHEMA_VERSION, **dict(library_versions()), "machine": platform.machine()},
                "models": [asdict(bundle.provenance()) for bundle in scorer.bundles],
                "kernels": kernels,
                "settings": asdict(scorer.settings),
                "limit": limit,
                "shard": plan.shard,
                "input": digest,
                "rows": len(plan.tokens),
                "packs": len(plan.edges) - 1,
            }
        )
    )


def digest_of(source: Path) -> str:
    """The digest of a file's content; InputError if it can't be read."""
    try:
        found = sha256()
        with source.open("rb") as stream:
            while piece := stream.read(2**20):
                found.update(piece)
        return found.hexdigest()
    except OSError:
        raise InputError("The input can't be read: check its name and its permissions.") from None


def key_of(manifest: Manifest) -> str:
    """Short and different for different runs."""
    return sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]


def require_same(kept: Manifest, wanted: Manifest) -> None:
    """InputError that names what differs, if something does."""
    differ = [f"{name} {was} and now {now}" for name, was, now in _differences(kept, wanted)]
    if differ:
        raise InputError(
            f"What is done was made with {differ[0]}: give the same again, or --force to begin anew without it."
        )


def _differences(kept: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What was another, was it, is it; the input first, which is at the bottom of its counts."""
    if kept.get("input") != wanted["input"]:
        yield "another input,", f"of {kept.get('rows')} rows,", f"of {wanted['rows']}"
    for group in ("settings", "versions"):
        then = kept.get(group, {})
        for name, now in wanted[group].items():
            if then.get(name) != now:
                yield name, _said(then.get(name)), _said(now)
    if kept.get("models") != wanted["models"]:
        yield from _models(kept.get("models"), wanted["models"])
    for name in ("limit", "shard", "rows", "packs"):
        if kept.get(name) != wanted[name]:
            yield name, _said(kept.get(name)), _said(wanted[name])
    if kept.get("kernels") != wanted["kernels"]:
        yield "products", "by other libraries", "by those that are faster"


def _models(kept: Any, wanted: list[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for was, now in zip(kept, wanted, strict=False):
        for name in now:
            if was.get(name) != now[name]:
                yield f"the model's {name}", _said(was.get(name)), _said(now[name])


def _said(value: Any) -> str:
    if value is None:
        return "none"
    return f"'{quoted(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))}'"
