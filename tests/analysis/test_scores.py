"""Pseudo-log-likelihoods against plain transformers and against the definitions of others; words; derived numbers."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from analysis import (
    HiddenReading,
    InputError,
    ModelBundle,
    SentenceScore,
    read_hidden,
    read_maskings,
    score,
    score_texts,
)
from analysis.choices import MASKINGS, Masking
from analysis.tasks.hidden import plan_hidden, read_rows, reading_of
from analysis.texts.encoding import encode
from analysis.texts.words import words_of
from tests.analysis.hidden_oracle import Sheet
from tests.analysis.oracle import Plain
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.texts import texts

LN2 = math.log(2)
NEAR_NATS = 5e-5
"""Per token, between two single-precision passes that sum in another order; 1e-5 is the most that was seen."""

SENTENCES: tuple[tuple[str, str | None], ...] = (
    ("The traveler lost the souvenir.", None),
    ("a", None),
    ("antidisestablishmentarianism", None),
    ("Fort Sumter fell in April 1861.", None),
    ("She said: “no” – and left…", None),
    ("café naïve Zoë", None),
    ("東京は日本の首都です", None),
    ("the word שלום means peace", None),
    ("ไทย and 🙂", None),
    ("   spaces    all\n\naround\t", None),
    ("buffalo buffalo buffalo", None),
    ("She opened the [MASK].", None),
    ("one [SEP] two [UNK]", None),
    ("She opened the door.", "The room was dark."),
    ("Sumter", "Sumter"),
    ("a", "antidisestablishmentarianism, again"),
    ("[MASK] souvenirs", "the [MASK] cabinet"),
    ("שלום", "🙂 ไ"),
)


# --- token by token ---


def logp_by_brute_force(sheet: Sheet) -> dict[Masking, dict[int, float]]:
    """ln p of every counted position under each masking, every masked input run once."""

    @cache
    def logits(hidden: tuple[int, ...], position: int) -> np.ndarray:
        return sheet.rows([(sheet.with_masks(hidden), position)])[0]

    def logp(hidden: list[int], position: int) -> float:
        row = logits(tuple(hidden), position)
        shifted = row - row.max()
        return float(shifted[sheet.ids[position]] - np.log(np.exp(shifted).sum()))

    return {
        masking: {position: logp(sheet.hidden_with(position, masking), position) for position in sheet.counted}
        for masking in MASKINGS
    }


def assert_every_token(bundle: ModelBundle, plain: Plain, text_a: str, text_b: str | None) -> None:
    sheet = Sheet.of(plain, text_a, text_b)
    expected = logp_by_brute_force(sheet)
    for reading in read_maskings(bundle, text_a, text_b, k=1):
        found, by_hand = score(reading), expected[reading.masking]
        near = NEAR_NATS * len(sheet.counted)
        assert found.masking == reading.masking
        assert found.n_tokens == len(sheet.counted)
        np.testing.assert_allclose(found.logp_nats[sheet.counted], [*by_hand.values()], rtol=0, atol=NEAR_NATS)
        assert np.isnan(np.delete(found.logp_nats, sheet.counted)).all()
        assert found.pll_nats == pytest.approx(math.fsum(by_hand.values()), abs=near)
        parts = [math.fsum(logp for i, logp in by_hand.items() if sheet.sequence_ids[i] == number) for number in (0, 1)]
        assert found.pll_a_nats == pytest.approx(parts[0], abs=near)
        assert found.pll_b_nats == (None if text_b is None else pytest.approx(parts[1], abs=near))


@pytest.mark.parametrize(("text_a", "text_b"), SENTENCES)
def test_every_token(tiny: ModelBundle, tiny_plain: Plain, text_a: str, text_b: str | None) -> None:
    assert_every_token(tiny, tiny_plain, text_a, text_b)


@pytest.mark.parametrize(("text_a", "text_b"), SENTENCES[::2])
def test_every_token_of_the_bundled_model(bundled: ModelBundle, plain: Plain, text_a: str, text_b: str | None) -> None:
    assert_every_token(bundled, plain, text_a, text_b)


# --- as others define it ---


def pll_of_minicons(plain: Plain, sentence: str, metric: str) -> list[float]:
    """``token_score`` of minicons 0.3.39, its two metrics written out: one masked row for every token.

    ``original`` masks the token; ``within_word_l2r`` also "all following tokens which belong to the same word", words
    being the tokenizer's ``word_ids``.
    """
    encoded = plain.tokenizer(sentence)
    ids, word_ids = encoded.input_ids, encoded.word_ids()
    special = {plain.tokenizer.cls_token_id, plain.tokenizer.sep_token_id, plain.tokenizer.pad_token_id}
    scores = []
    for target in [i for i, id_ in enumerate(ids) if id_ not in special]:
        mask_set = [target]
        if metric == "within_word_l2r":
            mask_set += [j for j in range(target + 1, len(ids) - 1) if word_ids[j] == word_ids[target]]
        masked = torch.tensor([ids])
        masked[0, mask_set] = plain.tokenizer.mask_token_id
        with torch.no_grad():
            logits = plain.model(input_ids=masked).prediction_logits[0, target]
        scores.append(float(logits[ids[target]] - logits.logsumexp(0)))
    return scores


METRICS: dict[str, Masking] = {"original": "token", "within_word_l2r": "word_l2r"}


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "sentence", ["The traveler lost the souvenir.", "Fort Sumter's antidisestablishmentarians fell."]
)
def test_the_definitions_of_minicons(bundled: ModelBundle, plain: Plain, sentence: str, metric: str) -> None:
    found = score(read_hidden(bundled, sentence, masking=METRICS[metric], k=1))
    np.testing.assert_allclose(found.logp_nats[1:-1], pll_of_minicons(plain, sentence, metric), rtol=0, atol=NEAR_NATS)


# --- many texts together ---


def together(texts_: Sequence[tuple[str, str | None]]) -> list[str | tuple[str, str]]:
    return [text_a if text_b is None else (text_a, text_b) for text_a, text_b in texts_]


@pytest.mark.parametrize("masking", MASKINGS)
def test_many_texts_are_each_scored_as_if_alone(
    tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch, masking: Masking
) -> None:
    """However many are laid out at once."""
    some = SENTENCES[1::2]
    alone = [score(read_hidden(tiny, *each, masking=masking, k=1)) for each in some]
    for tokens in (1, 300, 100_000):
        monkeypatch.setattr("analysis.tasks.hidden.GROUP_TOKENS", tokens)
        found = score_texts(tiny, together(some), masking=masking)
        for one, other in zip(found, alone, strict=True):
            near = NEAR_NATS * one.n_tokens
            assert (one.masking, one.words, one.n_tokens) == (masking, other.words, other.n_tokens)
            assert (one.n_words, one.n_characters) == (other.n_words, other.n_characters)
            np.testing.assert_allclose(one.logp_nats, other.logp_nats, rtol=0, atol=NEAR_NATS)
            np.testing.assert_allclose(one.word_logp_nats, other.word_logp_nats, rtol=0, atol=near)
            assert one.pll_a_nats == pytest.approx(other.pll_a_nats, abs=near)
            assert one.pll_b_nats == (None if other.pll_b_nats is None else pytest.approx(other.pll_b_nats, abs=near))


def test_no_texts_have_no_scores(tiny: ModelBundle) -> None:
    assert score_texts(tiny, []) == ()


def test_one_text_that_can_t_be_read_among_many(tiny: ModelBundle) -> None:
    for bad in ("", ("the cat", " "), "cat " * 63, "[MASK]"):
        with pytest.raises(InputError) as caught:
            score_texts(tiny, ["the cat sat", bad])
        assert_plain_sentence(caught.value)
    with pytest.raises(InputError, match="'words' came"):
        score_texts(tiny, ["the cat"], masking="words")


# --- by hand ---


def made_by_hand(bundle: ModelBundle, bits: list[float], text_a: str, text_b: str | None = None) -> HiddenReading:
    """A reading whose surprisals are these, position by position."""
    reading = read_hidden(bundle, text_a, text_b, k=1)
    assert len(reading.encoded) == len(bits), reading.encoded.tokens
    return replace(reading, statistics=replace(reading.statistics, surprisal_bits=np.array(bits, np.float32)))


def test_a_sentence_by_hand(tiny: ModelBundle) -> None:
    """[CLS] cat ##s sat . [SEP]: ten bits over four tokens, two words and nine characters."""
    found = score(made_by_hand(tiny, [9, 1, 2, 3, 4, 9], " cats sat.\n"))
    assert (found.n_tokens, found.n_words, found.n_characters) == (4, 2, 9)
    assert found.pll_nats == pytest.approx(-10 * LN2)
    assert found.pll_b_nats is None
    assert found.pseudo_perplexity == pytest.approx(2**2.5)
    assert found.pseudo_perplexity_word == pytest.approx(2**5)
    assert found.bits_per_character == pytest.approx(10 / 9)
    assert [word.text for word in found.words] == ["cats", "sat."]
    assert [word.span for word in found.words] == [(1, 5), (6, 10)]
    assert [word.positions for word in found.words] == [(1, 2), (3, 4)]
    assert found.word_logp_nats.tolist() == pytest.approx([-3 * LN2, -7 * LN2])
    assert found.logp_nats[1:-1].tolist() == pytest.approx([-LN2, -2 * LN2, -3 * LN2, -4 * LN2])
    assert np.isnan(found.logp_nats[[0, -1]]).all()


