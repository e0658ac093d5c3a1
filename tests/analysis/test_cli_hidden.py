"""The commands that hide tokens, score and fill: their layouts, whose numbers they print, and what they refuse."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import ModelBundle, fill_masks, read_hidden, read_seen, score, score_candidates
from analysis.choices import FILL_ORDERS
from analysis.kernels import products
from analysis.version import SCHEMA_VERSION
from tests.analysis.command_line import Run, answer_of, assert_refused
from tests.analysis.plain_words import assert_plain_sentence

HEAD, TAIL = ["schema", "model"], ["notices", "changed_by_tokenizer", "provenance"]
LONG = "the zebra cats sat on the mat. " * 8


def check_frame(answer: dict[str, Any], bundle: ModelBundle, *between: str) -> None:
    """What every answer begins and ends with."""
    assert list(answer) == [*HEAD, *between, *TAIL]
    assert answer["schema"] == SCHEMA_VERSION
    assert answer["model"] == {"spec": bundle.spec, "revision": bundle.revision, "heads": {"mlm": True, "nsp": True}}
    assert answer["provenance"].keys() >= {"spec", "revision", "dtype", "schema", "versions", "truncation", "exported"}


# --- read --hidden ---


def test_a_hidden_reading(run: Run, tiny: ModelBundle) -> None:
    answer = answer_of(run("read", "the zebra [MASK]", "--pair", "a dog", "--hidden", "word", "-k", "3"))
    check_frame(answer, tiny, "reading", "masking", "positions")
    assert (answer["reading"], answer["masking"]) == ("hidden", "word")
    reading = read_hidden(tiny, "the zebra [MASK]", "a dog", masking="word", k=3)
    statistics = reading.statistics
    for i, position in enumerate(answer["positions"]):
        assert list(position) == [
            *(
                "index",
                "token",
                "id",
                "segment",
                "from",
                "to",
                "special",
                "entropy_bits",
                "surprisal_bits",
                "surplus_bits",
                "rank",
                "p",
            ),
            *("copy_gap_bits", "top"),
        ]
        assert (position["index"], position["token"]) == (i, reading.encoded.tokens[i])
        assert position["special"] == bool(reading.encoded.outside[i])
        assert position["surprisal_bits"] == statistics.surprisal_bits[i]
        assert position["entropy_bits"] == statistics.entropy_bits[i]
        assert position["rank"] == statistics.rank[i]
        assert position["copy_gap_bits"] == reading.copy_gap_bits[i]
        assert [each["id"] for each in position["top"]] == statistics.top_ids[i].tolist()
        assert tuple(each["token"] for each in position["top"]) == reading.top_tokens[i]


def test_edits_are_in_the_answer(run: Run, tiny: ModelBundle) -> None:
    for arguments in (["--edit", "3=sat", "--edit", "1=7"], ["--edit", "1=7", "--edit", "3=14", "--edit", "3=8"]):
        answer = answer_of(run("read", "the cat was", "--hidden", "token", *arguments))
        check_frame(answer, tiny, "reading", "masking", "edits", "positions")
        assert answer["edits"] == [{"position": 1, "id": 7}, {"position": 3, "id": 8}]
        assert [position["token"] for position in answer["positions"]] == ["[CLS]", "dog", "cat", "sat", "[SEP]"]
    for token, shown in (("##s", "##s"), ("[MASK]", "[MASK]"), ("[UNK]", "[UNK]"), ("=", None)):
        result = run("read", "the cat was", "--edit", f"1={token}")
        if shown is None:
            assert_plain_sentence(assert_refused(result, "'=' is no"))
        else:
            assert answer_of(result)["positions"][1]["token"] == shown


def test_a_long_text_in_windows(run: Run, tiny: ModelBundle) -> None:
    seen, hidden = (answer_of(run("read", LONG, "--windows", *more)) for more in ([], ["--hidden", "token"]))
    for answer, reading in (
        (seen, read_seen(tiny, LONG, in_windows=True)),
        (hidden, read_hidden(tiny, LONG, masking="token", in_windows=True)),
    ):
        numbers = [position["surprisal_bits"] for position in answer["positions"]]
        assert numbers == reading.statistics.surprisal_bits.tolist()
        assert "windows of 64 tokens" in answer["provenance"]["truncation"]
        assert any("overlapping windows" in notice for notice in answer["notices"])
    assert seen["nsp"] is None
    short = answer_of(run("read", "the cat", "--windows"))
    assert short["nsp"] is not None
    assert short["provenance"]["truncation"] == "none"


# --- pll ---


def test_a_score(run: Run, tiny: ModelBundle) -> None:
    answer = answer_of(run("pll", "the zebra, [MASK] cats"))
    check_frame(
        answer,
        tiny,
        *("masking", "pll_nats", "n_tokens", "n_words", "n_characters"),
        *("pseudo_perplexity", "pseudo_perplexity_word", "bits_per_character", "tokens", "words"),
    )
    found = score(read_hidden(tiny, "the zebra, [MASK] cats", k=1))
    assert answer["masking"] == "word_l2r"
    for name in ("pll_nats", "n_tokens", "n_words", "n_characters", "bits_per_character"):
        assert answer[name] == getattr(found, name)
    assert answer["pseudo_perplexity"] == found.pseudo_perplexity
    assert answer["pseudo_perplexity_word"] == found.pseudo_perplexity_word
    ends = ["from", "to", "logp_nats"]
    assert [list(token) for token in answer["tokens"]] == [["token", "word", "masking_word", *ends]] * found.n_tokens
    assert [list(word) for word in answer["words"]] == [["word", "segment", *ends]] * len(found.words)
    assert [(each["token"], each["word"]) for each in answer["tokens"]] == [
        *(("the", 0), ("z", 1), ("##e", 1), ("##b", 1), ("##r", 1), ("##a", 1), (",", 1), ("cat", 3), ("##s", 3))
    ]
    assert [each["word"] for each in answer["words"]] == ["the", "zebra,", "[MASK]", "cats"]
    by_word = [sum(each["logp_nats"] for each in answer["tokens"] if each["word"] == i) for i in range(4)]
    assert answer["words"][2]["logp_nats"] is None, "nobody scored the [MASK]"
    assert [each["logp_nats"] or 0 for each in answer["words"]] == pytest.approx(by_word)
    assert sum(by_word) == pytest.approx(answer["pll_nats"])


def test_the_score_of_a_pair(run: Run, tiny: ModelBundle) -> None:
    answer = answer_of(run("pll", "the zebra", "--pair", "a dog", "--masking", "token"))
    assert list(answer)[2:6] == ["masking", "pll_nats", "pll_a_given_b_nats", "pll_b_given_a_nats"]
    found = score(read_hidden(tiny, "the zebra", "a dog", masking="token"))
    assert answer["masking"] == "token"
    assert (answer["pll_a_given_b_nats"], answer["pll_b_given_a_nats"]) == (found.pll_a_nats, found.pll_b_nats)
    assert answer["pll_nats"] == pytest.approx(found.pll_a_nats + (found.pll_b_nats or 0))
    assert [each["segment"] for each in answer["words"]] == [0, 0, 1, 1]


def test_the_score_of_an_edit_and_of_a_long_text(run: Run, tiny: ModelBundle) -> None:
    edited = answer_of(run("pll", "the cat sat", "--edit", "2=dog"))
    assert edited["edits"] == [{"position": 2, "id": 7}]
    assert edited["pll_nats"] == answer_of(run("pll", "the dog sat"))["pll_nats"]
    assert edited["words"][1]["word"] == "dog"
    long = answer_of(run("pll", LONG, "--windows"))
    assert long["pll_nats"] == score(read_hidden(tiny, LONG, in_windows=True)).pll_nats


def test_a_perplexity_that_no_number_holds_is_null(
    run: Run, tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    bias = tiny.model.cls.predictions.decoder.bias
    far = bias.data.clone()
    far[6] -= 5000
    monkeypatch.setattr(bias, "data", far)
    answer = answer_of(run("pll", "cat"))
    assert (answer["pseudo_perplexity"], answer["pseudo_perplexity_word"]) == (None, None)
    assert answer["pll_nats"] < -4000


# --- nsp with an edit ---


def test_an_edit_of_a_pair(run: Run) -> None:
    edited, typed = (answer_of(run("nsp", "the cat", *more)) for more in (["a cat", "--edit", "5=dog"], ["a dog"]))
    assert edited["edits"] == [{"position": 5, "id": 7}]
    assert edited["variants"] == typed["variants"]


# --- fill ---


def test_fillings(run: Run, tiny: ModelBundle) -> None:
    answer = answer_of(run("fill", "the [MASK] sat [MASK]", "--pair", "a [MASK]", "-k", "2", "--beam", "3"))
    check_frame(answer, tiny, "positions", "fillings", "disagree")
    result = fill_masks(tiny, "the [MASK] sat [MASK]", "a [MASK]", k=2, beam=3)
    assert answer["positions"] == [2, 4, 7]
    assert answer["disagree"] == list(result.disagree)
    assert [each["order"] for each in answer["fillings"]] == [*FILL_ORDERS[:-1], "beam", "beam", "beam"]
    for shown, filling in zip(answer["fillings"], result.fillings, strict=True):
        assert list(shown) == ["order", "tokens", "total_nats", "steps"]
        assert (shown["tokens"], shown["total_nats"]) == (list(filling.tokens), filling.total_nats)
        for said, step in zip(shown["steps"], filling.steps, strict=True):
            assert list(said) == ["position", "token", "id", "logp_nats", "top"]
            assert (said["position"], said["id"], said["token"]) == (step.position, step.id, step.token)
            assert said["logp_nats"] == step.logp_nats
            assert [each["id"] for each in said["top"]] == step.top_ids.tolist()
            assert [each["p"] for each in said["top"]] == step.top_p.tolist()
            assert [each["token"] for each in said["top"]] == list(step.top_tokens)


def test_one_order(run: Run) -> None:
    answer = answer_of(run("fill", "the cat sat [MASK]", "--order", "beam", "--edit", "2=[MASK]", "--beam", "1"))
    assert [each["order"] for each in answer["fillings"]] == ["beam"]
    assert answer["positions"] == [2, 4]
    assert answer["edits"] == [{"position": 2, "id": 4}]


def test_several_orders_and_maskings(run: Run) -> None:
    filled = answer_of(run("fill", "a [MASK]", "--order", "confident", "--order", "independent"))
    assert [each["order"] for each in filled["fillings"]] == ["confident", "independent"]
    scores = answer_of(run("pll", "the cat", "--masking", "token", "--masking", "word"))["scores"]
    assert [each["masking"] for each in scores] == ["token", "word"]


def test_gaps_and_nothing_else(run: Run) -> None:
    assert len(answer_of(run("fill", "[MASK] [MASK]"))["positions"]) == 2
    assert len(answer_of(run("candidates", "[MASK]", "cat", "dog"))["candidates"]) == 2


# --- candidates ---


def test_a_contest(run: Run, tiny: ModelBundle) -> None:
    candidates = ["dog", "zoo", "##s", "opened the door", "was"]
    answer = answer_of(run("candidates", "the [MASK] sat [MASK]", *candidates, "--mask", "2", "--reference", "was"))
    check_frame(answer, tiny, "position", "reference", "candidates")
    contest = score_candidates(tiny, "the [MASK] sat [MASK]", candidates=candidates, mask=2, reference=4)
    assert (answer["position"], answer["reference"]) == (4, "was")
    for shown, each, odds in zip(answer["candidates"], contest.candidates, contest.odds_bits, strict=True):
        assert list(shown) == ["text", "tokens", "logp_nats", "total_nats", "mean_nats", "rank", "odds_bits"]
        assert shown == {
            "text": each.text,
            "tokens": list(each.tokens),
            "logp_nats": each.logp_nats.tolist(),
            "total_nats": each.total_nats,
            "mean_nats": each.mean_nats,
            "rank": each.rank,
            "odds_bits": None if np.isnan(odds) else odds,
        }


def test_a_reference_that_is_not_among_the_candidates_joins_them(run: Run) -> None:
    answer = answer_of(run("candidates", "the [MASK]", "dog", "--reference", "cat"))
    assert answer["reference"] == "cat"
    assert [each["text"] for each in answer["candidates"]] == ["cat", "dog"]
    assert answer["candidates"][0]["odds_bits"] == 0


def test_odds_for_those_who_ask(run: Run) -> None:
    without, asked = (
        answer_of(run("candidates", "the [MASK]", "dog", "zoo", *more))["candidates"][1]["odds_bits"]
        for more in ([], ["--any-length"])
    )
    assert without is None
    assert asked is not None


# --- the arithmetic ---


@pytest.mark.skipif(not products.computes_in_bf16(), reason="this processor does not compute in bf16")
def test_the_arithmetic_is_in_the_answer(run: Run) -> None:
    for command in (["read", "a cat"], ["pll", "a cat"], ["fill", "a [MASK]"], ["candidates", "a [MASK]", "cat"]):
        single, half = (answer_of(run(*command, *more)) for more in ([], ["--dtype", "bf16"]))
        assert single["provenance"]["dtype"] == "float32"
        assert half["provenance"]["dtype"] == "bfloat16 encoder, float32 heads"
    assert answer_of(run("nsp", "a", "b", "--dtype", "bf16"))["provenance"]["dtype"].startswith("bfloat16")


# --- what can't be answered ---

REFUSED: dict[str, tuple[list[str], str]] = {
    "too many tokens": (["pll", LONG], "shorten by 42 tokens, or read it in overlapping windows"),
    "too many tokens for windows": (["read", "cat " * 5000, "--windows"], "at most 4,096 are read in parts"),
    "a pair in windows": (["read", LONG, "--pair", "a", "--windows"], "These two texts have 108 tokens"),
    "no beam": (["fill", "a [MASK]", "--beam", "0"], "A beam of 0 came"),
    "no such gap": (["candidates", "the [MASK]", "dog", "--mask", "2"], "Gap 2 came"),
    "a candidate of two lines": (["candidates", "the [MASK]", "cat\nไ"], "no pieces for the candidate"),
    "a candidate with a terminal's commands": (
        ["candidates", "the [MASK]", "\x1b[31mไ"],
        "no pieces for the candidate",
    ),
    "an endless candidate": (["candidates", "the [MASK]", "cat ไ " * 20], "no pieces for the candidate"),
    "half a character": (["candidates", "the [MASK]", "\udcff"], "half a character"),
    "an edit without a token": (["read", "a cat", "--edit", "1="], "The edit '1=' came"),
    "an edit without a position": (["read", "a cat", "--edit", "=cat"], "The edit '=cat' came"),
    "an edit of two lines": (["pll", "a cat", "--edit", "cat\ndog"], "The edit"),
    "an edit of a word": (["pll", "a cat", "--edit", "one=cat"], "The edit 'one=cat' came"),
    "an edit before the beginning": (["read", "a cat", "--edit=-1=cat"], "The edit '-1=cat' came"),
    "an edit beyond the end": (["read", "a cat", "--edit", "9=cat"], "stand at positions 1 to 2: choose one"),
    "an edit to no token": (["read", "a cat", "--edit", "1=nosuchtoken"], "'nosuchtoken' is no"),
    "an edit to a word of two pieces": (["read", "a cat", "--edit", "1=cats"], "'cats' is no"),
    "an edit to half a character": (["read", "a cat", "--edit", "1=\udcff"], "half a character|is no"),
    "an edit of an enormous position": (["read", "a cat", "--edit", f"{'9' * 5000}=cat"], "edit"),
    "an edit to an enormous id": (["read", "a cat", "--edit", f"1={'9' * 5000}"], "edit|is no"),
    "everything edited away": (["read", "a", "--edit", "1=[MASK]"], "only special tokens"),
    "an arithmetic that is none": (["pll", "a", "--dtype", "fp16"], "'fp16' came: choose auto, fp32 or bf16"),
    "stdin twice": (["candidates", "-", "a", "--pair", "-"], "Only one of the two texts"),
}
USAGE: dict[str, tuple[list[str], str]] = {
    "no such masking": (["read", "a", "--hidden", "words"], "invalid choice: 'words'"),
    "no candidates": (["candidates", "a [MASK]"], "required: WORD"),
    "a word for a gap": (["candidates", "a [MASK]", "b", "--mask", "first"], "invalid int value: 'first'"),
    "windows where there are none": (["fill", "a [MASK]", "--windows"], "unrecognized arguments: --windows"),
}


def test_a_question_that_can_t_be_answered(subtests: pytest.Subtests, run: Run) -> None:
    for arguments, match in REFUSED.values():
        with subtests.test(arguments=arguments, match=match):
            assert_plain_sentence(assert_refused(run(*arguments), match))


def test_a_command_that_is_none(run: Run) -> None:
    for arguments, match in USAGE.values():
        assert_refused(run(*arguments), f"{match}.*; see python -m analysis --help$")


def test_an_arithmetic_that_is_not_to_be_had(
    run: Run, checkpoint_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    if products.computes_in_bf16():
        spec = str(checkpoint_folder("tiny_roberta"))
        said = assert_refused(run("pll", "a", "--model", spec, "--dtype", "bf16"), "no BERT with both heads")
        assert_plain_sentence(said)
        assert answer_of(run("pll", "a", "--model", spec, "--dtype", "auto"))["provenance"]["dtype"] == "float32"
    monkeypatch.setenv("PRETEXT_DTYPE", "double")
    assert_plain_sentence(assert_refused(run("pll", "a"), "'double' came"))


def test_a_model_without_the_head(run: Run, checkpoint_folder: Callable[[str], Path]) -> None:
    result = run("read", "a [MASK]", "--model", str(checkpoint_folder("without_mlm")))
    assert_plain_sentence(assert_refused(result, "masked-LM"))
