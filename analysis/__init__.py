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
    from analysis.compare import Given, compare_inputs
    from analysis.fill import fill_masks, score_candidates
    from analysis.loading import ModelBundle, load_bundle
    from analysis.mlm import read_hidden, read_maskings, read_seen, summarise
    from analysis.nsp import compare_segmentations
    from analysis.pairs import pair_matrix, percentile
    from analysis.scores import score, score_texts
    from analysis.splits import sweep_splits
    from analysis.types import (
        Auc,
        Boundary,
        CandidateContest,
        CandidateScore,
        Comparison,
        Divergence,
        Effects,
        Encoded,
        Filling,
        FillResult,
        FillStep,
        Head,
        HiddenReading,
        NextSentence,
        PairMatrix,
        PairPercentile,
        Provenance,
        ReadingSummary,
        ReportingWord,
        SeenReading,
        SegmentationComparison,
        SentenceOrder,
        SentenceScore,
        SplitSweep,
        TokenStatistics,
        Variant,
        Window,
        WordComparison,
    )

_HOME = {
    "Given": "compare",
    "compare_inputs": "compare",
    "ModelBundle": "loading",
    "load_bundle": "loading",
    "read_hidden": "mlm",
    "read_maskings": "mlm",
    "read_seen": "mlm",
    "summarise": "mlm",
    "compare_segmentations": "nsp",
    "pair_matrix": "pairs",
    "percentile": "pairs",
    "sweep_splits": "splits",
    "score": "scores",
    "score_texts": "scores",
    "fill_masks": "fill",
    "score_candidates": "fill",
    "Auc": "types",
    "Boundary": "types",
    "CandidateContest": "types",
    "CandidateScore": "types",
    "Comparison": "types",
    "Divergence": "types",
    "Effects": "types",
    "Encoded": "types",
    "FillResult": "types",
    "FillStep": "types",
    "Filling": "types",
    "Head": "types",
    "HiddenReading": "types",
    "NextSentence": "types",
    "PairMatrix": "types",
    "PairPercentile": "types",
    "Provenance": "types",
    "ReadingSummary": "types",
    "ReportingWord": "types",
    "SeenReading": "types",
    "SegmentationComparison": "types",
    "SentenceOrder": "types",
    "SentenceScore": "types",
    "SplitSweep": "types",
    "TokenStatistics": "types",
    "Variant": "types",
    "Window": "types",
    "WordComparison": "types",
}

__all__ = [
    "SCHEMA_VERSION",
    "Auc",
    "Boundary",
    "CandidateContest",
    "CandidateScore",
    "Comparison",
    "Divergence",
    "Effects",
    "Encoded",
    "FillResult",
    "FillStep",
    "Filling",
    "Given",
    "Head",
    "HiddenReading",
    "InputError",
    "ModelBundle",
    "ModelError",
    "NextSentence",
    "PairMatrix",
    "PairPercentile",
    "PretextError",
    "Provenance",
    "ReadingSummary",
    "ReportingWord",
    "SeenReading",
    "SegmentationComparison",
    "SentenceOrder",
    "SentenceScore",
    "SplitSweep",
    "TokenStatistics",
    "Variant",
    "Window",
    "WordComparison",
    "__version__",
    "compare_inputs",
    "compare_segmentations",
    "fill_masks",
    "load_bundle",
    "pair_matrix",
    "percentile",
    "read_hidden",
    "read_maskings",
    "read_seen",
    "score",
    "score_candidates",
    "score_texts",
    "summarise",
    "sweep_splits",
]


def __getattr__(name: str) -> Any:
    # torch and transformers take seconds to import: --help and the dashboard's frame should not wait for them.
    if name in _HOME:
        return getattr(import_module(f"analysis.{_HOME[name]}"), name)
    raise AttributeError(f"module 'analysis' has no attribute '{name}'")
