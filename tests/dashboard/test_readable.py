"""Pieces of byte-level and SentencePiece vocabularies are drawn as the text that they stand for."""

from collections.abc import Iterable, Iterator

import pytest

from analysis import ModelBundle, Score, Text, ask, load_bundle
from analysis.choices import MASKINGS
from analysis.models.tokenizing import writes_pieces
from analysis.texts.encoding import encode
from dashboard import page
from dashboard.drawing.palette import palette
from dashboard.drawing.tables import positions
from dashboard.page import Look, Results
from dashboard.pages import PAGES
from dashboard.readable import readable, shown_as
from dashboard.sections import Beside, Section, Strip
from dashboard.view import ViewState
from tests.analysis.checkpoints import MAKERS
from tests.analysis.toy_tokenizers import byte_level, characters, unigram, unigram_across_words, wordpiece


@pytest.fixture(scope="module")
def roberta(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    return load_bundle(str(MAKERS["tiny_roberta"](tmp_path_factory.mktemp("readable") / "tiny_roberta")))


def test_single_pieces() -> None:
    for piece, kind, shown in (
        ("Ġcat", "bytes", "␣cat"),
        ("Ã©", "bytes", "é"),
        ("Ġé", "bytes", "␣\N{REPLACEMENT CHARACTER}"),
        ("éįµ", "bytes", "鍵"),
        ("Ġ", "bytes", "␣"),
        ("<s>", "bytes", "<s>"),
        ("▁cat", "sentencepiece", "␣cat"),
        ("▁", "sentencepiece", "␣"),
        ("##s", "words", "##s"),
        ("Ã©", "words", "Ã©"),
        ("", "bytes", ""),
    ):
        assert shown_as(piece, kind) == shown, piece


def test_the_kind_is_read_off_the_tokenizer(roberta: ModelBundle, tiny: ModelBundle) -> None:
    assert (tiny.writes, roberta.writes) == ("words", "bytes")
    for make, kind in ((wordpiece, "words"), (byte_level, "bytes"), (unigram, "sentencepiece"), (characters, "words")):
        assert writes_pieces(make()) == kind
    assert writes_pieces(unigram_across_words()) == "sentencepiece"


def test_a_part_of_a_character_is_shown_as_the_character(roberta: ModelBundle) -> None:
    encoded = encode(roberta, "a é 鍵")
    shown = readable(encoded)
    assert shown.pieces == encoded.tokens
    assert "鍵" in shown.tokens
    assert "é" in "".join(shown.tokens)
    assert not any("�" in token or "Ġ" in token for token in shown.tokens)


def test_what_is_drawn_is_readable_and_the_table_keeps_the_piece(roberta: ModelBundle) -> None:
    view = PAGES["tokens"].check(ViewState("tokens", roberta.spec, (Text("a cat é"),)))
    scores = ask(roberta, Score(Text("a cat é"), ("token", "word_l2r", "word", "reporting_l2r"), 3))
    results, look = Results({"scores": scores}, frozenset({"scores"})), Look(palette("light"), "usual")
    strips = [each for each in _flat(PAGES["tokens"].sections(view, results, look)) if isinstance(each, Strip)]
    drawn = str([each.drawn for each in strips])
    assert "␣c" in drawn
    assert "Ġ" not in drawn
    assert results["scores"] is scores, "JSON keeps what the vocabulary has"
    table = positions(readable(scores.readings[0]), "usual")
    assert table["piece"].tolist() == list(scores.seen.encoded.tokens)
    assert "piece" not in positions(scores.readings[0], "usual")


def test_what_a_page_shows_is_read_back_once(roberta: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 500 tokens it takes 20 ms, and the answer and the sections show the same."""
    made: list[object] = []
    monkeypatch.setattr(page, "readable", lambda result: made.append(result) or readable(result))
    tokens = PAGES["tokens"]
    view = tokens.check(ViewState("tokens", roberta.spec, (Text("a cat é"),)))
    scores = ask(roberta, Score(Text("a cat é"), MASKINGS, 3))
    results, look = Results({"scores": scores}, frozenset({"scores"})), Look(palette("light"), "usual")
    tokens.answer(view, results, look)
    list(tokens.sections(view, results, look))
    assert made == [scores]


def test_a_readable_vocabulary_costs_nothing(tiny: ModelBundle) -> None:
    scores = ask(tiny, Score(Text("the cat")))
    assert readable(scores) is scores


def _flat(sections: Iterable[Section]) -> Iterator[Section]:
    for each in sections:
        if isinstance(each, Beside):
            yield from _flat(inner for column in each.columns for inner in column)
        else:
            yield each
