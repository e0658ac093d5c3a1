"""Named scores of a text, a pair or a gap: each with its definition, because suites disagree under the same names."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal, TypeVar

import numpy as np

from analysis.batch.readings import KAUF, SALAZAR
from analysis.batch.requests import Predict, Work, hidden, margin, seen
from analysis.choices import Masking
from analysis.errors import InputError, quoted
from analysis.models.bundle import ModelBundle
from analysis.texts.encoding import encode, tokenised
from analysis.texts.pieces import after_space, pieces
from analysis.texts.targets import first_mask
from analysis.types import TEMPLATE, Encoded

Kind = Literal["text", "pair", "gap"]
"""What a score reads: one text, two, or a text with a gap and the word that stands there."""

GAP = "[MASK]"
"""How a text of an item writes its gap, whatever the model's mask token is."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the texts that an item puts beside each other.

    ``start`` is the first code point of what is scored of a text; ``second`` the text that follows in a pair; ``word``
    what stands in the gap. ``later`` says that it comes second where the tokens of two texts are compared.
    """

    text: str
    second: str | None = None
    word: str | None = None
    start: int = 0
    later: bool = False

    @property
    def kind(self) -> Kind:
        """What can be asked of it."""
        return "gap" if self.word is not None else "text" if self.second is None else "pair"


@dataclass(frozen=True, slots=True)
class Given:
    """A side as the model reads it; ``scored`` are the positions of its tokens that count."""

    side: Side
    encoded: Encoded
    scored: tuple[int, ...]

    @property
    def n_unknown(self) -> int:
        """How many of them the vocabulary does not know."""
        return int(self.encoded.unknown[list(self.scored)].sum())

    def equals(self, other: "Given") -> bool:
        """Whether the model gets the same to read, and is asked for the same."""
        rows = ((each.encoded.ids, each.encoded.segment_ids) for each in (self, other))
        same = all(np.array_equal(a, b) for a, b in zip(*rows, strict=True))
        return same and self.scored == other.scored and self.side.word == other.side.word


@dataclass(frozen=True, slots=True)
class Found:
    """What a side comes to; of no ``value`` the score's rule has none, and ``why`` says so. ``rank`` is of a gap's."""

    value: float | None
    rank: int | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A score: ``of`` takes the sides of an item, because some compare them.

    ``column`` is its name with its unit, ``bounds`` what it lies between. ``decimals`` are those that the published
    code rounds to before it compares two; None where it doesn't.
    """

    name: str
    column: str
    says: str
    source: str
    unit: str
    bounds: str
    reads: Kind
    of: Callable[[ModelBundle, Sequence[Given]], Work[list[Found]]]
    decimals: int | None = None

    def ties(self, a: float, b: float) -> bool:
        """Whether two scores are equal by the published rule."""
        return a == b if self.decimals is None else round(a, self.decimals) == round(b, self.decimals)


def read(bundle: ModelBundle, side: Side) -> Given:
    """A side as an input of the model; InputError if it can't be read, or nothing of it counts."""
    if side.kind == "gap":
        encoded = tokenised(bundle, side.text.replace(GAP, bundle.tokenizer.mask_token))
        if first_mask(encoded) is None:
            raise InputError(f"This text has no {GAP}, where its word would stand: put one there.")
    else:
        encoded = encode(bundle, side.text, side.second)
    # A token belongs to a completion whose first character lies before the token's end.
    within = ~encoded.outside & ((encoded.span[:, 1] > side.start) | (encoded.sequence == 1))
    if side.kind == "text" and not within.any():
        raise InputError("The tokenizer keeps nothing of what is to be scored of this text: write a word there.")
    return Given(side, encoded, tuple(np.flatnonzero(within).tolist()))


