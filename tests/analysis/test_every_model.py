"""Every kind of masked language model in transformers, and every kind of tokenizer: all numbers, or the reason why not.

The oracle is the plain model of the same folder. Each was made at random, so one that is read wrongly agrees with
nothing.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import CONFIG_MAPPING, MODEL_FOR_PRETRAINING_MAPPING

from analysis import (
    InputError,
    ModelBundle,
    ModelError,
    ask,
    compare_segmentations,
    load_bundle,
    read_hidden,
    read_seen,
)
from analysis.limits import MAX_POSITIONS
from analysis.models import families
from analysis.models.families import FAMILIES, Family, family_of
from analysis.questions import Compare, Contest, Describe, Fill, Pairs, Read, Score, Splits, Text, Tour
from analysis.tasks import task_of
from tests.analysis.checkpoints import change_json
from tests.analysis.oracle import Answer, Plain, assert_agrees, assert_statistics_agree, assert_z_agrees
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.range_of_models import KINDS, ON_PAIRS, TWO_HEADED, make
from tests.analysis.toy_tokenizers import TOKENIZERS, characters, ends_only, wordpiece

TEXT, PAIR = "the cat sat on the mat.", ("the cat", "she opened a door!")
REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "reformer": ({}, "random hashes"),
    "mra": ({}, "a GPU's own code"),
    "roc_bert": ({}, "the shape and the sound"),
    "tapas": ({}, "a table"),
}
"""By kind: what its configuration says, and what the refusal speaks of."""
REFUSED_AS_CONFIGURED: dict[str, tuple[str, dict[str, object], str]] = {
    "X-MOD without a language": ("xmod", {"default_language": None}, "default_language"),
    "YOSO by hashing": ("yoso", {"use_expectation": False}, "random hashes"),
    "Nyströmformer of one length": ("nystromformer", {"num_landmarks": 4, "segment_means_seq_len": 64}, "can't run it"),
}
SETTINGS: dict[str, tuple[str, dict[str, object]]] = {
    "DeBERTa's own head": ("deberta-v2", {"legacy": False}),
    "positions from the table only": ("deberta-v2", {"relative_attention": True, "position_biased_input": False}),
    "a BigBird that always attends to all": ("big_bird", {"attention_type": "original_full"}),
    "one segment": ("electra", {"type_vocab_size": 1}),
    "an ESM with learned positions": ("esm", {"position_embedding_type": "absolute"}),
}


def plain_inputs(plain: Plain, bundle: ModelBundle, texts: tuple[str, ...]) -> dict[str, torch.Tensor]:
    """What a person hands over who knows the model: segment ids where it was trained with them."""
    config = plain.model.config
    told_apart = config.model_type in ON_PAIRS and config.type_vocab_size > 1
    batch = dict(plain.tokenizer(*texts, return_tensors="pt", return_token_type_ids=told_apart))
    if config.model_type == "fnet":
        del batch["attention_mask"]
    assert bundle.uses_segment_ids == told_apart
    return batch


def assert_reads_as_plain(bundle: ModelBundle, plain: Plain) -> None:
    """Seen, hidden and the second head of a text, a pair and the longest input."""
    longest = " ".join("the cat sat on a mat . she was".split() * 20)
    words = len(plain.tokenizer(longest).input_ids) - bundle.max_tokens
    cut = " ".join(longest.split()[:-words])
    for texts in ((TEXT,), PAIR, ("a",), (cut,)):
        batch = plain_inputs(plain, bundle, texts)
        reading, answer = read_seen(bundle, *texts, k=9), plain.run(**batch)
        assert_agrees(reading, Answer(answer.ids, answer.logits[: len(answer.ids)], answer.z))
    assert len(reading.encoded) == bundle.max_tokens
    assert_hidden_agrees(bundle, plain, (TEXT,))


def assert_hidden_agrees(bundle: ModelBundle, plain: Plain, texts: tuple[str, ...]) -> None:
    """Every position of C with its own token hidden, against one plain pass for each."""
    hidden, batch = read_hidden(bundle, *texts, masking="token", k=5), plain_inputs(plain, bundle, texts)
    ids = batch["input_ids"][0]
    at = np.flatnonzero(~hidden.encoded.outside)
    rows = []
    for position in at:
        masked = batch["input_ids"].clone()
        masked[0, position] = plain.tokenizer.mask_token_id
        rows.append(plain.run(**{**batch, "input_ids": masked}).logits[position])
    assert_statistics_agree(hidden.statistics.take(at.astype(np.int32)), Answer(ids[at].numpy(), np.stack(rows), None))


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., tuple[ModelBundle, Plain]]:
    def both(kind: str, *given: object) -> tuple[ModelBundle, Plain]:
        folder = make(tmp_path / "model", kind, *given)
        return load_bundle(str(folder)), Plain.load(folder, two_heads=kind in TWO_HEADED)

    return both


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in REFUSED])
def test_every_kind_reads_as_plain_transformers(made: Callable[..., tuple[ModelBundle, Plain]], kind: str) -> None:
    bundle, plain = made(kind)
    assert_reads_as_plain(bundle, plain)
    assert (bundle.mlm.real, bundle.nsp.real) == (True, kind in TWO_HEADED)
    if bundle.nsp.real:
        assert_variants_agree(bundle, plain)


def assert_variants_agree(bundle: ModelBundle, plain: Plain) -> None:
    compared = compare_segmentations(bundle, "the cat sat.", "the dog sat on the mat.")
    for variant in compared.variants:
        rows = (variant.encoded.ids, variant.encoded.segment_ids, variant.encoded.attention_mask)
        answer, expected = variant.nsp, plain.z(*(row.tolist() for row in rows))
        assert_z_agrees((answer.logit_is_next, answer.logit_not_next), answer.margin_nats, expected)
    assert compared["correct"].encoded.segment_ids.max() == 1


@pytest.mark.parametrize(("kind", "changes"), SETTINGS.values(), ids=SETTINGS)
def test_a_setting_changes_the_numbers_and_not_their_truth(
    made: Callable[..., tuple[ModelBundle, Plain]], kind: str, changes: dict[str, object]
) -> None:
    assert_reads_as_plain(*made(kind, changes))


@pytest.mark.parametrize(
    ("kind", "changes", "match"),
    [*((kind, *given) for kind, given in REFUSED.items()), *REFUSED_AS_CONFIGURED.values()],
    ids=[*REFUSED, *REFUSED_AS_CONFIGURED],
)
def test_what_can_t_be_read_is_refused_with_the_reason(
    tmp_path: Path, kind: str, changes: dict[str, object], match: str
) -> None:
    with pytest.raises(ModelError, match=match) as caught:
        load_bundle(str(make(tmp_path / "model", kind, changes)))
    assert_plain_sentence(caught.value)


@pytest.mark.parametrize("kind", ["bert", "roberta", "deberta-v2"])
@pytest.mark.parametrize("name", TOKENIZERS)
def test_every_kind_of_tokenizer(made: Callable[..., tuple[ModelBundle, Plain]], kind: str, name: str) -> None:
    tokenizer = TOKENIZERS[name]()
    bundle, plain = made(kind, None, tokenizer)
    for texts in (("the cat sat",), PAIR, (f"a {tokenizer.mask_token} cat",)):
        batch = plain_inputs(plain, bundle, texts)
        if not batch.get("token_type_ids", torch.ones(1)).any() and len(texts) > 1:
            # The template leaves out what the model was trained with.
            second = torch.tensor(plain.tokenizer(*texts).sequence_ids().index(1))
            batch["token_type_ids"] = (torch.arange(batch["input_ids"].shape[1]) >= second).long()[None]
        reading = read_seen(bundle, *texts, k=9)
        assert_agrees(reading, plain.run(**batch))
        special = plain.tokenizer(*texts, return_special_tokens_mask=True).special_tokens_mask
        masked = batch["input_ids"][0].numpy() == tokenizer.mask_token_id
        assert reading.encoded.outside.tolist() == (np.array(special, bool) | masked).tolist()
        assert not reading.encoded.unknown.any()
    assert_hidden_agrees(bundle, plain, ("the cat sat",))


def test_ends_that_are_typed_are_outside(made: Callable[..., tuple[ModelBundle, Plain]]) -> None:
    encoded = read_seen(made("deberta-v2", None, ends_only())[0], "the <s> cat </s> sat").encoded
    assert [token for token, out in zip(encoded.tokens, encoded.outside, strict=True) if out] == [
        *("<s>", "<s>"),
        *("</s>", "</s>"),
    ]
    assert encoded.n_counted == 3


def test_an_unknown_character_without_a_token_for_it(tmp_path: Path) -> None:
    """The tokenizers' library raises an Exception of no particular kind."""
    folder = make(tmp_path / "model", "bert", None, characters())
    file = folder / "tokenizer.json"
    entries = json.loads(file.read_text(encoding="utf-8"))
    entries["model"]["unk_token"] = "[NONE]"
    file.write_text(json.dumps(entries), encoding="utf-8")
    with pytest.raises(InputError, match="no piece for a character") as caught:
        read_seen(load_bundle(str(folder)), "the ½ cat")
    assert_plain_sentence(caught.value)


