"""How the one number is named that a head gives for an input, and what is chosen where nobody names it."""

from collections.abc import Callable

import pytest

from analysis import InputError, ModelBundle, Patch
from analysis.models.inside import Target
from analysis.questions import Text
from analysis.tasks.patching import PATCH
from analysis.texts.encoding import tokenised
from analysis.texts.targets import named
from tests.analysis.oracle import Plain
from tests.analysis.plain_words import assert_plain_sentence

Checkpoint = Callable[[str], ModelBundle]


def test_a_target_as_it_is_named(tiny: ModelBundle) -> None:
    encoded = tokenised(tiny, "the cats sat", "on a [MASK]")
    ids = encoded.ids.tolist()
    dog, plural = tiny.tokenizer.convert_tokens_to_ids(["dog", "##s"])
    for target, expected in (
        ("nsp", (None, None)),
        (" NSP ", (None, None)),
        ("0", (0, ids[0])),
        ("1", (1, ids[1])),
        ("3", (3, plural)),
        ("8", (8, None)),
        ("1=dog", (1, dog)),
        (" 1 = Dog ", (1, dog)),
        ("=dog", (4, dog)),
        ("8=##s", (8, plural)),
        ("8=[MASK]", (8, tiny.mask_id)),
    ):
        assert named(tiny, encoded, target, 4) == expected, target


def test_a_number_is_a_word_of_the_text(bundled: ModelBundle) -> None:
    encoded = tokenised(bundled, "It was 1860 then.")
    assert named(bundled, encoded, "3=1861", None) == (3, bundled.tokenizer.convert_tokens_to_ids("1861"))


def chosen(bundle: ModelBundle, a: Text, b: Text, target: str = "") -> Target:
    return PATCH.plan((bundle,), Patch(a, b, target)).target


def test_a_mask_alone_means_its_first_guess(bundled: ModelBundle, plain: Plain) -> None:
    text = "Paris is the capital of [MASK]."
    expected = int(plain.answer(text).logits[6].argmax())
    for target in ("6", ""):
        assert chosen(bundled, Text(text), Text("Rome is the capital of [MASK]."), target) == Target(6, expected)


def test_a_word_is_taken_as_its_place_writes_it(checkpoint: Checkpoint) -> None:
    bundle = checkpoint("tiny_roberta")
    encoded = tokenised(bundle, "a <mask>at cat")
    of = {token: bundle.tokenizer.convert_tokens_to_ids(token) for token in ("Ġcat", "at")}
    at = encoded.tokens.index("Ġcat")
    assert named(bundle, encoded, f"{at}=cat", None) == (at, of["Ġcat"])
    assert named(bundle, encoded, f"{at}=Ġcat", None) == (at, of["Ġcat"])
    assert named(bundle, encoded, f"{at - 1}=at", None) == (at - 1, of["at"])


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Text("the [MASK] sat [MASK]"), Text("a [MASK] sat [MASK]"), 2),
        (Text("the cat sat!"), Text("a cat sat!"), 3),
        (Text("the cat sat"), Text("the cat dog"), 2),
        (Text("the cat sat!"), Text("the cat dog!"), 2),
        (Text("the cat"), Text("a dog"), 2),
        (Text("the cat", "sat"), Text("the dog", "sat"), None),
        (Text("the cat", "[MASK]"), Text("the dog", "[MASK]"), 4),
    ],
)
def test_what_is_chosen_where_nobody_names_it(tiny: ModelBundle, a: Text, b: Text, expected: int | None) -> None:
    found = chosen(tiny, a, b)
    if expected is None:
        assert found == Target(0, None)
    else:
        assert found.position == expected
        assert found.id is not None


def test_a_pair_of_a_model_without_the_second_head(checkpoint: Checkpoint) -> None:
    bundle = checkpoint("without_nsp")
    encoded = tokenised(bundle, "the cat", "sat")
    assert chosen(bundle, Text("the cat", "sat"), Text("a cat", "sat")) == Target(4, int(encoded.ids[4]))
    with pytest.raises(InputError, match="next-sentence"):
        named(bundle, encoded, "nsp", None)
    with pytest.raises(InputError, match="masked-LM"):
        named(checkpoint("without_mlm"), encoded, "1", None)


def test_what_is_no_target(subtests: pytest.Subtests, tiny: ModelBundle) -> None:
    for target, match in [
        ("cat", "The target 'cat' came"),
        ("1=", "The target '1=' came"),
        ("-1", "The target '-1' came"),
        ("1.5", "The target '1.5' came"),
        ("nsp=cat", "The target 'nsp=cat' came"),
        ("9" * 40, "came: write a position"),
        ("5", "positions 0 to 4"),
        ("99", "positions 0 to 4"),
        ("=cat", "only special tokens"),
        ("1=ไ", "'ไ' is no single token"),
        ("1=the cat", "'the cat' has 2 pieces here"),
        ("1=\ud800", "is no single token"),
        ("1=²", "is no single token"),
        ("²", "The target '²' came"),
    ]:
        with subtests.test(target=target, match=match):
            with pytest.raises(InputError, match=match) as caught:
                named(tiny, tokenised(tiny, "the cat sat"), target, None)
            assert_plain_sentence(caught.value)
