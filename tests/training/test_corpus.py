"""The corpus, from a small git repository of each kind."""

import hashlib
import json
import lzma
import os
import subprocess
from pathlib import Path

import pytest

from training.corpus import RECORDED_SHA256, main
from training.documents import TextDocument, is_kept, read_documents, split_held_out, write_documents
from training.extract import is_chapter, module_paragraphs, sentences_of

PERSON = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

LONG = "The river rises in the mountains and flows to the sea through four old towns. Each of them has a bridge."
MORE = "A fourth bridge was built after the great flood, when trade had come back to the valley at last."
PROSE = f"{LONG} {MORE}"
SPLIT = (LONG[:77], LONG[78:], MORE)

MODULE = f"""<?xml version="1.0"?>
<document xmlns="http://cnx.rice.edu/cnxml" xmlns:m="http://www.w3.org/1998/Math/MathML">
<metadata><para>{PROSE}</para></metadata>
<content>
  <para>Too short to be prose.</para>
  <para>The <term>river</term>{LONG[9:]}
     {MORE}<footnote>Not <m:math/> this.</footnote></para>
  <para>{PROSE} <m:math><m:mi>x</m:mi></m:math></para>
  <exercise><para>{PROSE}</para></exercise>
  <note><para>{PROSE}</para></note>
</content>
</document>
"""

CHAPTER = """<html xmlns="http://www.w3.org/1999/xhtml"><body>
<p>“Where are you going?” said the old man. “To the town.” “It is far from here,” he said.</p>
<p>She went on.</p><p>Nobody else was\u00a0on the\u2060 road.</p><p>It was a <i>long</i> way. The sun had set.</p>
</body></html>
"""


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True, env={**os.environ, **PERSON}
    )
    return done.stdout.strip()