def test_a_pair_by_hand(tiny: ModelBundle) -> None:
    """[CLS] the cat [SEP] a [MASK] dog [SEP]: the [MASK] is a word without a score."""
    found = score(made_by_hand(tiny, [9, 1, 2, 9, 4, 9, 8, 9], "the cat ", "a [MASK]  dog"))
    assert (found.n_tokens, found.n_words, found.n_characters) == (4, 4, 7 + 5)
    assert (found.pll_a_nats, found.pll_b_nats) == (pytest.approx(-3 * LN2), pytest.approx(-12 * LN2))
    assert found.pll_nats == pytest.approx(-15 * LN2)
    assert found.pseudo_perplexity == pytest.approx(2 ** (15 / 4))
    assert found.pseudo_perplexity_word == pytest.approx(2 ** (15 / 4))
    assert found.bits_per_character == pytest.approx(15 / 12)
    assert [(word.sequence, word.text) for word in found.words] == [
        (0, "the"),
        (0, "cat"),
        (1, "a"),
        (1, "[MASK]"),
        (1, "dog"),
    ]
    assert found.word_logp_nats.tolist() == pytest.approx([-LN2, -2 * LN2, -4 * LN2, math.nan, -8 * LN2], nan_ok=True)


def test_perplexities_beyond_what_a_double_holds(tiny: ModelBundle) -> None:
    found = score(made_by_hand(tiny, [0, 3e4, 3e4, 0], "cats"))
    assert (found.pseudo_perplexity, found.pseudo_perplexity_word) == (math.inf, math.inf)
    assert math.isfinite(found.bits_per_character)
    nearly = score(made_by_hand(tiny, [0, 1000, 1000, 0], "cats"))
    assert nearly.pseudo_perplexity == pytest.approx(2.0**1000)


