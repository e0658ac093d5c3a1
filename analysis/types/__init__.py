"""What the package hands out: frozen records of numpy arrays, and the axes' names.

Axes, used in every docstring: ``T`` position (special tokens included), ``K`` rank among the predictions of one
position, ``V`` column of the masked-LM head. Arrays are float32, int32 or bool, made read-only (a copy that has been
pickled is not); nothing here holds a ``[T, V]`` array or a tensor.
"""

from analysis.choices import Edit
from analysis.types.about import Ability, CodeKind, Kernel, Library, LogitRow, ModelFacts, TourStep, TourSteps
from analysis.types.attention import AttentionWeights, HeadSummaries
from analysis.types.compare import Comparison, Divergence, Kind, WordComparison
from analysis.types.fill import CandidateContest, CandidateScore, Filling, FillResult, FillStep
from analysis.types.influence import (
    EveryInfluence,
    InfluenceCurves,
    InfluenceMap,
    IntegratedPath,
    rank_correlation,
)
from analysis.types.inputs import (
    CONTINUES_WORD,
    STARTS_WORD,
    TEMPLATE,
    Bools,
    Encoded,
    Floats,
    Head,
    Ints,
    PieceKind,
    Provenance,
    Tensors,
    Window,
)
from analysis.types.layers import Followed, LayerReading
from analysis.types.mlm import (
    HiddenReading,
    PositionDistribution,
    ReadingSummary,
    Scores,
    SeenReading,
    SentenceScore,
    TokenStatistics,
    summarise,
)
from analysis.types.notices import Change, ChangeKind, Notices
from analysis.types.nsp import (
    IS_NEXT,
    NOT_NEXT,
    Auc,
    Boundary,
    Effects,
    NextSentence,
    NspMeaning,
    PairMatrix,
    PairPercentile,
    SegmentationComparison,
    SentenceOrder,
    SplitSweep,
    Threshold,
    Variant,
    margins_of,
    ranks,
    two_logits,
)
from analysis.types.patching import Patching
from analysis.types.summary import Estimate, LabelledPairs, ScoreSummary, Summary, SummaryGroup
from analysis.types.words import Region, RegionScore, ReportingWord
