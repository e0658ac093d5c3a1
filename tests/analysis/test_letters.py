"""Vocabularies of single letters, as those of proteins are: which they are, what a run of letters is to them."""

from collections.abc import Callable
from threading import Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from analysis.models.bundle import ModelBundle
from analysis.models.tokenizing import single_letters
from analysis.texts.encoding import encode
from analysis.texts.notices import notices
from analysis.texts.text import with_letters_apart
from tests.analysis.command_line import Run, answer_of
from tests.analysis.toy_tokenizers import RESIDUES, SPECIALS, TOKENIZERS

PROTEIN = frozenset(RESIDUES)


def test_a_run_of_letters_is_parted() -> None:
    for text, expected in {
        "EVQLV": "E V Q L V",
        "E V Q L V": "E V Q L V",
        "EVQ LV.\nGG": "E V Q L V.\nG G",
        "EVQ[MASK]V and [SEP]": "E V Q[MASK]V and [SEP]",
        "EVQ <mask> [mask] ___ LV": "E V Q <mask> [mask] ___ L V",
        "EVJLV": "E V J L V",
        "The cat sat.": "The cat sat.",
        "evqlv": "evqlv",
        "A1B": "A1B",
        "": "",
    }.items():
        assert with_letters_apart(text, PROTEIN) == expected
        assert with_letters_apart(text, frozenset()) == text


@given(text=st.text())
def test_nothing_but_spaces_is_put_in_and_only_once(text: str) -> None:
    parted = with_letters_apart(text, PROTEIN)
    assert "".join(parted.split()) == "".join(text.split())
    assert with_letters_apart(parted, PROTEIN) == parted


def _of_letters(letters: str, *, fold: bool = False) -> PreTrainedTokenizerFast:
    entries = {token: number for number, token in enumerate([*SPECIALS, *letters])}
    tokenizer = Tokenizer(models.WordLevel(entries, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if fold:
        tokenizer.normalizer = normalizers.Lowercase()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", mask_token="[MASK]")


def test_which_vocabularies_are_of_single_letters(bundled: ModelBundle) -> None:
    assert single_letters(_of_letters("ACGT"), Lock()) == frozenset("ACGT")
    assert single_letters(_of_letters("acgt", fold=True), Lock()) == frozenset("acgtACGT")
    assert single_letters(_of_letters("αβγ"), Lock()) == frozenset("αβγ")
    assert bundled.letters == frozenset()


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_who_knows_words_or_parts_letters_itself_has_none(kind: str) -> None:
    assert single_letters(TOKENIZERS[kind](), Lock()) == frozenset()


def test_a_run_is_said_to_be_one(checkpoint: Callable[[str], ModelBundle]) -> None:
    protein = checkpoint("tiny_protein")
    assert protein.letters == PROTEIN
    said = notices(encode(protein, "EVQLVESGGGLVQPGG"))
    assert [(each.kind, each.stood) for each in said.changes] == [("run together", "EVQLVESGGGLVQPGG")]
    assert list(said) == [
        "Of 1 position, 1 came out as [UNK]: 1 has letters without spaces between them, and their numbers are about "
        "that token, not about what was typed.",
        "This model reads single letters with spaces between them: write E V Q L V E S G G G L V … instead of "
        "EVQLVESGGGLV….",
    ]
    assert list(notices(encode(protein, "EVQ GGG A"))) == [
        "Of 3 positions, 2 came out as [UNK]: 2 have letters without spaces between them, and their numbers are about "
        "that token, not about what was typed.",
        "This model reads single letters with spaces between them: write E V Q instead of EVQ.",
    ]
    assert not notices(encode(protein, with_letters_apart("EVQLVESGGGLVQPGG", protein.letters)))
    # However long: the letters are why, not the length.
    assert notices(encode(protein, "EVQLV" * 30)).changes[0].kind == "run together"
    assert [each.kind for each in encode(protein, "hello").changes] == ["no piece"]


def test_the_command_line_says_what_to_do(checkpoint_folder: Callable[[str], object], run: Run) -> None:
    found = answer_of(run("read", "EVQLV", "--model", str(checkpoint_folder("tiny_protein"))))
    assert found["notices"][1].endswith("write E V Q L V instead of EVQLV.")
    assert found["changed_by_tokenizer"][0]["kind"] == "run together"
