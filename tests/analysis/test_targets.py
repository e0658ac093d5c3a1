"""What is read off where one number is followed: how it is named, and what is chosen where nobody names it."""

from collections.abc import Callable

import pytest

from analysis import InputError, ModelBundle
from analysis.models.inside import Target
from analysis.texts.encoding import tokenised
from analysis.texts.targets import target_of
from tests.analysis.oracle import Plain
from tests.analysis.plain_words import assert_plain_sentence

Checkpoint = Callable[[str], ModelBundle]


def test_a_target_as_it_is_named(tiny: ModelBundle) -> None:
    encoded = tokenised(tiny, "the cats sat", "on a [MASK]")
    ids = encoded.ids.tolist()
    dog, plural = tiny.tokenizer.convert_tokens_to_ids(["dog", "##s"])
    for target, expected in (
        ("nsp", Target(0, None)),
        (" NSP ", Target(0, None)),
        ("1", Target(1, ids[1])),
        ("3", Target(3, plural)),
        ("1=dog", Target(1, dog)),
        (" 1 = Dog ", Target(1, dog)),
        (f"8={dog}", Target(8, dog)),
        ("8=##s", Target(8, plural)),
        ("8=[MASK]", Target(8, tiny.mask_id)),
    ):
        assert target_of(tiny, encoded, target) == expected, target


def test_a_mask_alone_means_its_first_guess(bundled: ModelBundle, plain: Plain) -> None:
    text = "Paris is the capital of [MASK]."
    expected = int(plain.answer(text).logits[6].argmax())
    assert target_of(bundled, tokenised(bundled, text), "6") == Target(6, expected)
    assert target_of(bundled, tokenised(bundled, text), "") == Target(6, expected)


def test_a_word_is_taken_as_its_place_writes_it(checkpoint: Checkpoint) -> None:
    bundle = checkpoint("tiny_roberta")
    encoded = tokenised(bundle, "a <mask>at cat")
    of = {token: bundle.tokenizer.convert_tokens_to_ids(token) for token in ("Ġcat", "at")}
    at = encoded.tokens.index("Ġcat")
    assert target_of(bundle, encoded, f"{at}=cat") == Target(at, of["Ġcat"])
    assert target_of(bundle, encoded, f"{at}=Ġcat") == Target(at, of["Ġcat"])
    assert target_of(bundle, encoded, f"{at - 1}=at") == Target(at - 1, of["at"])


@pytest.mark.parametrize(
    ("texts", "beside", "expected"),
    [
        (("the [MASK] sat [MASK]", None), None, 2),
        (("the cat sat!", None), None, 3),
        (("!", None), None, 1),
        (("the cat sat", None), ("the cat dog", None), 2),
        (("the cat sat!", None), ("the cat dog!", None), 2),
        (("the cat", None), ("a dog", None), 2),
        (("the cat", "sat"), None, None),
        (("the cat", "[MASK]"), None, 4),
    ],
)
def test_what_is_chosen_where_nobody_names_it(
    tiny: ModelBundle, texts: tuple[str, str | None], beside: tuple[str, str | None] | None, expected: int | None
) -> None:
    found = target_of(tiny, tokenised(tiny, *texts), "", None if beside is None else tokenised(tiny, *beside))
    if expected is None:
        assert found == Target(0, None)
    else:
        assert found.position == expected
        assert found.id is not None


def test_a_pair_of_a_model_without_the_second_head(checkpoint: Checkpoint) -> None:
    bundle = checkpoint("without_nsp")
    encoded = tokenised(bundle, "the cat", "sat")
    assert target_of(bundle, encoded, "") == Target(4, int(encoded.ids[4]))
    with pytest.raises(InputError, match="next-sentence"):
        target_of(bundle, encoded, "nsp")
    with pytest.raises(InputError, match="masked-LM"):
        target_of(checkpoint("without_mlm"), encoded, "1")


@pytest.mark.parametrize(
    ("target", "match"),
    [
        ("cat", "The target 'cat' came"),
        ("=cat", "The target '=cat' came"),
        ("1=", "The target '1=' came"),
        ("-1", "The target '-1' came"),
        ("1.5", "The target '1.5' came"),
        ("nsp=cat", "The target 'nsp=cat' came"),
        ("9" * 40, "came: write a position"),
        ("0", "positions 1 to 3"),
        ("4", "positions 1 to 3"),
        ("99", "positions 1 to 3"),
        ("1=74", "The id 74 came; the vocabulary has 0 to 73"),
        ("1=ไ", "'ไ' is no single token"),
        ("1=the cat", "'the cat' is no single token"),
        ("1=\ud800", "is no single token"),
        ("1=²", "is no single token"),
        ("²", "The target '²' came"),
    ],
)
def test_what_is_no_target(tiny: ModelBundle, target: str, match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        target_of(tiny, tokenised(tiny, "the cat sat"), target)
    assert_plain_sentence(caught.value)