def test_segment_ids_are_not_invented(made: Callable[..., tuple[ModelBundle, Plain]]) -> None:
    """A RoBERTa's table has two rows on paper; it never saw the second, and its tokenizer does not list the ids."""
    bundle, plain = made("roberta")
    assert plain.model.config.type_vocab_size == 2
    reading = read_seen(bundle, *PAIR)
    assert not reading.encoded.segment_ids.any()
    assert_agrees(reading, plain.run(**plain.tokenizer(*PAIR, return_tensors="pt", return_token_type_ids=False)))


def test_segment_ids_that_a_tokenizer_lists_are_its_own(made: Callable[..., tuple[ModelBundle, Plain]]) -> None:
    listing = wordpiece(model_input_names=["input_ids", "token_type_ids", "attention_mask"])
    bundle, plain = made("nomic_bert", None, listing)
    reading = read_seen(bundle, *PAIR)
    assert reading.encoded.segment_ids.max() == 1
    assert_agrees(reading, plain.answer(*PAIR))


def test_a_model_without_a_mask_has_no_variant_of_it(made: Callable[..., tuple[ModelBundle, Plain]]) -> None:
    compared = compare_segmentations(made("fnet")[0], "the cat sat.", "the dog sat on the mat.")
    assert "ids_as_mask" not in {variant.name for variant in compared.variants}
    ((name, why),) = compared.left_out
    assert (name, "takes no attention mask." in why) == ("ids_as_mask", True)