def test_a_stopped_reading_has_no_score(tiny: ModelBundle) -> None:
    whole = read_hidden(tiny, "the zebra sat", k=1)
    plan = plan_hidden(tiny, whole.encoded, ("word_l2r",))
    part = reading_of(tiny, plan, read_rows(tiny, plan, plan.chunks_of(6)[0], 1), whole.seen, "word_l2r")
    with pytest.raises(InputError, match="stopped before its end") as caught:
        score(part)
    assert_plain_sentence(caught.value)


# --- words ---


def assert_words_cover(found: SentenceScore, reading: HiddenReading) -> None:
    """Every piece in one word, every word in its text, and the scores of the words are the whole."""
    encoded = reading.encoded
    positions = [position for word in found.words for position in word.positions]
    assert positions == np.flatnonzero(encoded.sequence >= 0).tolist()
    for word, logp in zip(found.words, found.word_logp_nats, strict=True):
        text = (encoded.text_a, encoded.text_b or "")[word.sequence]
        assert text[slice(*word.span)] == word.text
        assert not any(char.isspace() for char in word.text)
        scored = found.logp_nats[list(word.positions)]
        assert np.isnan(logp) == np.isnan(scored).all()
        assert np.isnan(logp) or logp == pytest.approx(np.nansum(scored), abs=1e-9)
        assert all(encoded.sequence[position] == word.sequence for position in word.positions)
    assert {word.text for word in found.words} <= {*encoded.text_a.split(), *(encoded.text_b or "").split()}
    assert np.nansum(found.word_logp_nats) == pytest.approx(found.pll_nats, abs=1e-6)
    assert found.n_words == np.isfinite(found.word_logp_nats).sum()


