"""The seen reading of the bundled model against plain transformers."""

import numpy as np
import pytest
from hypothesis import given, settings

from analysis import InputError, ModelBundle, read_seen
from tests.analysis.oracle import Plain, assert_agrees
from tests.analysis.texts import AWKWARD, NOTEBOOK, SENTENCE_A, SENTENCE_B, texts

LONG = f"{NOTEBOOK} " * 8 + "The war lasted four years and cost more lives than any other."
PAIRS = {
    "notebook": (SENTENCE_A, SENTENCE_B),
    "one token each": ("a", "b"),
    "typed specials": ("She [SEP] opened", "[MASK] the [CLS] door"),
    "scripts": ("ไทย 🙂", "e\u0301 שלום"),
    "long second": ("Yes.", NOTEBOOK),
}


@pytest.mark.parametrize("text", [NOTEBOOK, LONG], ids=["notebook", "long"])
def test_single_text(bundled: ModelBundle, plain: Plain, text: str) -> None:
    """Awkward ones are read seen and hidden in test_oracle_hidden."""
    assert_agrees(read_seen(bundled, text, k=20), plain.answer(text))


def test_the_long_text_is_nearly_as_long_as_allowed(bundled: ModelBundle) -> None:
    assert 490 <= len(read_seen(bundled, LONG, k=1).encoded) <= bundled.max_tokens


@pytest.mark.parametrize(("text_a", "text_b"), PAIRS.values(), ids=PAIRS)
def test_pair(bundled: ModelBundle, plain: Plain, text_a: str, text_b: str) -> None:
    assert_agrees(read_seen(bundled, text_a, text_b), plain.answer(text_a, text_b))


@settings(max_examples=25)
@given(text=texts)
def test_any_text(bundled: ModelBundle, plain: Plain, text: str) -> None:
    try:
        reading = read_seen(bundled, text, k=5)
    except InputError:
        assert_nothing_to_read(plain, text)
    else:
        assert_agrees(reading, plain.answer(text))


@given(text_a=texts, text_b=texts)
def test_any_pair(tiny: ModelBundle, tiny_plain: Plain, text_a: str, text_b: str) -> None:
    try:
        reading = read_seen(tiny, text_a, text_b, k=5)
    except InputError:
        too_long = len(tiny_plain.tokenizer(text_a, text_b).input_ids) > tiny.max_tokens
        assert (
            too_long
            or any(holds_nothing(tiny_plain, text) for text in (text_a, text_b))
            or all(holds_only_specials(tiny_plain, text) for text in (text_a, text_b))
        )
    else:
        assert_agrees(reading, tiny_plain.answer(text_a, text_b))


@pytest.mark.parametrize("k", [1, 2, 30_522])
def test_any_k(bundled: ModelBundle, plain: Plain, k: int) -> None:
    reading = read_seen(bundled, "Paris is the capital of [MASK].", k=k)
    assert reading.statistics.top_ids.shape == (len(reading.encoded), k)
    assert_agrees(reading, plain.answer("Paris is the capital of [MASK]."))


def test_tokens_are_the_vocabulary_s_strings(bundled: ModelBundle, plain: Plain) -> None:
    reading = read_seen(bundled, NOTEBOOK, k=3)
    assert list(reading.encoded.tokens) == plain.tokenizer.convert_ids_to_tokens(plain.answer(NOTEBOOK).ids.tolist())
    for strings, ids in zip(reading.top_tokens, reading.statistics.top_ids, strict=True):
        assert list(strings) == plain.tokenizer.convert_ids_to_tokens(ids.tolist())


def test_entropy_stays_between_its_bounds(bundled: ModelBundle) -> None:
    entropy = np.concatenate([read_seen(bundled, text, k=1).statistics.entropy_bits for text in AWKWARD.values()])
    assert (entropy >= 0).all()
    assert (entropy <= np.log2(30_522)).all()
    assert entropy.max() > 1, "or the bounds were never near"


def test_a_text_reads_the_same_every_time(bundled: ModelBundle) -> None:
    first, second = (read_seen(bundled, NOTEBOOK).statistics for _ in range(2))
    assert first.top_p.tobytes() == second.top_p.tobytes()


def assert_nothing_to_read(plain: Plain, text: str) -> None:
    assert holds_nothing(plain, text) or holds_only_specials(plain, text)


def holds_nothing(plain: Plain, text: str) -> bool:
    return not plain.tokenizer.tokenize(text)


def holds_only_specials(plain: Plain, text: str) -> bool:
    return set(plain.tokenizer.tokenize(text)) <= {"[CLS]", "[SEP]", "[PAD]", "[MASK]"}