def together(works: Sequence[Work[R]]) -> Work[list[R]]:
    """Carry out several generators in step, so that their requests go to the model together, equal ones once."""
    ends: dict[int, R] = {}
    sent: dict[int, Any] = dict.fromkeys(range(len(works)))
    while sent:
        waiting = {}
        for number, value in sent.items():
            try:
                waiting[number] = works[number].send(value)
            except StopIteration as stop:
                ends[number] = stop.value
        answers = iter((yield [request for requests in waiting.values() for request in requests]) if waiting else ())
        sent = {number: [next(answers) for _ in requests] for number, requests in waiting.items()}
    return [ends[number] for number in range(len(works))]


def _each(
    one: Callable[[ModelBundle, Given], Work[Found]],
) -> Callable[[ModelBundle, Sequence[Given]], Work[list[Found]]]:
    """A score of every side by itself."""

    def of(bundle: ModelBundle, given: Sequence[Given]) -> Work[list[Found]]:
        return (yield from together([one(bundle, each) for each in given]))

    return of


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _logp(bundle: ModelBundle, given: Given, masking: Masking, positions: Sequence[int]) -> Work[list[float]]:
    """ln p of the tokens at some positions, each hidden; of none none."""
    if not positions:
        return []
    rows, row_of = yield from hidden(bundle, given.encoded, (masking,), positions=positions)
    return rows.logp_nats[row_of[0, list(positions)]].tolist()


def _pll(masking: Masking, fold: Callable[[list[float]], float]) -> Callable[[ModelBundle, Given], Work[Found]]:
    def one(bundle: ModelBundle, given: Given) -> Work[Found]:
        return Found(fold((yield from _logp(bundle, given, masking, given.scored))))

    return one


def _seen_mean(_bundle: ModelBundle, given: Given) -> Work[Found]:
    found = yield from seen(given.encoded)
    return Found(_mean(found.logp_nats[list(given.scored)].tolist()))


def _crows(which: Literal["shared", "diff"]) -> Callable[[ModelBundle, Sequence[Given]], Work[list[Found]]]:
    """Two sentences by the tokens that they share, but for the first and the last, or by those that they don't."""

    def of(bundle: ModelBundle, given: Sequence[Given]) -> Work[list[Found]]:
        # difflib may find other stretches when its two sides change places.
        order = slice(None, None, -1) if given[0].side.later else slice(None)
        a, b = (each.encoded.ids.tolist() for each in given[order])
        spans: tuple[list[int], list[int]] = ([], [])
        for kind, *edges in SequenceMatcher(None, a, b).get_opcodes():
            if (kind == "equal") == (which == "shared"):
                spans[0].extend(range(*edges[:2]))
                spans[1].extend(range(*edges[2:]))
        positions = [span[1:-1] for span in spans] if which == "shared" else list(spans)
        if which == "diff" and not all(positions):
            return [Found(None, why="One of the sentences has no token of its own, and such a pair is left out.")] * 2
        works = [_logp(bundle, each, "token", at) for each, at in zip(given, positions[order], strict=True)]
        fold = math.fsum if which == "shared" else _mean
        return [Found(fold(logp)) for logp in (yield from together(works))]

    return of


def _stereoset(bundle: ModelBundle, given: Given) -> Work[Found]:
    """The pieces of the word one after the other: those before it stand there, and one mask follows them."""
    word, mask = given.side.word or "", bundle.tokenizer.mask_token
    space = after_space(given.encoded, _gap_of(given)) and bundle.writes != "words"
    own = tokenised(bundle, f" {word}" if space else word, name="The word")
    at = np.flatnonzero(own.sequence != TEMPLATE)
    requests = []
    for position in at.tolist():
        before = own.text_a[: own.span[position, 0]].lstrip()
        encoded = tokenised(bundle, given.side.text.replace(GAP, before + mask))
        gap = first_mask(encoded)
        if gap is None:
            raise InputError(f"The word '{quoted(word)}' leaves no gap in this model's tokens: choose another word.")
        requests.append(Predict(encoded, (gap,), (int(own.ids[position]),)))
    found = yield requests
    return Found(_mean([float(each.p_observed[0]) for each in found]))


