"""A boundary between pieces needs no white space; a lone SentencePiece mark belongs to the word after it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from analysis import InputError, ModelBundle, load_bundle, sweep_splits
from analysis.tasks.segmentations import middle_cut
from analysis.tasks.splits import boundaries_of
from analysis.texts.boundaries import places
from analysis.texts.encoding import PairTemplate, encode
from tests.analysis.checkpoints import tiny_bert
from tests.analysis.oracle import Plain
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.toy_tokenizers import LETTERS, SPECIALS

DOOR = "She opened the door.The room was dark."
CHINESE = "他打开了门。房间很暗。她很害怕。"


@pytest.fixture(scope="module")
def sentence_pieces(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    """A tiny BERT whose vocabulary has a mark for the space and letters, so that every mark is a piece of its own."""
    folder = tiny_bert(tmp_path_factory.mktemp("pieces") / "bert")
    vocabulary = [(each, 0.0) for each in (*SPECIALS, "▁", ".", "[", "]", *LETTERS, *"他打开了门。房间很暗")]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=1))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return _with_tokenizer(folder, tokenizer)


def _with_tokenizer(folder: Path, tokenizer: Tokenizer) -> ModelBundle:
    names = dict(zip(("pad", "unk", "cls", "sep", "mask"), SPECIALS, strict=True))
    whole = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=64,
        **{f"{name}_token": token for name, token in names.items()},
    )
    whole.save_pretrained(folder)
    return load_bundle(str(folder))


def test_the_margin_of_two_sentences_without_a_space_between(bundled: ModelBundle, plain: Plain) -> None:
    sweep = sweep_splits(bundled, DOOR, controls=0)
    assert [(each.at, each.pieces, each.sentence) for each in sweep.boundaries] == [(20, 5, True)]
    assert sweep.margin_nats[0] == pytest.approx(3.0076, abs=5e-5)
    z = plain.answer("She opened the door.", "The room was dark.").z
    assert z is not None
    assert sweep.margin_nats[0] == pytest.approx(z[0] - z[1], abs=1e-4)


def test_chinese_has_boundaries(bundled: ModelBundle) -> None:
    found = {unit: sweep_splits(bundled, CHINESE, unit=unit, controls=0) for unit in ("sentence", "word", "token")}
    assert [each.at for each in found["sentence"].boundaries] == [6, 11]
    assert [each.at for each in found["token"].boundaries] == list(range(1, 16))
    assert [each.at for each in found["word"].boundaries] == [1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14]
    for sweep in found.values():
        assert sweep.language == "zh"
        assert [each.at for each in sweep.boundaries if each.sentence] == [6, 11]


def test_between_any_two_tokens(bundled: ModelBundle) -> None:
    encoded = encode(bundled, DOOR)
    tokens = boundaries_of(encoded, tokens=True)
    assert [each.pieces for each in tokens] == list(range(1, len(encoded) - 2))
    spans = encoded.span[encoded.sequence == 0]
    assert [each.at for each in tokens] == spans[1:, 0].tolist()
    assert set(boundaries_of(encoded)) < set(tokens)


def test_a_word_is_not_cut_unless_tokens_are(tiny: ModelBundle) -> None:
    encoded = encode(tiny, "zebra sat")
    assert [each.at for each in boundaries_of(encoded)] == [6]
    assert [each.at for each in boundaries_of(encoded, tokens=True)] == [1, 2, 3, 4, 6]


def test_by_hand_a_sentence_may_begin_at_any_piece(bundled: ModelBundle) -> None:
    sweep = sweep_splits(bundled, DOOR, controls=0, sentence_starts=[19, 24])
    assert [each.at for each in sweep.boundaries] == [19, 24]
    for start in (3, 17, 23, len(DOOR), 99):
        with pytest.raises(InputError, match=f"can't begin at character {start}") as caught:
            sweep_splits(bundled, DOOR, controls=0, sentence_starts=[start])
        assert_plain_sentence(caught.value)


def test_a_start_that_a_piece_reaches_across_moves_on(tiny: ModelBundle, sentence_pieces: ModelBundle) -> None:
    """Of what has no piece in the vocabulary the tokenizer makes one [UNK], whatever sentences are in it."""
    found = boundaries_of(encode(sentence_pieces, "ab.ЖЖ！Ж c."))
    assert [(each.at, each.sentence) for each in found] == [(3, True), (8, True)]
    dropped = boundaries_of(encode(tiny, "the cat. \x00 the dog."))
    assert [(each.at, each.sentence) for each in dropped] == [(4, False), (9, True), (15, False)]


def test_a_lone_mark_goes_with_the_word_after_it(sentence_pieces: ModelBundle) -> None:
    encoded = encode(sentence_pieces, "ab c. de")
    assert encoded.tokens == ("[CLS]", "▁", "a", "b", "▁", "c", ".", "▁", "d", "e", "[SEP]")
    assert [(each.at, each.pieces) for each in boundaries_of(encoded)] == [(3, 3), (6, 6)]
    assert [(each.at, each.pieces) for each in boundaries_of(encoded, tokens=True)] == [
        (1, 2),
        (3, 3),
        (4, 5),
        (6, 6),
        (7, 8),
    ]
    pair = encode(sentence_pieces, "ab cdef gh", "a")
    assert middle_cut(pair) == 3, "its space is a space: before the mark"
    assert middle_cut(encode(sentence_pieces, "abcdef", "a")) == 3, "▁ a b | c d e f: as near as the next"
    masked = encode(sentence_pieces, "ab [MASK]")
    assert [(each.at, each.pieces) for each in boundaries_of(masked)] == [(3, 3)]


def test_white_space_at_the_ends_is_no_place_to_cut(sentence_pieces: ModelBundle) -> None:
    assert places(encode(sentence_pieces, " a ")) == ()
    assert [each.at for each in places(encode(sentence_pieces, " ab "))] == [2]


def test_no_boundary_within_a_character(checkpoint: Callable[[str], ModelBundle]) -> None:
    encoded = encode(checkpoint("tiny_roberta"), "a🙂b")
    assert (encoded.sequence == 0).sum() > 3
    assert [each.at for each in places(encoded)] == [1, 2]


def test_chinese_in_sentence_pieces(sentence_pieces: ModelBundle) -> None:
    encoded = encode(sentence_pieces, "他打开了门。房间很暗。")
    assert [each.at for each in boundaries_of(encoded) if each.sentence] == [6]
    assert [each.at for each in boundaries_of(encoded)] == [1, 2, 3, 4, 6, 7, 8, 9]


def test_the_template_of_a_pair_needs_no_letters(tmp_path: Path) -> None:
    """A tokenizer without [UNK] drops what it has no piece for, "a" and "b" too."""
    folder = tiny_bert(tmp_path / "bert")
    tokenizer = Tokenizer(models.BPE({each: i for i, each in enumerate((*SPECIALS, *"他打开了门。房间很暗"))}, []))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    bundle = _with_tokenizer(folder, tokenizer)
    template = PairTemplate.of(bundle)
    assert (template.before.tolist(), template.middle.tolist(), template.after.tolist()) == ([2], [3], [3])
    assert sweep_splits(bundle, "他打开了门。房间很暗。", controls=0).complete
