"""What a score is divided by is made of C, the positions that count, whatever a tokenizer drops or a person masks."""

import unicodedata
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import InputError, ModelBundle, Text, compare_inputs, read_hidden, score
from analysis.texts.changes import named
from analysis.texts.encoding import encode
from analysis.texts.notices import notices
from analysis.types import TEMPLATE
from tests.analysis.texts import texts

DROPPED = ("\u200b", "\u00ad", "\u2060", "\ufeff", "\u0301", "\ufffd", "\ue000", "\x07")
"""What BERT's tokenizers drop: format and control characters, marks, private use, the replacement character."""
KINDS = ("tiny_bert", "tiny_roberta", "tiny_albert")
anything = st.one_of(
    texts, st.text(max_size=30), st.lists(st.sampled_from([*DROPPED, "a", "é", " ", "\n", "猫"])).map("".join)
)


@pytest.mark.parametrize(
    ("text", "per_word", "per_character", "unscored"),
    [
        ("The cat sat on the mat.", 60.2277, 1.5424, 0),
        ("The cat \u200b sat on the mat.", 60.2277, 1.5424, 0),
        ("The ca\u200bt sat on the mat.", 60.2277, 1.5424, 0),
        ("The [MASK] sat on the mat.", 36.1514, 1.3621, 1),
    ],
)
def test_of_texts_with_what_is_not_scored(
    bundled: ModelBundle, text: str, per_word: float, per_character: float, unscored: int
) -> None:
    found = score(read_hidden(bundled, text, k=1))
    assert found.pseudo_perplexity_word == pytest.approx(per_word, abs=1e-3)
    assert found.bits_per_character == pytest.approx(per_character, abs=1e-4)
    assert np.isnan(found.word_logp_nats).sum() == unscored
    assert 0 not in found.word_logp_nats


def test_a_dropped_character_changes_no_number(subtests: pytest.Subtests, tiny: ModelBundle) -> None:
    """Beside a word, inside it, or alone between spaces."""
    for text in ["the {} cat sat.", "the cat{} sat.", "the ca{}t sat.", "{}the cat sat.", "the cat sat. {}"]:
        for char in DROPPED:
            with subtests.test(char=char, text=text):
                without, with_it = (score(read_hidden(tiny, text.format(each), k=1)) for each in ("", char))
                names = (
                    "n_tokens",
                    "n_words",
                    "n_characters",
                    "pll_nats",
                    "pseudo_perplexity_word",
                    "bits_per_character",
                )
                for name in names:
                    assert getattr(without, name) == getattr(with_it, name), name
                assert without.word_logp_nats.tolist() == with_it.word_logp_nats.tolist()


def test_it_is_said_what_was_dropped(tiny: ModelBundle) -> None:
    said = notices(encode(tiny, "the ca\u200bt \u200b sat\u00ad"))
    assert list(said) == [
        "The tokenizer drops 3 characters of this text, which the model never reads and nothing counts: "
        "U+200B zero width space, U+00AD soft hyphen."
    ]
    assert [(each.span, each.kind, each.became) for each in said.changes] == [
        ((6, 7), "dropped", ""),
        ((9, 10), "dropped", ""),
        ((14, 15), "dropped", ""),
    ]
    assert named("\x07") == "U+0007 without a name"


def test_every_kind_of_change_is_told_apart(bundled: ModelBundle) -> None:
    """Of the bundled model's tokenizer, which folds capitals and strips accents; white space is no change."""
    long = "x" * 101
    said = notices(encode(bundled, f"The résume\u0301 É\u3000{long} [UNK] 🙂 [MASK]", edits=()))
    assert [(each.kind, each.stood, each.became) for each in said.changes] == [
        ("case folded", "T", "t"),
        ("accents stripped", "é", "e"),
        ("dropped", "\u0301", ""),
        ("accents stripped", "É", "e"),
        ("too long", long, "[UNK]"),
        ("typed", "[UNK]", "[UNK]"),
        ("no piece", "🙂", "[UNK]"),
    ]
    assert said.said[0] == (
        "Of 6 positions, 3 came out as [UNK]: 1 is longer than the tokenizer takes apart; 1 was typed so; the model "
        "has no pieces for 1 of them, and their numbers are about that token, not about what was typed."
    )
    edited = encode(bundled, "the cat", edits=((2, bundled.unk_id),))
    assert [each.kind for each in edited.changes] == ["typed"]


def test_texts_that_the_tokenizer_makes_equal_are_one_input(bundled: ModelBundle) -> None:
    for a, b in (("résumé", "resume"), ("re\u0301sume\u0301", "Resume"), ("the cat", "the \u200bcat")):
        assert compare_inputs(bundled, Text(a), Text(b)).identical


def test_comparisons_by_word_divide_by_the_same(bundled: ModelBundle, checkpoint: Callable[[str], ModelBundle]) -> None:
    found = compare_inputs(
        bundled, Text("The ca\u200bt [MASK] sat."), Text("The ca\u200bt sat."), other=checkpoint("tiny_roberta")
    )
    of_a, of_b = (score(side) for side in (found.a, found.b))
    assert found.bits_per_character == pytest.approx((of_a.bits_per_character, of_b.bits_per_character))
    assert np.isnan(found.surprisal_a_bits[2]), "nobody scored the [MASK]"


@pytest.mark.parametrize("kind", KINDS)
@given(text_a=anything, text_b=st.none() | anything)
def test_any_text_is_covered_once(
    checkpoint: Callable[[str], ModelBundle], kind: str, text_a: str, text_b: str | None
) -> None:
    """Rows cover C once; spans and changes rebuild the text; denominators count what the pieces of C stand for."""
    bundle = checkpoint(kind)
    try:
        reading = read_hidden(bundle, text_a, text_b, k=1)
    except InputError:
        return
    found, encoded = score(reading), reading.encoded
    rows = [position for word in found.words for position in word.positions]
    assert sorted(rows) == np.flatnonzero(encoded.sequence != TEMPLATE).tolist()
    assert found.n_tokens == (~encoded.outside).sum()
    assert found.n_words == np.isfinite(found.word_logp_nats).sum()
    characters = 0
    for number, text in enumerate((text_a, text_b or "")):
        own = encoded.sequence == number
        read = {at for start, end in encoded.span[own].tolist() for at in range(start, end)}
        dropped = {
            at
            for each in encoded.changes
            if (each.sequence, each.kind) == (number, "dropped")
            for at in range(*each.span)
        }
        if kind == "tiny_bert" and "[" not in text:
            # Of BERT's tokenizer it is known what it drops, whatever its library says.
            assert {at for at in dropped if unicodedata.category(text[at]) != "Cn"} == {
                at for at, char in enumerate(text) if is_dropped_by_bert(char)
            }
        for at, char in enumerate(text):
            assert at in read or at in dropped or char.isspace() or unicodedata.category(char) == "Zs", ascii(char)
        counted = {at for start, end in encoded.span[own & ~encoded.outside].tolist() for at in range(start, end)}
        words = [word for word in found.words if word.sequence == number and word.is_scored(encoded)]
        characters += sum(not text[at].isspace() for at in counted - dropped) + max(len(words) - 1, 0)
    assert found.n_characters == characters
    for change in encoded.changes:
        assert (text_a, text_b)[change.sequence][slice(*change.span)] == change.stood


def is_dropped_by_bert(char: str) -> bool:
    """Control and format characters, private use, marks, NUL and U+FFFD; not white space, which parts words."""
    if char.isspace() or char in "\t\n\r":
        return False
    return char in "\0\ufffd" or unicodedata.category(char) in {"Cc", "Cf", "Co", "Mn"}