def _is_next(bundle: ModelBundle, given: Given) -> Work[Found]:
    bundle.nsp.require()
    return Found((yield from margin(given.encoded)))


def _at_gap(bundle: ModelBundle, given: Given) -> Work[Found]:
    """Probability and rank of a word of one token at the first gap."""
    gap = _gap_of(given)
    try:
        ids = pieces(bundle, given.side.word or "", after_space=after_space(given.encoded, gap), called="word")
    except InputError as error:
        return Found(None, why=str(error))
    if len(ids) > 1:
        named = quoted(given.side.word or "")
        return Found(None, why=f"'{named}' has {len(ids)} pieces in this vocabulary, and only single ones are ranked.")
    (found,) = yield [Predict(given.encoded, (gap,), ids)]
    return Found(float(found.p_observed[0]), int(found.rank[0]))


def _gap_of(given: Given) -> int:
    gap = first_mask(given.encoded)
    assert gap is not None, "read refuses a text without a gap"
    return gap


_BELOW_0, _SHARE = "at most 0", "0 to 1"

SCORES: dict[str, Score] = {
    each.name: each
    for each in (
        Score(
            "pll-sum",
            "pll_sum_nats",
            "sum of ln p of each token, it alone hidden",
            f"{SALAZAR}; BabyLM 2025 of the completion",
            "nats",
            _BELOW_0,
            "text",
            _each(_pll("token", math.fsum)),
        ),
        Score(
            "pll-mean",
            "pll_mean_nats",
            "mean of ln p of each token, it alone hidden",
            f"{SALAZAR}, by length",
            "nats",
            _BELOW_0,
            "text",
            _each(_pll("token", _mean)),
        ),
        Score(
            "pll-word-l2r",
            "pll_word_l2r_nats",
            "sum of ln p of each token, it and the later pieces of its word hidden",
            KAUF,
            "nats",
            _BELOW_0,
            "text",
            _each(_pll("word_l2r", math.fsum)),
        ),
        Score(
            "seen-mean",
            "seen_mean_nats",
            "mean of ln p of each token, nothing hidden",
            "AUL, Kaneko & Bollegala 2022",
            "nats",
            _BELOW_0,
            "text",
            _each(_seen_mean),
        ),
        Score(
            "crows-shared-sum",
            "crows_shared_sum_nats",
            "sum of ln p of each token that both sentences share, it alone hidden; compared at 3 decimals",
            "Nangia et al. 2020",
            "nats",
            _BELOW_0,
            "text",
            _crows("shared"),
            decimals=3,
        ),
        Score(
            "crows-diff-mean",
            "crows_diff_mean_nats",
            "mean of ln p of each token that the other sentence lacks, it alone hidden; compared at 3 decimals",
            "bias-bench, Meade et al. 2022",
            "nats",
            _BELOW_0,
            "text",
            _crows("diff"),
            decimals=3,
        ),
        Score(
            "stereoset-mean-p",
            "stereoset_mean_p",
            "mean of p of each piece of the gap's word, the pieces before it in place and one mask after them",
            "Nadeem et al. 2021",
            "probability",
            _SHARE,
            "gap",
            _each(_stereoset),
        ),
        Score(
            "isnext-margin",
            "isnext_margin_nats",
            "z_0 - z_1 of the next-sentence head: the log-odds that the second text follows the first",
            "Devlin et al. 2019; half of StereoSet, Nadeem et al. 2021",
            "nats",
            "any",
            "pair",
            _each(_is_next),
        ),
        Score(
            "p-at-k",
            "p",
            "probability of the word at the first gap, and its rank: among the k first, it counts for P@k",
            "Petroni et al. 2019; Ettinger 2020",
            "probability",
            _SHARE,
            "gap",
            _each(_at_gap),
        ),
    )
}
"""By the name that ``--scores`` takes."""
