"""Pretext's numbers: what BERT's two pre-training heads predict for a text, exactly.

>>> from analysis import load_bundle, read_seen
>>> reading = read_seen(load_bundle("bundled"), "Paris is the capital of [MASK].")
>>> reading.top_tokens[6][:2]
('france', 'paris')
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from analysis.errors import InputError, ModelError, PretextError
from analysis.version import SCHEMA_VERSION, __version__

if TYPE_CHECKING:
    from analysis.loading import ModelBundle, load_bundle
    from analysis.mlm import read_seen, summarise
    from analysis.nsp import compare_segmentations
    from analysis.types import (
        Effects,
        Encoded,
        Head,
        NextSentence,
        Provenance,
        ReadingSummary,
        SeenReading,
        SegmentationComparison,
        TokenStatistics,
        Variant,
    )

_HOME = {
    "ModelBundle": "loading",
    "load_bundle": "loading",
    "read_seen": "mlm",
    "summarise": "mlm",
    "compare_segmentations": "nsp",
    "Effects": "types",
    "Encoded": "types",
    "Head": "types",
    "NextSentence": "types",
    "Provenance": "types",
    "ReadingSummary": "types",
    "SeenReading": "types",
    "SegmentationComparison": "types",
    "TokenStatistics": "types",
    "Variant": "types",
}

__all__ = [
    "SCHEMA_VERSION",
    "Effects",
    "Encoded",
    "Head",
    "InputError",
    "ModelBundle",
    "ModelError",
    "NextSentence",
    "PretextError",
    "Provenance",
    "ReadingSummary",
    "SeenReading",
    "SegmentationComparison",
    "TokenStatistics",
    "Variant",
    "__version__",
    "compare_segmentations",
    "load_bundle",
    "read_seen",
    "summarise",
]


def __getattr__(name: str) -> Any:
    # torch and transformers take seconds to import: --help and the dashboard's frame should not wait for them.
    if name in _HOME:
        return getattr(import_module(f"analysis.{_HOME[name]}"), name)
    raise AttributeError(f"module 'analysis' has no attribute '{name}'")
