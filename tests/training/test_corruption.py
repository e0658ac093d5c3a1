"""Choosing and corrupting tokens 80/10/10."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from transformers import BertTokenizerFast

from training.command import BUNDLED_FOLDER
from training.corruption import IGNORED, Corruption, corrupt
from training.vocabulary import Vocabulary, vocabulary_of

UNK = 1
Corrupt = Callable[[Sequence[int], Vocabulary, random.Random, float], Corruption]


def text_of(vocabulary: Vocabulary, words: int) -> list[int]:
    ids = [2000 + number for number in range(words)]
    half = words // 2
    return [vocabulary.cls_id, *ids[:half], vocabulary.sep_id, *ids[half:], vocabulary.sep_id]


def check_invariants(function: Corrupt, vocabulary: Vocabulary) -> None:
    rng = random.Random(0)
    for words in (1, 2, 7, 20, 126):
        ids = [*text_of(vocabulary, words), vocabulary.mask_id, vocabulary.pad_id]
        spoiled = function(ids, vocabulary, rng, 0.15)
        assert len(spoiled.chosen) == max(1, round(0.15 * words))
        assert len(set(spoiled.masked) | set(spoiled.replaced) | set(spoiled.kept)) == len(spoiled.chosen)
        assert not {ids[position] for position in spoiled.chosen} & vocabulary.never_chosen
        for position, token in enumerate(ids):
            chosen = position in spoiled.chosen
            assert spoiled.labels[position] == (token if chosen else IGNORED)
            if position in spoiled.masked:
                assert spoiled.input_ids[position] == vocabulary.mask_id
            elif position in spoiled.replaced:
                assert vocabulary.first_word <= spoiled.input_ids[position] < vocabulary.size
            else:
                assert spoiled.input_ids[position] == token


def check_shares(function: Corrupt, vocabulary: Vocabulary) -> None:
    rng = random.Random(1)
    parts = [function(text_of(vocabulary, 100), vocabulary, rng, 0.15) for _ in range(600)]
    chosen = sum(len(part.chosen) for part in parts)
    assert chosen == 600 * 15
    # Four standard deviations of a binomial of 9,000 draws.
    assert sum(len(part.masked) for part in parts) / chosen == pytest.approx(0.8, abs=0.017)
    assert sum(len(part.replaced) for part in parts) / chosen == pytest.approx(0.1, abs=0.013)
    assert sum(len(part.kept) for part in parts) / chosen == pytest.approx(0.1, abs=0.013)


def choosing_specials(ids: Sequence[int], vocabulary: Vocabulary, rng: random.Random, share: float) -> Corruption:
    """Bug: [CLS], [SEP] and padding are targets like any word."""
    return corrupt(ids, replace(vocabulary, cls_id=-1, sep_id=-1, pad_id=-1), rng, share)


def masking_always(ids: Sequence[int], vocabulary: Vocabulary, rng: random.Random, share: float) -> Corruption:
    """Bug: every chosen token becomes [MASK]."""
    spoiled = corrupt(ids, vocabulary, rng, share)
    hidden = [vocabulary.mask_id if at in spoiled.chosen else token for at, token in enumerate(ids)]
    return Corruption(tuple(hidden), spoiled.labels, spoiled.chosen, (), ())


def test_ids_of_the_bundled_and_of_a_small_vocabulary(toy_tokenizer: BertTokenizerFast) -> None:
    bundled = vocabulary_of(BertTokenizerFast.from_pretrained(BUNDLED_FOLDER))
    assert bundled == Vocabulary(cls_id=101, sep_id=102, pad_id=0, mask_id=103, first_word=1000, size=30_522)
    small = vocabulary_of(toy_tokenizer)
    assert small == Vocabulary(cls_id=2, sep_id=3, pad_id=0, mask_id=4, first_word=5, size=45)


def test_positions_labels_and_ids_agree(vocabulary: Vocabulary) -> None:
    check_invariants(corrupt, vocabulary)


def test_the_invariants_reject_chosen_specials(vocabulary: Vocabulary) -> None:
    with pytest.raises(AssertionError):
        check_invariants(choosing_specials, vocabulary)


def test_eighty_ten_ten(vocabulary: Vocabulary) -> None:
    check_shares(corrupt, vocabulary)


def test_the_shares_reject_masking_always(vocabulary: Vocabulary) -> None:
    with pytest.raises(AssertionError):
        check_shares(masking_always, vocabulary)


def test_every_word_is_chosen_equally_often(vocabulary: Vocabulary) -> None:
    rng = random.Random(2)
    ids = text_of(vocabulary, 10)
    counts = dict.fromkeys((at for at, token in enumerate(ids) if token not in vocabulary.never_chosen), 0)
    for _ in range(5000):
        for position in corrupt(ids, vocabulary, rng, 0.2).chosen:
            counts[position] += 1
    assert len(counts) == 10
    assert all(count == pytest.approx(1000, abs=120) for count in counts.values())


def test_an_unknown_word_is_a_target(vocabulary: Vocabulary) -> None:
    spoiled = corrupt([vocabulary.cls_id, UNK, vocabulary.sep_id], vocabulary, random.Random(0), 0.15)
    assert spoiled.labels == (IGNORED, UNK, IGNORED)


def test_nothing_to_choose(vocabulary: Vocabulary) -> None:
    ids = (vocabulary.cls_id, vocabulary.sep_id)
    assert corrupt(ids, vocabulary, random.Random(0)) == Corruption(ids, (IGNORED, IGNORED), (), (), ())


def test_a_seed_decides_everything(vocabulary: Vocabulary) -> None:
    ids = text_of(vocabulary, 60)
    first, again, other = (corrupt(ids, vocabulary, random.Random(seed)) for seed in (7, 7, 8))
    assert first == again
    assert first != other
