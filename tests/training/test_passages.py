"""The bank of control passages and the figures of held-out paragraphs."""

from pathlib import Path

import pytest

from analysis.passages import bank
from training import paragraphs, passages
from training.command import HELD_OUT_FILE
from training.documents import TextDocument, read_documents
from training.passages import LEAST_CHARS, SOURCES_FILE, bank_lines, mended, titles_of_books


def test_the_bank_is_what_the_command_makes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bank.jsonl"
    assert passages.main(["--out", str(file)]) == 0
    assert file.read_bytes() == passages.BANK_FILE.read_bytes()
    assert f"Wrote {len(bank())} passages" in capsys.readouterr().out
    assert passages.main(["--file", str(tmp_path / "none.jsonl")]) == 2


def test_the_bank_s_passages() -> None:
    assert len(bank()) == 51
    assert all(len(passage.text) >= LEAST_CHARS for passage in bank())
    assert len({passage.sentences[0] for passage in bank()}) == 51
    titles = set(titles_of_books(SOURCES_FILE.read_text(encoding="utf-8")).values())
    assert {passage.book for passage in bank()} <= titles
    assert not any("OpenStax" in passage.text or "()" in passage.text for passage in bank())
    held_out = {mended(sentence) for document in read_documents(HELD_OUT_FILE) for sentence in document.sentences}
    assert all(set(passage.sentences) <= held_out for passage in bank())


@pytest.mark.parametrize(
    ("came", "made"),
    [
        ("I donot know.", "I don't know."),
        ("It wonot, canot and shanot.", "It won't, can't and shan't."),
        ("Isnot it? Ainot it?", "Isn't it? Ain't it?"),
        ("I cannot and do not know a knot.", "I cannot and do not know a knot."),
        ("The sternum () and the ribs ( ).", "The sternum and the ribs."),
    ],
)
def test_what_the_sentence_splitter_broke_is_mended(came: str, made: str) -> None:
    assert mended(came) == made


def test_short_documents_prefaces_and_doubles_are_left_out() -> None:
    long = ("A sentence of some length stands here. " * 90,)
    documents = [
        TextDocument("b", "1", (("Short.",),)),
        TextDocument("b", "2", (long,)),
        TextDocument("b", "3", (long,)),
        TextDocument("b", "4", (("OpenStax is a publisher.", *long),)),
    ]
    assert len(bank_lines(documents, {})) == 1


def test_paragraphs_are_drawn_from_all_documents_alike() -> None:
    drawn = paragraphs.draw_paragraphs(read_documents(HELD_OUT_FILE), 100, 0)
    assert len(drawn) == 100
    assert all(3 <= len(sentences) <= 10 for _, sentences in drawn)
    assert len({sentences for _, sentences in drawn}) == 100
    assert len({book for book, _ in drawn}) > 20
    assert drawn == paragraphs.draw_paragraphs(read_documents(HELD_OUT_FILE), 100, 0)
    assert drawn != paragraphs.draw_paragraphs(read_documents(HELD_OUT_FILE), 100, 1)


def test_figures_of_a_few_paragraphs(capsys: pytest.CaptureFixture[str]) -> None:
    found = paragraphs.evaluate("bundled", read_documents(HELD_OUT_FILE), 2, 0)
    assert found.paragraphs == 2
    for share in (found.against_other_texts, found.within_the_text):
        assert 0 <= share.low <= share.value <= share.high <= 1
    assert found.against_other_texts.comparisons == 20 * (found.sentences - 2)
    assert paragraphs.main(["--paragraphs", "1"]) == 0
    assert "AUC, other texts" in capsys.readouterr().out
