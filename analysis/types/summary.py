"""What the rows of a batch come to: rates by group with their intervals, and how well a margin parts labelled pairs."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.types.inputs import Floats, Record
from analysis.types.nsp import Auc, Threshold


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number over n items, with its 95 % bootstrap interval; not a number where no item counts.

    ``name`` is defined in the ``definitions`` of its score; ``unit`` is share, percent, rho or that of the score.
    """

    name: str
    unit: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class SummaryGroup:
    """The numbers of the items whose column ``by`` holds ``group``; of all of them where ``by`` is empty."""

    by: str
    group: str
    n: int
    estimates: tuple[Estimate, ...]

    def __getitem__(self, name: str) -> Estimate:
        return {each.name: each for each in self.estimates}[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPairs(Record):
    """How well the next-sentence margin parts pairs that are labelled as following from the others.

    Attributes
    ----------
    n_true, n_others
        How many pairs there are of either label.
    auc
        Its ``anchors`` are the true pairs, its ``comparisons`` all pairs of a true one with another; the interval is
        over pairs, each label resampled by itself.
    threshold
        The margin of the largest balanced accuracy; it was chosen on these pairs, and does less well on others.
    accuracy_at_0, accuracy_at_threshold
        Share of pairs on their label's side: true ones above, the others at or below.
    false_positive_rate, true_positive_rate, threshold_nats
        [P], rates float32, thresholds float64: the corners of the ROC from (0, 0) to (1, 1); a pair is said to follow
        when its margin is at least the threshold, infinite at first.
    """

    n_true: int
    n_others: int
    auc: Auc
    threshold: Threshold
    accuracy_at_0: Estimate
    accuracy_at_threshold: Estimate
    false_positive_rate: Floats
    true_positive_rate: Floats
    threshold_nats: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """One model's items under one score.

    Attributes
    ----------
    n, n_ties, n_left_out, n_unknown
        Items with a score; of them, those whose sides are equal by the score's rule; those that the suite's rule leaves
        out; unknown tokens of all sides together.
    identical_rows
        Rows whose sides are the same input to the model.
    definitions
        (name, one sentence) of the estimates.
    groups
        All items first, then by column.
    labelled
        Of labelled pairs; None else, and where one of the two labels is missing.
    """

    model: str
    score: str
    says: str
    source: str
    n: int
    n_ties: int
    n_left_out: int
    n_unknown: int
    identical_rows: tuple[int, ...]
    definitions: tuple[tuple[str, str], ...]
    groups: tuple[SummaryGroup, ...]
    labelled: LabelledPairs | None = None

    @property
    def overall(self) -> SummaryGroup:
        """All items."""
        return self.groups[0]


@dataclass(frozen=True, slots=True)
class Summary:
    """What the rows of a batch come to.

    ``suite`` is None for plain rows, which have no scores here. ``rule`` is the suite's own metric in words,
    ``method`` how the intervals were made, ``metadata`` what the scored table says of its models and settings (JSON).
    ``curves`` are the models that came in several revisions, by their name, in the order of their training.
    """

    suite: str | None
    title: str
    rule: str
    source: str
    licence: str
    n_rows: int
    n_errors: int
    method: str
    seed: int
    scores: tuple[ScoreSummary, ...]
    metadata: str
    curves: tuple[tuple[str, tuple[str, ...]], ...] = ()