def test_every_second_head_of_transformers_has_its_record() -> None:
    for kind in KINDS:
        config = CONFIG_MAPPING[kind]
        named = (
            signature(MODEL_FOR_PRETRAINING_MAPPING[config].forward).parameters
            if (config in MODEL_FOR_PRETRAINING_MAPPING)
            else {}
        )
        has = bool({"next_sentence_label", "sentence_order_label"} & set(named))
        assert has == (kind in TWO_HEADED) == (family_of(config()).nsp_meaning is not None), kind


def longest_of(bundle: ModelBundle) -> str:
    return " ".join(["cat"] * (bundle.max_tokens - 2))


def check_repeats(bundle: ModelBundle) -> None:
    """The same text gets the same numbers before a short one and after it."""
    long = longest_of(bundle)
    before = read_seen(bundle, long).statistics
    read_seen(bundle, "a")
    assert read_seen(bundle, long).statistics.p_observed == pytest.approx(before.p_observed, abs=1e-5)


def test_a_bigbird_s_numbers_do_not_depend_on_what_was_read(made: Callable[..., tuple[ModelBundle, Plain]]) -> None:
    bundle, plain = made("big_bird")
    assert bundle.max_tokens == (5 + 2 * 1) * 4 < 64
    check_repeats(bundle)
    assert plain.model.bert.attention_type == "block_sparse"
    assert_agrees(
        read_seen(bundle, longest_of(bundle)), plain.run(**plain_inputs(plain, bundle, (longest_of(bundle),)))
    )


