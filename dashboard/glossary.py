"""Every measure once: name, symbol, unit, how it is printed, what it means and what it does not.

Pages, figures and exports take their words and numbers from here, so that a unit or a caveat can't be forgotten.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from analysis import measures
from dashboard.printed import p_text, rank_text

Units = Literal["usual", "bits", "nats"]
"""The units on screen: bits for entropy and surprisal with nats for margins (the field's habit), or all in one."""

UNITS: tuple[Units, ...] = ("usual", "bits", "nats")

NATS_PER_BIT = math.log(2)

_LEAST_RANGE = 0.1
"""A scale that is fitted to a text's values still has a beginning and an end."""

_LARGEST_ODDS = math.log(1e6)


@dataclass(frozen=True, slots=True)
class Measure:
    """One quantity of the screen, computed in its ``native`` unit: "bits", "nats", or "" for a pure number.

    ``low`` and ``high`` are the fixed ends of its colour scale in that unit, the same for every text; ``log`` says that
    the scale goes by the logarithm, ``across`` that the heatmap across the sequence has rows for a measure of tokens.
    """

    key: str
    name: str
    symbol: str
    native: str
    low: float
    high: float
    definition: str
    caveat: str = ""
    log: bool = False
    form: Literal["decimal", "rank", "probability"] = "decimal"
    across: bool = True

    @property
    def diverging(self) -> bool:
        """Whether its values lie on both sides of 0, and its scale is centred there."""
        return self.low < 0 < self.high

    def share(self, value: float) -> float:
        """Where a value lies on the scale, 0 to 1 when inside; not a number for one that is none."""
        if self.log:
            return math.log10(value / self.low) / math.log10(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def fitted(self, values: Iterable[float]) -> "Measure":
        """The same measure with its scale ending at the largest of these values instead of at its fixed end."""
        if self.diverging:
            end = max([_LEAST_RANGE, *(abs(value) for value in values)])
            return replace(self, low=-end, high=end)
        return replace(self, high=max([self.low + _LEAST_RANGE, *values]))

    def of_vocabulary(self, n_vocabulary: int) -> "Measure":
        """The same measure with its scale ending at log2 V, where that lies before its fixed end.

        No prediction over V tokens has a larger entropy, nor is surprised more on average.
        """
        if self.native != "bits" or self.low != 0:
            return self
        return replace(self, high=min(self.high, max(_LEAST_RANGE, math.log2(n_vocabulary))))

    def in_units(self, units: Units) -> "Measure":
        """The same measure, native to the unit on screen."""
        low, high = (self.convert(end, units) for end in (self.low, self.high))
        return replace(self, native=self.unit(units), low=low, high=high)

    def unit(self, units: Units) -> str:
        """The unit on screen: "bits", "nats" or ""."""
        return self.native if not self.native or units == "usual" else units

    def convert(self, value: float, units: Units) -> float:
        """A value from the native unit to the one on screen."""
        shown = self.unit(units)
        if shown == self.native:
            return value
        return value * NATS_PER_BIT if shown == "nats" else value / NATS_PER_BIT

    def text(self, value: float, units: Units = "usual") -> str:
        """A value with two decimals and its unit."""
        unit = self.unit(units)
        return f"{self.convert(value, units):.2f} {unit}".rstrip()

    def number(self, value: float, units: Units = "usual") -> str:
        """A value as it is printed where the unit stands elsewhere: with a sign if it may lie on either side of 0."""
        if self.form == "rank":
            return rank_text(int(value))
        if self.form == "probability":
            return p_text(value)
        shown = self.convert(value, units)
        return signed(shown) if self.diverging else f"{shown:.2f}"

    def end(self, value: float, units: Units = "usual") -> str:
        """A value as it is printed at an end of the scale: with few digits."""
        if self.form == "decimal" or value in (0, 1):
            return f"{self.convert(value, units):.3g}".replace("-", "−")
        return self.number(value)

    def axis(self, units: Units = "usual") -> str:
        """The name with its unit, for an axis or a table's column."""
        unit = self.unit(units)
        return f"{self.name} ({unit})" if unit else self.name


# Scales that several measures share: the unit and the two ends.
_BITS, _SIGNED_BITS, _CHANGE = ("bits", 0, 12), ("bits", -12, 12), ("bits", -6, 6)
_LOGITS, _LOG_P = ("nats", -14, 14), ("nats", -60, 0)

ENTROPY = Measure(
    "entropy",
    "entropy",
    "H",
    *_BITS,
    "How spread out the prediction is, over the whole vocabulary: 0 when one token has all the probability, log2 of "
    "the vocabulary's size when all tokens are equal. 2 to the power of H is the number of equally likely choices.",
)
SURPRISAL = Measure(
    "surprisal",
    "surprisal",
    "S",
    *_BITS,
    "Minus log2 of the probability of the token that stands there: 1 bit is p = 0.5, 10 bits are p = 0.001.",
)
SURPLUS = Measure(
    "surplus",
    "surplus",
    "S − H",
    *_SIGNED_BITS,
    "Surprisal minus entropy. The entropy is the surprisal that the head itself expects, its mean under the "
    "prediction: above 0 the token that stands there was less expected than that, below 0 more.",
    "It says nothing of how large either is: a token of 9 bits has a surplus of 0 where the entropy is 9 bits, too.",
)
RANK = Measure(
    "rank",
    "rank",
    "r",
    "",
    1,
    10_000,
    "Place of the token that stands there among all tokens, 1 for the most probable; counted on the logits.",
    log=True,
    form="rank",
)
P_OBSERVED = Measure(
    "p",
    "p of the token",
    "p",
    "",
    0,
    1,
    "Probability of the token that stands there.",
    form="probability",
    across=False,  # surprisal is its logarithm, and spreads what would be one colour
)
COPY_GAP = Measure(
    "gap",
    "copy gap",
    "gap",
    *_SIGNED_BITS,
    "What seeing the token is worth: log2 of its probability when it is seen, minus the same when it is hidden. "
    "5 bits: seeing it makes it 32 times as probable.",
)
PLL = Measure(
    "pll",
    "PLL",
    "PLL",
    "nats",
    -100,
    0,
    "Pseudo-log-likelihood: the sum of ln p of every token, each hidden in turn and given all the others.",
    "It is not the log-probability of the text: the conditionals that it sums belong to no joint distribution, and "
    "longer texts have lower sums. Compare texts of equal length, or minimal pairs.",
)
FILL_TOTAL = Measure(
    "fill_total",
    "total",
    "Σ ln p",
    *_LOG_P,
    "The sum of the fillers' ln p, each taken at the moment when it was filled in: the log-probability of one path "
    "through one order.",
    "Totals of different orders are not values of one joint distribution: each order conditions its words on others, "
    "so a larger total does not make a better text.",
)
CANDIDATE_TOTAL = Measure(
    "candidate_total",
    "total",
    "ln P",
    *_LOG_P,
    "The sum of ln P over the candidate's pieces: each piece given the text on both sides and the pieces before it, "
    "with [MASK] in place of itself and of those after it. It divides nothing out: more pieces, lower totals.",
    "The score of q pieces comes from an input with q masks. Different numbers of pieces are scores of different "
    "inputs, so their odds are not given unless they are asked for.",
)
CANDIDATE_MEAN = Measure(
    "candidate_mean", "mean per piece", "ln P / q", *_LOG_P, "The total divided by the number of pieces q."
)
ODDS = Measure(
    "odds",
    "log odds",
    "log2 odds",
    "bits",
    -30,
    30,
    "How much more probable than the reference: the difference of the two totals, in bits its value divided by ln 2. "
    "3 bits are odds of 8 to 1.",
)
MARGIN = Measure(
    "margin",
    "margin",
    "m",
    *_LOGITS,
    "Logit 0 minus logit 1 of the second head: the log-odds of its first answer, that B follows A (of a head for "
    "sentence order, that the two stand in order). It keeps growing where the probability has long been printed as 1.",
)
CONTRAST = Measure(
    "contrast",
    "contrast",
    "c",
    *_LOGITS,
    "The margin minus the mean margin of the controls: how much better the text's own continuation fits than other "
    "text of the same length does after the same beginning.",
)
INFLUENCE = Measure(
    "influence",
    "influence",
    "ΔI",
    "nats",
    -2,
    2,
    "By how much a word raises the target, ln p of a token or the next-sentence margin: above 0 it supports it, below "
    "0 it speaks against it. By occlusion: the target minus the target with all pieces of the word masked, too. By "
    "integrated gradients (Sundararajan et al. 2017): the word's share of what separates the text from one whose words "
    "are all the baseline.",
    "An attribution says what this model's number depends on under this masking, not why (Sundararajan et al. 2017 for "
    "the gradients); and masking makes inputs that the model has rarely seen.",
)
ORDER_EFFECT = Measure(
    "order",
    "order effect",
    "m(A, B) − m(B, A)",
    *_LOGITS,
    "How much more the head likes B after A than A after B.",
)
PATCH_EFFECT = Measure(
    "patch",
    "effect of the patch",
    "Δ",
    *_LOGITS,
    "How much one number, ln p of a token or the next-sentence margin, changes in A when the state of B at one "
    "position, after one layer, takes the place of A's there; the layers that follow are computed anew.",
    "It says what is enough to move the answer, not what the model needs for it.",
)
JS = Measure(
    "js",
    "JS divergence",
    "JS",
    "bits",
    0,
    1,
    "How far the two predictions lie apart (Lin 1991): 0 bits when they are equal, 1 bit when no token is possible in "
    "both. It is the sum of a part per token, which says which words moved.",
)
KL_TO_LAST = Measure(
    "kl",
    "KL to the last layer",
    "KL",
    *_BITS,
    "D(last || layer): the bits that a code made for this layer's prediction costs on top where the last layer's is "
    "true; 0 at the last layer.",
)
SETTLES = Measure(
    "settles",
    "settling layer",
    "settles",
    "",
    0,
    12,
    "The first layer from which on the last layer's most probable token stays first; 0 is before the first layer.",
    form="rank",
)
DELTA_ENTROPY = Measure(
    "delta_entropy",
    "change of entropy",
    "ΔH",
    *_CHANGE,
    "Entropy in B minus entropy in A: above 0, B is less sure.",
)
DELTA_SURPRISAL = Measure(
    "delta_surprisal",
    "change of surprisal",
    "ΔS",
    *_CHANGE,
    "Surprisal of B's own token minus that of A's own: above 0, B's token was less expected in its place.",
)


def listed(names: Sequence[str]) -> str:
    """Names in a row: "entropy, surprisal and rank"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _by_word() -> str:
    joins = {"mean": "the mean", "sum": "the sum of", "max": "the largest", "product": "the product of"}
    named: dict[str, list[str]] = {}
    for key, measure in measures.TOKEN_MEASURES.items():
        named.setdefault(joins[measure.join], []).append(TOKEN_MEASURES[key].name)
    return f"By word, over its pieces: {'; '.join(f'{how} {listed(names)}' for how, names in named.items())}."


TOKEN_MEASURES = {measure.key: measure for measure in (ENTROPY, SURPRISAL, SURPLUS, RANK, P_OBSERVED, COPY_GAP)}
"""The words and the scale of every measure in ``analysis.measures``, under the same key and in the same order."""

BY_WORD = _by_word()
"""How the pieces of a word make the word's value."""

SEEN_READING = (
    "Each position sees its own token, so the head mostly reads back what stands there. What it would expect without "
    "seeing the token is another question, which the hidden reading answers."
)
HIDDEN_READING = (
    "Each position is read with its own token hidden: what the head would expect there from the rest of the text."
)
MASKING_NAMES = {
    "token": "the token alone",
    "word_l2r": "the token and the rest of its word",
    "word": "the whole word",
    "reporting_l2r": "the token and the rest up to the next white space",
}
"""What is hidden with a position, in the words of the page."""
MASKING_HELP = (
    "What the hidden reading masks together with the token it asks for. A word of several pieces gives itself away "
    "when only one of them is hidden."
)
FIT_HELP = (
    "Off: every text has the same scale, so that pictures can be compared. On: the scale ends at the largest value "
    "that is shown."
)
SCORE_NAMES = {
    "token": "original (Salazar et al. 2020)",
    "word_l2r": "word-l2r (Kauf & Ivanova 2023)",
    "word": "whole word",
    "reporting_l2r": "l2r up to the next white space",
}
RARE_TARGETS = (
    "BERT's recipe (Devlin et al. 2019) chose 15 % of the pieces as targets and showed most of those as [MASK]. [CLS] "
    "and [SEP] were never chosen, and an unmasked token only rarely, so what is drawn for them was hardly trained."
)
P_OF_MARGIN_TICKS = (1e-5, 1e-3, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.99999)
"""Probabilities marked on a margin axis, where a linear scale of probabilities would hide the differences."""


def signed_text(measure: Measure, value: float, units: Units = "usual") -> str:
    """Print a value of a measure with its sign, two decimals and its unit."""
    return f"{signed(measure.convert(value, units))} {measure.unit(units)}"


margin_text = partial(signed_text, MARGIN)
"""Print a margin or an effect in nats with its sign, two decimals and its unit."""


def signed(value: float) -> str:
    """Two decimals with a sign; the minus is a real one, and zero has none."""
    rounded = round(value, 2)
    return "0.00" if rounded == 0 else f"{rounded:+.2f}".replace("-", "−")


def share_text(share: float) -> str:
    """Print a share in whole percent; what is not all never reads 100 %, what is not nothing never 0 %."""
    percent = f"{share * 100:.0f}"
    if percent == "0" and share > 0:
        return "< 1 %"
    return "> 99 %" if percent == "100" and share < 1 else f"{percent} %"


def odds_text(margin_nats: float) -> str:
    """The odds of a margin, the larger number first, in two digits: "800 to 1"."""
    odds = math.exp(min(abs(margin_nats), _LARGEST_ODDS))
    if abs(margin_nats) > _LARGEST_ODDS:
        return "more than a million to 1"
    return f"{float(f'{odds:.2g}'):,g} to 1"


def margin_of_p(p: float) -> float:
    """The margin in nats at which P(IsNext) is ``p``: its logit."""
    return math.log(p) - math.log1p(-p)
