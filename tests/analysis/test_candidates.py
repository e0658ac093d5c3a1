"""Candidates for a [MASK], of any number of pieces, against the formula written out over plain transformers."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from analysis import CandidateContest, InputError, ModelBundle, score_candidates
from analysis.limits import MAX_CANDIDATES, MAX_PIECES
from tests.analysis.checkpoints import TOY_VOCABULARY
from tests.analysis.engine_spy import watched_engine
from tests.analysis.hidden_oracle import Sheet
from tests.analysis.oracle import Plain
from tests.analysis.plain_words import assert_plain_sentence

NEAR_NATS = 2e-5

CANDIDATES: dict[str, list[str]] = {
    "cat": ["cat"],
    "dog": ["dog"],
    "Cats": ["cat", "##s"],
    "zo": ["z", "##o"],
    "zoo": ["z", "##o", "##o"],
    "opened the door": ["opened", "the", "door"],
    "was,": ["was", ","],
    "##s": ["##s"],
}
"""With their pieces on the tiny model."""

TEXTS: dict[str, tuple[str, str | None, int]] = {
    "one gap": ("the [MASK] sat.", None, 1),
    "at the beginning": ("[MASK] sat", None, 1),
    "at the end": ("the cats sat [MASK]", None, 1),
    "the first of three": ("the [MASK] sat [MASK] the mat [MASK]", None, 1),
    "the second of three": ("the [MASK] sat [MASK] the mat [MASK]", None, 2),
    "in the first text": ("the [MASK] sat", "she [MASK] zebras", 1),
    "in the second text": ("the [MASK] sat", "she [MASK] zebras", 2),
    "beside typed tokens": ("a [SEP] [MASK][PAD] ไ", None, 1),
}


def logp_by_the_formula(sheet: Sheet, position: int, pieces: Sequence[int]) -> list[float]:
    """ln P(c_t | left, c_1 .. c_(t-1), [MASK] (q - t + 1 times), right), one input for every t."""
    logp = []
    for done, piece in enumerate(pieces):
        gap = [*pieces[:done], *[sheet.mask_id] * (len(pieces) - done)]
        rows = [*range(position), *[position] * len(pieces), *range(position + 1, len(sheet.ids))]
        longer = sheet.window(rows)
        longer.ids[position : position + len(pieces)] = gap
        logp.append(float(longer.answer().log_p[position + done, piece]))
    return logp


def gap_of(sheet: Sheet, number: int) -> int:
    return [position for position, id_ in enumerate(sheet.ids) if id_ == sheet.mask_id][number - 1]


def assert_scores(contest: CandidateContest, sheet: Sheet, position: int) -> None:
    """Every number of a contest, of candidates whose pieces are known."""
    assert contest.position == position
    totals = []
    for each in contest.candidates:
        pieces = sheet.plain.tokenizer.convert_tokens_to_ids(list(each.tokens))
        expected = logp_by_the_formula(sheet, position, pieces)
        assert list(each.ids) == pieces
        np.testing.assert_allclose(each.logp_nats, expected, rtol=0, atol=NEAR_NATS)
        assert each.total_nats == pytest.approx(sum(each.logp_nats), abs=1e-9)
        assert each.mean_nats == pytest.approx(each.total_nats / len(pieces), abs=1e-9)
        logits = sheet.answer().logits[position]
        assert each.rank == (None if len(pieces) > 1 else 1 + int((logits > logits[pieces[0]]).sum()))
        totals.append(sum(expected))
    odds = (np.array(totals) - totals[contest.reference]) / math.log(2)
    equal = [len(each.ids) == len(contest.candidates[contest.reference].ids) for each in contest.candidates]
    near = 2 * NEAR_NATS * 3 / math.log(2)
    np.testing.assert_allclose(contest.odds_bits, np.where(equal, odds, np.nan), rtol=0, atol=near)


@pytest.mark.parametrize(("text_a", "text_b", "mask"), TEXTS.values(), ids=TEXTS)
def test_any_number_of_pieces(tiny: ModelBundle, tiny_plain: Plain, text_a: str, text_b: str | None, mask: int) -> None:
    sheet = Sheet.of(tiny_plain, text_a, text_b)
    contest = score_candidates(tiny, text_a, text_b, candidates=list(CANDIDATES), mask=mask)
    assert [each.text for each in contest.candidates] == list(CANDIDATES)
    assert [list(each.tokens) for each in contest.candidates] == list(CANDIDATES.values())
    assert_scores(contest, sheet, gap_of(sheet, mask))


def test_the_bundled_model(bundled: ModelBundle, plain: Plain) -> None:
    text = "The [MASK] lost the souvenir [MASK] Paris."
    candidates = ["traveler", "antidisestablishmentarianism", "old man", "##ing"]
    contest = score_candidates(bundled, text, candidates=candidates)
    assert len(contest.candidates[0].ids) == 1
    assert max(len(each.ids) for each in contest.candidates) >= 3
    assert_scores(contest, Sheet.of(plain, text), 2)


@pytest.mark.parametrize("name", ["tiny_albert", "tiny_distilbert", "tiny_electra"])
def test_other_families(
    checkpoint: Callable[[str], ModelBundle], checkpoint_folder: Callable[[str], Path], name: str
) -> None:
    plain = Plain.load(checkpoint_folder(name), two_heads=name == "tiny_albert")
    contest = score_candidates(checkpoint(name), "the [MASK] sat", candidates=list(CANDIDATES))
    assert_scores(contest, Sheet.of(plain, "the [MASK] sat"), 2)


# --- byte-level pieces: the space before a word is a part of it ---

SPACED = {
    "after a space": ("a <mask> at", ["Ġcat"]),
    "after a letter": ("a<mask> at", ["c", "at"]),
    "at the beginning": ("<mask> at", ["c", "at"]),
    "after a line break": ("a\n<mask>", ["Ġcat"]),
    "after a space in the second text": ("at", ["Ġcat"]),
}


@pytest.mark.parametrize(("text", "pieces"), SPACED.values(), ids=SPACED)
def test_the_space_before_a_candidate(
    checkpoint: Callable[[str], ModelBundle], checkpoint_folder: Callable[[str], Path], text: str, pieces: list[str]
) -> None:
    bundle = checkpoint("tiny_roberta")
    texts = (text, None) if "<mask>" in text else (text, "a <mask>")
    contest = score_candidates(bundle, *texts, candidates=["cat"])
    assert list(contest.candidates[0].tokens) == pieces
    sheet = Sheet.of(Plain.load(checkpoint_folder("tiny_roberta"), two_heads=False), *texts)
    assert_scores(contest, sheet, gap_of(sheet, 1))


# --- odds ---


def test_odds_between_unequal_lengths_are_for_those_who_ask(tiny: ModelBundle) -> None:
    candidates = ["cat", "zoo", "dog", "Cats"]
    contest = score_candidates(tiny, "the [MASK] sat", candidates=candidates)
    assert np.isnan(contest.odds_bits).tolist() == [False, True, False, True]
    assert contest.odds_bits[0] == 0
    asked = score_candidates(tiny, "the [MASK] sat", candidates=candidates, any_length=True)
    totals = np.array([each.total_nats for each in asked.candidates])
    np.testing.assert_allclose(asked.odds_bits, (totals - totals[0]) / math.log(2), atol=1e-9)


def test_odds_by_another_reference(tiny: ModelBundle) -> None:
    contest = score_candidates(tiny, "the [MASK] sat", candidates=["cat", "dog", "zo", "Cats"], reference=3)
    assert contest.reference == 3
    assert np.isnan(contest.odds_bits).tolist() == [True, True, False, False]
    assert contest.odds_bits[3] == 0
    by_first = score_candidates(tiny, "the [MASK] sat", candidates=["zo", "Cats"])
    assert contest.odds_bits[2] == pytest.approx(-by_first.odds_bits[1], abs=1e-4)


# --- the work ---


def test_what_candidates_share_is_run_once(tiny: ModelBundle, tiny_plain: Plain) -> None:
    """One input per number of pieces and beginning: zo and zoo share no [MASK]s, zoo and zob do."""
    with watched_engine() as calls:
        score_candidates(tiny, "the [MASK] sat", candidates=["cat", "dog", "zo", "zoo", "zob", "cat"])
    pieces = {word: tiny_plain.tokenizer(word, add_special_tokens=False).input_ids for word in ("zo", "zoo", "zob")}
    (z, o), mask = pieces["zo"], TOY_VOCABULARY.index("[MASK]")
    gaps = [[mask], [mask] * 2, [z, mask], [mask] * 3, [z, mask, mask], [z, o, mask], [z, o, mask]]
    expected = {(2, 5, *gap, 8, 3) for gap in gaps}
    assert sorted(map(tuple, calls.ids)) == sorted(expected)
    assert sum(calls.mlm) == 1 + 1 + 2 + 3 + 3 + 1


def test_the_same_candidate_twice_has_the_same_score(checkpoint: Callable[[str], ModelBundle]) -> None:
    for name in ("tiny_bert", "tiny_albert", "tiny_electra"):
        contest = score_candidates(checkpoint(name), "the [MASK] sat", candidates=["cat", "zoo", "cat", "zoo"])
        first, second, third, fourth = contest.candidates
        np.testing.assert_allclose(first.logp_nats, third.logp_nats, atol=1e-6)
        np.testing.assert_allclose(second.logp_nats, fourth.logp_nats, atol=1e-6)
        assert first.rank == third.rank


# --- edits ---


def test_an_edit_beside_a_gap_and_an_edit_to_a_gap(tiny: ModelBundle, tiny_plain: Plain) -> None:
    edits = ((1, 14), (3, 4))
    contest = score_candidates(tiny, "the [MASK] sat", candidates=["cat", "zo"], mask=2, edits=edits)
    assert_scores(contest, Sheet.of(tiny_plain, "the [MASK] sat", edits=edits), 3)


# --- what can't be scored ---

TEXT = "the [MASK] sat [MASK]"
REFUSED: dict[str, tuple[str, dict[str, object], str]] = {
    "no gap": ("the cat", {"candidates": ["a"]}, r"has no \[MASK\] for the candidates"),
    "gap 3": (TEXT, {"candidates": ["a"], "mask": 3}, "Gap 3 came; this text has 2: choose 1 to 2"),
    "gap 2 of 1": ("the [MASK]", {"candidates": ["a"], "mask": 2}, r"this text has 1: choose 1\."),
    "no candidates": (TEXT, {"candidates": []}, "0 candidates.*: give 1 to 100"),
    "too many": (TEXT, {"candidates": ["a"] * (MAX_CANDIDATES + 1)}, "101 candidates"),
    "no such reference": (TEXT, {"candidates": ["a"], "reference": 1}, "Reference 2 came"),
    "a blank candidate": (TEXT, {"candidates": [" \t"]}, "A candidate is only white space"),
    "a lone surrogate": (TEXT, {"candidates": ["a\ud800"]}, "half a character"),
    "an unknown word among others": (TEXT, {"candidates": ["cat ไ"]}, "no pieces for the candidate"),
    "[UNK] itself": (TEXT, {"candidates": ["[UNK]"]}, "no pieces for the candidate"),
    "an unknown continuation": (TEXT, {"candidates": ["##zz"]}, "'##zz' is no piece of this model's vocabulary"),
    "two number signs": (TEXT, {"candidates": ["##"]}, "'##' is no piece"),
    "a special token": (TEXT, {"candidates": ["the [SEP] cat"]}, "holds a special token"),
    "nothing that is kept": (TEXT, {"candidates": ["\x07"]}, "nothing that the tokenizer keeps|no pieces"),
    "too many pieces": (TEXT, {"candidates": ["z" * (MAX_PIECES + 1)]}, "has 17 pieces; at most 16 are scored"),
    "no room for it": ("cat " * 61 + "[MASK]", {"candidates": ["zo"]}, "With 'zo' the text has 65 tokens; at most 64"),
}


def test_what_can_t_be_scored(subtests: pytest.Subtests, tiny: ModelBundle) -> None:
    for text, options, match in REFUSED.values():
        with subtests.test(text=text, options=options, match=match):
            with pytest.raises(InputError, match=match) as caught:
                score_candidates(tiny, text, **options)
            assert_plain_sentence(caught.value)


def test_as_many_as_allowed(tiny: ModelBundle) -> None:
    assert score_candidates(tiny, "cat " * 61 + "[MASK]", candidates=["cat"]).candidates[0].rank
    assert len(score_candidates(tiny, "[MASK] a", candidates=["z" * MAX_PIECES]).candidates[0].ids) == MAX_PIECES
    assert len(score_candidates(tiny, "[MASK] a", candidates=["cat"] * MAX_CANDIDATES).candidates) == MAX_CANDIDATES


def test_a_sentence_about_a_candidate_speaks_of_it(tiny: ModelBundle) -> None:
    """Not of the text, which is not to blame."""
    for candidate in ("[MASK]", "\x07"):
        with pytest.raises(InputError, match="candidate"):
            score_candidates(tiny, TEXT, candidates=[candidate])
