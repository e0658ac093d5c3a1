from .questions import (
    Attention as Attention,
    Compare as Compare,
    Contest as Contest,
    Describe as Describe,
    Distribution as Distribution,
    Fill as Fill,
    Influence as Influence,
    Layers as Layers,
    Pairs as Pairs,
    Patch as Patch,
    Percentile as Percentile,
    Read as Read,
    Score as Score,
    Segmentations as Segmentations,
    Splits as Splits,
    Table as Table,
    Text as Text,
    Tour as Tour,
)
from .errors import InputError as InputError, ModelError as ModelError, PretextError as PretextError
from .measures import TokenMeasure as TokenMeasure, measures_of as measures_of
from .models.bundle import ModelBundle as ModelBundle
from .models.store import load_bundle as load_bundle
from .tasks.attention import read_attention as read_attention
from .tasks.compare import compare_inputs as compare_inputs
from .tasks.contest import score_candidates as score_candidates
from .tasks.distribution import read_distribution as read_distribution
from .tasks.fill import fill_masks as fill_masks
from .tasks.influence import find_influence as find_influence
from .tasks.layers import read_layers as read_layers
from .tasks.pairs import pair_matrix as pair_matrix
from .tasks.patching import patch_states as patch_states
from .tasks.percentile import percentile as percentile
from .tasks import ask as ask
from .tasks.readings import read_hidden as read_hidden, read_seen as read_seen
from .tasks.scores import read_maskings as read_maskings, score as score, score_texts as score_texts
from .tasks.segmentations import compare_segmentations as compare_segmentations
from .tasks.splits import sweep_splits as sweep_splits
from .types import (
    AttentionWeights as AttentionWeights,
    Auc as Auc,
    Boundary as Boundary,
    CandidateContest as CandidateContest,
    CandidateScore as CandidateScore,
    Comparison as Comparison,
    Divergence as Divergence,
    Effects as Effects,
    Encoded as Encoded,
    FillResult as FillResult,
    FillStep as FillStep,
    Filling as Filling,
    Followed as Followed,
    Head as Head,
    HeadSummaries as HeadSummaries,
    HiddenReading as HiddenReading,
    LayerReading as LayerReading,
    EveryInfluence as EveryInfluence,
    InfluenceCurves as InfluenceCurves,
    InfluenceMap as InfluenceMap,
    IntegratedPath as IntegratedPath,
    ModelFacts as ModelFacts,
    NextSentence as NextSentence,
    PairMatrix as PairMatrix,
    PairPercentile as PairPercentile,
    Patching as Patching,
    PositionDistribution as PositionDistribution,
    Provenance as Provenance,
    ReadingSummary as ReadingSummary,
    ReportingWord as ReportingWord,
    Scores as Scores,
    SeenReading as SeenReading,
    SegmentationComparison as SegmentationComparison,
    SentenceOrder as SentenceOrder,
    SentenceScore as SentenceScore,
    SplitSweep as SplitSweep,
    Threshold as Threshold,
    TokenStatistics as TokenStatistics,
    TourStep as TourStep,
    TourSteps as TourSteps,
    Variant as Variant,
    Window as Window,
    WordComparison as WordComparison,
    summarise as summarise,
    rank_correlation as rank_correlation,
    two_logits as two_logits,
)
from .version import SCHEMA_VERSION as SCHEMA_VERSION, __version__ as __version__
