from .errors import InputError as InputError, ModelError as ModelError, PretextError as PretextError
from .models.bundle import ModelBundle as ModelBundle
from .models.store import load_bundle as load_bundle
from .tasks.compare import Given as Given, compare_inputs as compare_inputs
from .tasks.fill import fill_masks as fill_masks, score_candidates as score_candidates
from .tasks.pairs import pair_matrix as pair_matrix, percentile as percentile
from .tasks.scores import score as score, score_texts as score_texts
from .tasks.seen import (
    read_hidden as read_hidden,
    read_maskings as read_maskings,
    read_seen as read_seen,
    summarise as summarise,
)
from .tasks.segmentations import compare_segmentations as compare_segmentations
from .tasks.splits import sweep_splits as sweep_splits
from .types import (
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
    Head as Head,
    HiddenReading as HiddenReading,
    NextSentence as NextSentence,
    PairMatrix as PairMatrix,
    PairPercentile as PairPercentile,
    Provenance as Provenance,
    ReadingSummary as ReadingSummary,
    ReportingWord as ReportingWord,
    SeenReading as SeenReading,
    SegmentationComparison as SegmentationComparison,
    SentenceOrder as SentenceOrder,
    SentenceScore as SentenceScore,
    SplitSweep as SplitSweep,
    TokenStatistics as TokenStatistics,
    Variant as Variant,
    Window as Window,
    WordComparison as WordComparison,
)
from .version import SCHEMA_VERSION as SCHEMA_VERSION, __version__ as __version__
