"""What a person may type or name by mistake: one plain sentence each, at once, and never anything else."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import (
    InputError,
    ModelBundle,
    ModelError,
    ask,
    compare_inputs,
    compare_segmentations,
    fill_masks,
    load_bundle,
    pair_matrix,
    read_hidden,
    read_maskings,
    read_seen,
    score,
    score_candidates,
    score_texts,
    sweep_splits,
)
from analysis.limits import MAX_SPEC_CHARS, MAX_TEXT_CHARS
from analysis.models import forward
from analysis.questions import Compare, Contest, Fill, Pairs, Read, Score, Segmentations, Text
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.texts import texts

SPECIALS_ONLY = "only special tokens"
NOTHING_KEPT = "nothing that the tokenizer keeps"

TEXTS = {
    "empty": ("", "is empty"),
    "blank": ("   ", "only white space"),
    "line breaks": ("\r\n\t\n", "only white space"),
    "no-break space": ("\u00a0\u2003", "only white space"),
    "blank, 1 MB": (" " * 1_000_000, "only white space"),
    "[CLS]": ("[CLS]", SPECIALS_ONLY),
    "[MASK] [SEP]": ("[MASK] [SEP] [PAD]", SPECIALS_ONLY),
    "NUL": ("\x00", NOTHING_KEPT),
    "control characters": ("\x01\x02 \x07", NOTHING_KEPT),
    "byte-order mark": ("\ufeff", NOTHING_KEPT),
    "zero-width space": ("\u200b\u200d", NOTHING_KEPT),
    "combining mark alone": ("\u0301", NOTHING_KEPT),
    "replacement character": ("\ufffd", NOTHING_KEPT),
    "lone surrogate": ("\ud800", "half a character"),
    "surrogate in a text": ("the cat \udfff sat", "half a character"),
    "surrogates the wrong way round": ("\ude42\ud83d", "half a character"),
    "one character too many": ("a" * (MAX_TEXT_CHARS + 1), "at most 100,000"),
    "1 MB": ("the cat " * 125_000, "at most 100,000"),
    "many words": ("cat " * 63, "at most 64"),
    "as many characters as allowed": ("a " * (MAX_TEXT_CHARS // 2), "at most 64"),
}
FINE = {
    "one letter": "a",
    "emoji": "🙂",
    "another script": "ไทย",
    "an override of the direction": "\u202eabc",
    "a combining mark": "e\u0301",
    "number signs": "##a",
    "NUL inside": "a\x00b",
    "[UNK]": "[UNK]",
    "[MASK] and a word": "[MASK] a",
    "byte-order mark before": "\ufeffa",
    "one enormous word": "x" * MAX_TEXT_CHARS,
}

NO_NAMES = {
    "two words": "bert base",
    "an address": "https://models.example/bert",
    "three parts": "owner/name/more",
    "markup": "<b>bert</b>",
    "a line break": "bert\nbase",
    "a terminal's commands": "\x1b[31mbert",
    "NUL": "be\x00rt",
    "a lone surrogate": "bert\ud800",
    "an override of the direction": "\u202etreb",
    "a dash": "-k",
    "a word of 250 letters": "b" * 250,
    "too long": "b" * (MAX_SPEC_CHARS + 1),
    "1 MB": "b" * 1_000_000,
    "no name before the revision": "@main",
    "two revisions": "bert@a@b",
    "a revision of two words": "bert@a b",
    "a revision that climbs": "bert@../../x",
    "a revision that climbs half-way": "bert@a/../../x",
    "a revision that ends nowhere": "bert@a/",
    "a revision that is a folder": "bert@..",
    "a revision from the root": "bert@/x",
}
SPECS = {
    "nothing": ("", InputError, "No model was named"),
    "blank": ("  ", InputError, "No model was named"),
    "no such folder": ("/no/such/folder", InputError, "no such folder"),
    "no such folder here": ("./no-such-folder", InputError, "no such folder"),
    "no such home": ("~no-such-user/bert", InputError, "no such folder"),
    "a folder of too long a name": ("/" + "b" * 290, InputError, "no such folder"),
    "a folder of something else": (".", ModelError, "no weights in safetensors"),
    "a hub out of reach": ("bert-base-uncased", ModelError, "can't be reached"),
    "a hub out of reach, with owner": ("owner/name@v1.0", ModelError, "can't be reached"),
    "capitals": ("BUNDLED", ModelError, "can't be reached"),
}


def test_a_text_that_can_t_be_read(subtests: pytest.Subtests, tiny: ModelBundle) -> None:
    for text, match in TEXTS.values():
        with subtests.test(text=text, match=match):
            assert_refused(partial(read_seen, tiny, text), InputError, match, quickly=True)
            assert_refused(partial(read_seen, tiny, text, text), InputError, match, quickly=True)
            if match == SPECIALS_ONLY:
                assert compare_segmentations(tiny, "the cat", text).notices or text == "[MASK]"
                continue
            assert_refused(partial(compare_segmentations, tiny, "the cat", text), InputError, match, quickly=True)
            assert_refused(partial(compare_segmentations, tiny, text, "the cat"), InputError, match, quickly=True)
            if match != "at most 64":
                assert_refused(
                    partial(compare_segmentations, tiny, "the cat", text), InputError, "Text B", quickly=True
                )
                assert_refused(
                    partial(compare_segmentations, tiny, text, "the cat"), InputError, "Text A", quickly=True
                )


def test_a_text_that_looks_odd_and_can_be_read(tiny: ModelBundle) -> None:
    for text in FINE.values():
        assert read_seen(tiny, text).encoded.n_counted >= 1
        assert compare_segmentations(tiny, text, text).variants
        for reading in read_maskings(tiny, text, text):
            assert score(reading).pll_nats < 0
        assert fill_masks(tiny, text, "a [MASK]").fillings


def test_what_is_no_name_of_a_model() -> None:
    for spec in NO_NAMES.values():
        assert_refused(partial(load_bundle, spec), InputError, "no name of a model", quickly=True)


@pytest.mark.parametrize(("spec", "kind", "match"), SPECS.values(), ids=SPECS)
def test_a_name_that_leads_to_no_model(spec: str, kind: type[Exception], match: str) -> None:
    assert_refused(lambda: load_bundle(spec), kind, match, quickly=True)


@given(spec=st.text(max_size=320))
def test_any_name(spec: str) -> None:
    try:
        load_bundle(f"{spec}'")  # no model and no folder here is called so
    except (InputError, ModelError) as error:
        assert_plain_sentence(error)
    else:
        raise AssertionError("a model was found")


@given(text_a=st.text(max_size=40), text_b=st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(tiny: ModelBundle, text_a: str, text_b: str) -> None:
    try:
        compared = compare_segmentations(tiny, text_a, text_b)
    except InputError as error:
        assert_plain_sentence(error)
    else:
        for sentence in (*compared.notices, *(why for _name, why in compared.left_out)):
            assert sentence.endswith(".")


@given(text=st.text(st.characters(categories=["Cs", "Cc", "Cf", "Mn", "Zs", "Lo"]), max_size=12))
def test_any_odd_text_is_read_or_refused_in_words(tiny: ModelBundle, text: str) -> None:
    try:
        assert score(read_hidden(tiny, text)).n_tokens >= 1
    except InputError as error:
        assert_plain_sentence(error)


@given(candidate=st.one_of(st.text(max_size=12), texts))
def test_any_candidate_is_scored_or_refused_in_words(tiny: ModelBundle, candidate: str) -> None:
    try:
        assert score_candidates(tiny, "the [MASK] sat", candidates=[candidate]).candidates[0].total_nats < 0
    except InputError as error:
        assert_plain_sentence(error)


def test_a_refused_option_names_what_is_allowed(tiny: ModelBundle) -> None:
    for masking in ("", "words", "token "):
        said = f"'{masking.strip()}' came: choose token, word_l2r, word or reporting_l2r"
        assert_refused(partial(read_hidden, tiny, "the cat", masking=masking), InputError, said)
    assert_refused(
        partial(read_hidden, tiny, "the cat", masking=None), InputError, "choose token, word_l2r, word or reporting_l2r"
    )
    for k in (0, 75):
        assert_refused(partial(read_seen, tiny, "the [MASK]", k=k), InputError, f"k = {k} came.*1 to 74")


def test_k_at_its_bounds(tiny: ModelBundle) -> None:
    for k in (1, 74):
        assert read_seen(tiny, "the cat", k=k).statistics.top_ids.shape == (4, k)
        assert read_hidden(tiny, "the cat", k=k).statistics.top_ids.shape == (4, k)


EDITS = {
    "of [CLS]": ((0, 5), "stand at positions 1 to 2: choose one"),
    "of [SEP]": ((3, 5), "An edit of position 3 came"),
    "before the beginning": ((-1, 5), "An edit of position -1 came"),
    "beyond the end": ((10**12, 5), "An edit of position 1000000000000 came"),
    "to a negative id": ((1, -1), "An edit with the id -1 came; the vocabulary has 0 to 73: choose one"),
    "to an id beyond the vocabulary": ((1, 74), "An edit with the id 74 came"),
    "to an enormous id": ((1, 10**12), "An edit with the id 1000000000000 came"),
}


def test_an_edit_that_can_t_be_made(tiny: ModelBundle) -> None:
    for edit, match in EDITS.values():
        assert_refused(partial(read_seen, tiny, "the [MASK]", edits=[edit]), InputError, match)


NUMBERS: dict[str, Callable[[ModelBundle, Any], Any]] = {
    "k": lambda tiny, value: read_seen(tiny, "the cat", k=value),
    "k of a comparison": lambda tiny, value: compare_inputs(tiny, Text("a"), Text("the"), k=value),
    "watch": lambda tiny, value: read_seen(tiny, "the cat", watch=(value,)),
    "edited id": lambda tiny, value: read_seen(tiny, "the cat", edits=[(1, value)]),
    "edited position": lambda tiny, value: read_seen(tiny, "the cat", edits=[(value, 5)]),
    "beam": lambda tiny, value: fill_masks(tiny, "the [MASK]", beam=value),
    "mask": lambda tiny, value: score_candidates(tiny, "[MASK] [MASK]", candidates=["cat"], mask=value),
    "reference": lambda tiny, value: score_candidates(tiny, "[MASK]", candidates=["a", "cat", "dog"], reference=value),
    "seed": lambda tiny, value: sweep_splits(tiny, "A cat. A dog.", controls=1, seed=value),
    "starts": lambda tiny, value: sweep_splits(tiny, "A cat.", controls=0, sentence_starts=[value]),
    "controls": lambda tiny, value: pair_matrix(tiny, ["A cat.", "A dog."], controls=value),
    "seed of pairs": lambda tiny, value: pair_matrix(tiny, ["A cat.", "A dog."], controls=1, seed=value),
}


def test_a_number_is_whole_whoever_made_it(subtests: pytest.Subtests, tiny: ModelBundle) -> None:
    for asked in NUMBERS.values():
        with subtests.test(asked=asked):
            for value in (2.5, 2.0, True, "2", np.float32(2)):
                if not (value == "2" and asked is NUMBERS["watch"]):
                    assert_refused(partial(asked, tiny, value), InputError, "came: give a whole number")
            assert json.dumps(asdict(asked(tiny, np.int64(2))), default=np.ndarray.tolist), (
                "a number of numpy is no JSON"
            )


def test_one_text_is_not_taken_apart(tiny: ModelBundle) -> None:
    text = Text("the [MASK]")
    for asked in (
        lambda: read_seen(tiny, "the cat", watch="dog"),
        lambda: read_seen(tiny, "the cat", edits="one"),
        lambda: read_maskings(tiny, "the cat", maskings="token"),
        lambda: score_texts(tiny, "the cat"),
        lambda: fill_masks(tiny, "the [MASK]", orders="beam"),
        lambda: score_candidates(tiny, "the [MASK]", candidates="open"),
        lambda: pair_matrix(tiny, "abc"),
        *(partial(ask, tiny, each) for each in (Read(text, watch="dog"), Score(text, "token"), Contest(text, "open"))),
        *(partial(ask, tiny, each) for each in (Fill(text, "beam"), Pairs("abc"))),
    ):
        assert_refused(asked, InputError, "came as one text, '[a-z ]+': give a list")


def test_windows_where_there_are_none(tiny: ModelBundle) -> None:
    text = Text("the [MASK]", in_windows=True)
    for question in (Fill(text), Contest(text, ("cat",)), Segmentations(text), Compare(text, text)):
        assert_refused(partial(ask, tiny, question), InputError, "leave windows out")


def test_an_edit_to_a_column_without_a_token(checkpoint: Callable[[str], ModelBundle]) -> None:
    """The head has 128 columns, the tokenizer 74 entries."""
    wide = checkpoint("wide_head")
    assert_refused(lambda: read_hidden(wide, "the cat", edits=[(1, 100)]), InputError, "the vocabulary has 0 to 73")


def test_a_number_of_cores_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for given_ in ("0", "-1", "two", "1.5", "9" * 30):
        monkeypatch.setenv("PRETEXT_THREADS", given_)
        assert_refused(forward.set_threads, InputError, "PRETEXT_THREADS")


def test_too_many_tokens_says_how_many(tiny: ModelBundle) -> None:
    for words, more in {63: "1 token", 70: "8 tokens"}.items():
        with pytest.raises(InputError) as caught:
            read_seen(tiny, "cat " * words)
        assert str(caught.value) == (
            f"This text has {words + 2} tokens with the special ones; at most 64 are read with this model: "
            f"shorten by {more}, or read it in overlapping windows."
        )
    with pytest.raises(InputError) as caught:
        compare_segmentations(tiny, "cat " * 60, "cat " * 10)
    assert str(caught.value) == (
        "These two texts have 73 tokens with the special ones; at most 64 are read with this model: "
        "shorten by 9 tokens."
    )


def assert_refused(ask: Callable[[], object], kind: type[Exception], match: str, *, quickly: bool = False) -> None:
    began = time.process_time()
    with pytest.raises(kind, match=match) as caught:
        ask()
    spent = time.process_time() - began
    assert_plain_sentence(caught.value)
    assert not quickly or spent < 1, f"{spent:.1f} s of work before the refusal"