@settings(max_examples=25)
@given(text_a=texts, text_b=texts)
def test_words_cover_any_text(tiny: ModelBundle, text_a: str, text_b: str) -> None:
    for text in (text_b, None):
        try:
            reading = read_hidden(tiny, text_a, text, k=1)
        except InputError:
            continue
        assert_words_cover(score(reading), reading)


def test_words_of_byte_level_pieces(checkpoint: Callable[[str], ModelBundle]) -> None:
    """They hold white space, which belongs to the word that follows."""
    for text in ("a cat at", " a  cat\n at ", "\x07 cat", "a\u3000cat"):
        reading = read_hidden(checkpoint("tiny_roberta"), text, k=1)
        assert_words_cover(score(reading), reading)


def test_words_without_pieces(tiny: ModelBundle) -> None:
    """The tokenizer drops what it can't print: nothing of it was read, so it is no word."""
    words = words_of(encode(tiny, "the \x00 cats\u200b \u0301"))
    assert [(word.text, word.positions) for word in words] == [
        ("the", (1,)),
        ("cats\u200b", (2, 3)),
    ]


def test_words_with_edits(tiny: ModelBundle, checkpoint: Callable[[str], ModelBundle]) -> None:
    """What stands there after the edit, in the place of what was typed."""
    words = words_of(encode(tiny, "The zebra sat.", edits=((2, 6), (7, 7))))
    assert [word.text for word in words] == ["The", "catebra", "dog."]
    assert [word.span for word in words] == [(0, 3), (4, 9), (10, 14)]
    roberta = checkpoint("tiny_roberta")
    edit = (2, roberta.tokenizer.convert_tokens_to_ids("Ġc"))
    assert [word.text for word in words_of(encode(roberta, "a cat", edits=(edit,)))] == ["a", "c"]


def test_the_score_of_an_edit_is_that_of_the_word_typed(tiny: ModelBundle) -> None:
    edited = score(read_hidden(tiny, "the cat sat", edits=((2, 7),), k=1))
    typed = score(read_hidden(tiny, "the dog sat", k=1))
    assert edited.pll_nats == typed.pll_nats
    assert [word.text for word in edited.words] == [word.text for word in typed.words]


def test_what_hides_together_can_go_by_white_space(bundled: ModelBundle) -> None:
    """``mother-in-law`` is five words to the tokenizer, which give each other away."""
    by_masking = {
        reading.masking: dict(zip([word.text for word in found.words], found.word_logp_nats, strict=True))
        for reading in read_maskings(bundled, "Her mother-in-law arrived.", k=1)
        for found in [score(reading)]
    }
    assert by_masking["word_l2r"]["mother-in-law"] == pytest.approx(-11.157, abs=1e-3)
    assert by_masking["reporting_l2r"]["mother-in-law"] == pytest.approx(-19.893, abs=1e-3)