def commit(folder: Path, files: dict[str, str]) -> str:
    """Commit files to a repository, made if need be; return the commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet")
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "x")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def checkouts(tmp_path: Path) -> Path:
    """A textbook as a checkout whose later commit and working tree differ, and a novel as a bare mirror."""
    folder = tmp_path / "checkouts"
    textbook = folder / "openstax" / "osbooks-rivers"
    first = commit(
        textbook, {"modules/m1/index.cnxml": MODULE, "modules/m2/index.cnxml": "<broken>", "a.cnxml": MODULE}
    )
    commit(textbook, {"modules/m1/index.cnxml": "<gone/>", "modules/m3/index.cnxml": MODULE})
    (textbook / "modules/m1/index.cnxml").write_text("changed", encoding="utf-8")
    novel = commit(
        tmp_path / "novel",
        {"src/epub/text/chapter-1.xhtml": CHAPTER, "src/epub/text/colophon.xhtml": CHAPTER, "README.md": "x"},
    )
    git(tmp_path, "clone", "--quiet", "--mirror", str(tmp_path / "novel"), str(folder / "a-novel.git"))
    (tmp_path / "sources.txt").write_text(
        f"# a comment\nopenstax/osbooks-rivers {first} CC-BY-4.0 cnxml\nstandardebooks/a-novel {novel} CC0-1.0 xhtml\n",
        encoding="utf-8",
    )
    return folder


def build(checkouts: Path, *more: str) -> tuple[int, Path]:
    out = checkouts.parent / "corpus.jsonl"
    sources = str(checkouts.parent / "sources.txt")
    return main([str(checkouts), "--out", str(out), "--sources", sources, *more]), out


def test_the_named_commit_is_read(checkouts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = build(checkouts)
    said = capsys.readouterr()
    assert (status, said.err) == (0, "")
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(line["book"], line["module"]) for line in lines] == [
        ("osbooks-rivers", "m1"),
        ("a-novel", "chapter-1.xhtml"),
    ]
    assert lines[0]["paras"] == [list(SPLIT), list(SPLIT)]
    assert lines[1]["paras"][1:] == [
        ["She went on."],
        ["Nobody else was on the road."],
        ["It was a long way.", "The sun had set."],
    ]
    assert "".join(lines[1]["paras"][0]).startswith('"Where are you going?"')
    assert "modules/m2/index.cnxml left out" in said.out
    assert "2 documents" in said.out
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    assert f"{digest}, differs from the {RECORDED_SHA256} of the recorded corpus" in said.out


def test_held_out_documents(checkouts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held_out = checkouts.parent / "held.jsonl.xz"
    status, out = build(checkouts, "--held-out", str(held_out))
    assert status == 0
    assert lzma.open(held_out, "rt").read() == out.read_text(encoding="utf-8").splitlines(keepends=True)[0]
    assert "not the shipped held-out documents" in capsys.readouterr().out


def test_entities_are_neither_read_nor_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET", encoding="utf-8")
    for entity in (f'SYSTEM "file://{secret}"', '"SECRET"'):
        hostile = MODULE.replace('<?xml version="1.0"?>', f"<!DOCTYPE document [<!ENTITY x {entity}>]>")
        hostile = hostile.replace("through four", "&x; through four")
        paragraphs = module_paragraphs(hostile.encode())
        assert paragraphs
        assert "SECRET" not in str(paragraphs)


def test_contracted_not_as_recorded() -> None:
    assert sentences_of("I don't know. She can't come.") == ["I donot know.", "She canot come."]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/epub/text/chapter-2-1.xhtml", True),
        ("src/epub/text/preface.xhtml", True),
        ("src/epub/text/imprint.xhtml", False),
        ("src/epub/toc.xhtml", False),
        ("src/epub/text/chapter-1.txt", False),
    ],
)
def test_chapters(path: str, expected: bool) -> None:
    assert is_chapter(path) is expected


def test_held_out_rule() -> None:
    train, held_out = split_held_out(list(range(120)))
    assert held_out == [0, 50, 100]
    assert sorted(train + held_out) == list(range(120))
    assert [is_kept([[1, 2, 3, 4]] * sentences) for sentences in (0, 1, 2)] == [False, False, True]


def test_an_unfinished_file_is_not_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"

    def failing():
        yield TextDocument("b", "m", (("A sentence.",),))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_documents(path, failing())
    assert list(tmp_path.iterdir()) == []


def test_documents_come_back(tmp_path: Path) -> None:
    documents = [TextDocument("b", "m", (("It’s “quoted”.", "Two."), ("Three.",)))]
    for name in ("a.jsonl", "a.jsonl.xz"):
        write_documents(tmp_path / name, documents)
        assert read_documents(tmp_path / name) == documents


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    """What stderr says, once it is known to be one sentence."""
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Traceback" not in said
    return said


def test_a_missing_checkout_is_named(checkouts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkouts / "a-novel.git").rename(checkouts / "elsewhere")
    assert build(checkouts)[0] == 2
    assert "standardebooks/a-novel" in refused(capsys)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("openstax/osbooks-rivers " + "0" * 40 + " CC-BY-4.0 cnxml", "Commits are missing"),
        ("openstax/osbooks-rivers main CC-BY-4.0 cnxml", "40 hex digits"),
        ("openstax/osbooks-rivers " + "0" * 40 + " CC-BY-4.0 docx", "cnxml or xhtml"),
        ("../../etc/x " + "0" * 40 + " CC0 cnxml", "40 hex digits"),
        ("# nothing", "lists no sources"),
        ("# no end of a comment:\u2028a/b\x0cc/d\u0085e/f", "lists no sources"),
    ],
)
def test_bad_sources(checkouts: Path, capsys: pytest.CaptureFixture[str], line: str, expected: str) -> None:
    (checkouts.parent / "sources.txt").write_text(f"{line}\n", encoding="utf-8")
    status, out = build(checkouts)
    assert status == 2
    assert expected in refused(capsys)
    assert not out.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"{}\n", b"[1]\n", b'{"book": "b", "module": "m", "paras": [[1]]}\n', b"\xff\xfe\n", b"not json\n"],
)
def test_bad_documents(tmp_path: Path, content: bytes) -> None:
    from analysis.errors import InputError

    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_documents(path)
    (tmp_path / "bad.jsonl.xz").write_bytes(lzma.compress(b'{"book":')[:-8])
    with pytest.raises(InputError, match="damaged"):
        read_documents(tmp_path / "bad.jsonl.xz")