def forgetting(kind: str) -> tuple[Family, ...]:
    return tuple(family for family in FAMILIES if kind not in family.kinds)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("big_bird", {}),
        ("reformer", {"lsh_attn_chunk_length": 16, "local_attn_chunk_length": 16}),
    ],
)
def test_what_does_not_repeat_is_found_out_without_its_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, changes: dict[str, object]
) -> None:
    monkeypatch.setattr(families, "FAMILIES", forgetting(kind))
    with pytest.raises(ModelError, match="other numbers for the same text") as caught:
        load_bundle(str(make(tmp_path / "model", kind, changes)))
    assert_plain_sentence(caught.value)


@pytest.mark.parametrize("kind", ["nystromformer", "longformer", "mpnet", "perceiver", "luke", "bart", "funnel"])
def test_the_longest_input_is_one_that_runs(tmp_path: Path, kind: str) -> None:
    """Also where neither the tokenizer nor the table of positions says how many of them can be used."""
    folder = make(tmp_path / "model", kind)
    change_json(folder, "tokenizer_config.json", {"model_max_length": None})
    bundle = load_bundle(str(folder))
    assert 60 <= bundle.max_tokens <= MAX_POSITIONS
    assert len(read_seen(bundle, longest_of(bundle)).encoded) == bundle.max_tokens


def test_v_is_the_width_of_the_logits(made: Callable[..., tuple[ModelBundle, Plain]]) -> None:
    """DeBERTa's own head hands out a dense layer as its output embeddings, 16 wide."""
    bundle, plain = made("deberta-v2", {"legacy": False})
    assert plain.model.get_output_embeddings().weight.shape[0] == 16
    assert bundle.n_vocabulary == len(bundle.tokenizer) == 74
    assert read_seen(bundle, TEXT).statistics.entropy_bits.max() > np.log2(16)


def test_another_width_than_at_loading_is_no_number(made: Callable[..., tuple[ModelBundle, Plain]]) -> None:
    bundle, _ = made("bert")
    with pytest.raises(ModelError, match="gave 74 columns, and 32 when") as caught:
        read_seen(replace(bundle, n_vocabulary=32), TEXT)
    assert_plain_sentence(caught.value)


QUESTIONS = (
    Read(Text("the cat sat on the mat . " * 20, in_windows=True), "word"),
    Score(Text("the cat sat", "a door!")),
    Fill(Text("the [MASK] sat on the [MASK] .")),
    Contest(Text("the [MASK] sat"), ("cat", "black dog")),
    Compare(Text("the cat sat"), Text("the dog sat")),
    Splits("the cat sat. she opened the door. it was dark.", controls=2),
    Pairs(("the cat sat.", "she opened a door.", "it was dark."), controls=2),
    Tour(),
    Describe(),
)


@pytest.mark.parametrize("kind", ["bart", "big_bird", "fnet", "funnel", "modernvbert", "perceiver"])
def test_every_question_is_answered_or_refused(made: Callable[..., tuple[ModelBundle, Plain]], kind: str) -> None:
    bundle, _ = made(kind)
    for question in QUESTIONS:
        task = task_of(question)
        try:
            assert json.loads(json.dumps(task.export(ask(bundle, question))))["schema"]
            assert task.estimate is None or task.estimate((bundle,), task.plan((bundle,), question)).passes > 0
        except InputError as error:
            assert not bundle.nsp.real
            assert_plain_sentence(error)
