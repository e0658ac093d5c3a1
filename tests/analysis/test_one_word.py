"""A text that is one word to its tokenizer: what maskings by word come to is said, where one was asked."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from analysis import ModelBundle, compare_inputs, load_bundle, read_hidden, read_maskings, read_seen
from analysis.choices import MASKINGS, Masking
from analysis.questions import Text
from analysis.tasks.distribution import read_distribution
from analysis.texts.encoding import encode
from analysis.texts.notices import of_maskings
from tests.analysis.checkpoints import tiny_bert
from tests.analysis.command_line import Run, answer_of
from tests.analysis.toy_tokenizers import unigram_across_words

BEGINS = "This text is one word to the tokenizer: "
ENDS = "; hide the token alone (token) to read each beside all the others."
WORD = "hiding the whole word (word) hides all of it at once"
REST = "hiding the token and the rest of its word (word_l2r) hides everything after it, too"
UP_TO = "hiding up to the next white space (reporting_l2r) hides everything after the token, too"


@pytest.fixture(scope="module")
def across_words(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    """A model to whose tokenizer every text is one word."""
    folder: Path = tiny_bert(tmp_path_factory.mktemp("across") / "bert")
    unigram_across_words().save_pretrained(folder)
    return load_bundle(str(folder))


@pytest.mark.parametrize(
    ("maskings", "said"),
    [
        ((), None),
        (("token",), None),
        (("word",), WORD),
        (("word_l2r",), REST),
        (("reporting_l2r",), None),
        (MASKINGS, f"{WORD}, {REST}"),
    ],
)
def test_of_a_text_of_one_word(across_words: ModelBundle, maskings: Sequence[Masking], said: str | None) -> None:
    encoded = encode(across_words, "the cat sat")
    assert len({*encoded.word[~encoded.outside].tolist()}) == 1 < encoded.n_counted
    assert of_maskings(encoded, maskings) == (() if said is None else (f"{BEGINS}{said}{ENDS}",))


def test_of_a_text_without_white_space(bundled: ModelBundle) -> None:
    (said,) = of_maskings(encode(bundled, "door,room"), MASKINGS)
    assert said == f"This text has no white space: {UP_TO}{ENDS}"


def test_of_a_pair_when_both_are_one_word(tiny: ModelBundle) -> None:
    (said,) = of_maskings(encode(tiny, "xyz", "cat"), ("word",))
    assert said.startswith("Each of these texts is one word")
    for text_a, text_b in (("xyz", "the cat"), ("cat", "dog"), ("cat", None), ("the xyz", None)):
        assert of_maskings(encode(tiny, text_a, text_b), MASKINGS) == ()


def test_it_is_said_once_and_only_where_a_masking_by_word_was_asked(across_words: ModelBundle) -> None:
    text = "the cat sat"
    wanted = [f"{BEGINS}{REST}{ENDS}"]
    assert list(read_seen(across_words, text).notices) == []
    assert list(read_hidden(across_words, text, masking="token").notices) == []
    assert list(read_hidden(across_words, text, masking="word_l2r").notices) == wanted
    everything = read_maskings(across_words, text)
    assert list(everything[0].notices) == [f"{BEGINS}{WORD}, {REST}{ENDS}"]
    compared = compare_inputs(across_words, Text(text), Text("the dog sat"), masking="word_l2r")
    assert [list(side.notices) for side in (compared.a, compared.b)] == [wanted, wanted]
    seen = compare_inputs(across_words, Text(text), Text("the dog sat"), reading="seen")
    assert [list(side.notices) for side in (seen.a, seen.b)] == [[], []]
    at = [read_distribution(across_words, text, position=2, reading=kind) for kind in ("seen", "hidden")]
    assert [list(each.notices) for each in at] == [[], wanted]


def test_the_command_line_says_it(run: Run) -> None:
    assert answer_of(run("pll", "xyz", "--masking", "word"))["notices"] == [f"{BEGINS}{WORD}{ENDS}"]
    assert answer_of(run("pll", "xyz", "--masking", "token"))["notices"] == []
