"""``python -m dashboard report``: what is written, from where its texts come, what is refused in one line."""

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import html

from analysis.models import store
from analysis.models.bundle import ModelBundle
from analysis.models.store import load_bundle
from analysis.questions import Text
from analysis.tasks.readings import read_seen
from analysis.version import __version__
from dashboard import __main__ as program
from dashboard.pages import PAGES
from dashboard.paper import session
from dashboard.view import ViewState
from tests.analysis.command_line import Result, Run, assert_refused
from tests.analysis.plain_words import assert_plain_sentence
from tests.dashboard.made import PROVENANCE
from tests.dashboard.visits import without_plotly

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the program on the tiny model in an empty folder; returns status, stdout, stderr."""
    monkeypatch.setenv("PRETEXT_MODEL", str(tiny_folder))
    monkeypatch.delenv("PRETEXT_DTYPE", raising=False)
    monkeypatch.chdir(tmp_path)

    def main(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            status = program.main(arguments)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else -1
        return status, *capsys.readouterr()

    return main


def written(result: Result, file: str = "report.html") -> html.HtmlElement:
    """The report, of which one line on stderr tells."""
    status, out, err = result
    assert (status, out) == (0, ""), err
    assert err == f"Wrote {file}, {Path(file).stat().st_size / 1e6:.1f} MB.\n"
    return html.document_fromstring(without_plotly(Path(file).read_text(encoding="utf-8")))


def texts(root: html.HtmlElement, path: str) -> list[str]:
    return [each.text_content() for each in root.xpath(path)]


def settings(root: html.HtmlElement) -> dict[str, str]:
    terms, values = (texts(root, f"//section[@id='settings']//{tag}") for tag in ("dt", "dd"))
    return dict(zip(terms, values, strict=True))


INPUTS = "//section[@id='inputs']//*[@class='text']"


# --- what is written ---


def test_the_options_of_a_page_and_the_edits_reach_its_report(run: Run, tiny: ModelBundle, tmp_path: Path) -> None:
    (tmp_path / "all.html").write_text("old " * 10_000_000)
    arguments = ("report", "tokens", "the cat sat", "--pair", "a dog", "--edit", "2=dog", "-k", "4", "--position", "3")
    more = ("--measure", "gap", "--masking", "word", "--by", "word", "--fit", "--units", "nats", "-o", "all.html")
    root = written(run(*arguments, *more), "all.html")
    assert texts(root, INPUTS) == ["the cat sat", "a dog"]
    assert settings(root) == {
        "Colour by": "copy gap",
        "Reading": "hidden",
        "By": "word",
        "What the hidden reading hides": "the whole word",
        "Predictions per position": "4",
        "Fit colours to this text": "yes",
        "Position shown (from 0)": "3",
        "Edits": "dog at position 2",
    }
    edit = tiny.tokenizer.convert_tokens_to_ids("dog")
    (sources,) = [
        table for table in root.xpath("//section[@id='results']//table") if "input_ids" in texts(table, ".//th")
    ]
    ids = [int(row.xpath("./td")[4].text_content()) for row in sources.xpath(".//tbody/tr")]
    assert ids == read_seen(tiny, "the cat sat", "a dog", edits=[(2, edit)]).encoded.ids.tolist()


def test_orders_and_candidates_are_given_one_by_one(run: Run) -> None:
    root = written(
        run("report", "fill", "a [MASK] sat", "--orders", "beam", "--candidates", "cat", "--candidates", "dog")
    )
    assert settings(root)["Orders"] == "beam"
    assert texts(root, INPUTS) == ["a [MASK] sat", "cat\ndog"]
    assert "dog" in root.xpath("//section[@id='results']")[0].text_content()


def test_texts_from_stdin_and_from_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("a dog\n", encoding="utf-8")
    root = written(run("report", "next_sentence", "-", "@b.txt", stdin=b"the cat"))
    assert texts(root, INPUTS) == ["the cat", "a dog"]
    (tmp_path / "lines.txt").write_text("the cat\n\na dog\n", encoding="utf-8")
    given = [run("report", "pairs", "lines.txt"), run("report", "pairs", "-", stdin=b"the cat\n\na dog\n")]
    for result in given:
        assert texts(written(result), INPUTS) == ["the cat\na dog"]


def test_a_long_text_is_read_in_windows_when_asked(run: Run) -> None:
    text = "the cat sat " * 30
    assert_refused(run("report", "tokens", text), "windows|shorten")
    root = written(run("report", "tokens", text, "--windows"))
    assert settings(root)["Overlapping windows"] == "yes"


@pytest.mark.parametrize("name", ["without_nsp", "tiny_roberta"])
def test_a_model_without_the_head_is_said(run: Run, checkpoint_folder: Callable[..., Path], name: str) -> None:
    folder = str(checkpoint_folder(name, limit=64))
    root = written(run("report", "tokens", "a cat", "--pair", "a dog", "--model", folder))
    why = load_bundle(folder).nsp.why_absent or ""
    assert why
    said = assert_refused(run("report", "next_sentence", "a cat", "a dog", "--model", folder), "head")
    assert said.startswith(why.removesuffix("."))
    assert "NSP" not in root.xpath("//section[@id='results']")[0].text_content()


def test_progress_is_for_terminals_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "the cat sat on the mat. " * 4
    written(run("report", "tokens", text))
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    run("report", "tokens", text)
    assert re.search(r"\rreading: (\d+) of \1 parts\n", terminal.getvalue())


# --- a session file ---


def saved(tmp_path: Path, view: ViewState) -> str:
    (tmp_path / "session.json").write_text(session.dump(view, PROVENANCE, {}, "2026"), encoding="utf-8")
    return "session.json"


def test_a_session_is_computed_anew(run: Run, tmp_path: Path, tiny_folder: Path) -> None:
    view = ViewState("tokens", str(tiny_folder), (Text("the cat", None, ((2, 30),)),)).with_options(k=3, units="nats")
    root = written(run("report", saved(tmp_path, view), "-o", "again.html"), "again.html")
    assert texts(root, INPUTS) == ["the cat"]
    assert settings(root)["Predictions per position"] == "3"
    assert settings(root)["Edits"].endswith(" at position 2")


VIEW = ViewState("tokens", "bundled", (Text("the cat"),))
REFUSED_SESSIONS = {
    "another page": (ViewState("elsewhere", "bundled"), "'elsewhere' came, which this Pretext does not have"),
    "another option": (VIEW.with_options(felt=1), "'felt' came"),
    "a wrong value": (VIEW.with_options(k=0), "Predictions per position"),
    "another number of texts": (ViewState("tokens", "bundled"), "number of texts"),
    "no such model": (ViewState("tokens", "/no/such", (Text("a"),)), "no such folder"),
}


@pytest.mark.parametrize("name", REFUSED_SESSIONS)
def test_a_session_that_can_t_be_reported(run: Run, tmp_path: Path, name: str) -> None:
    view, match = REFUSED_SESSIONS[name]
    assert_plain_sentence(assert_refused(run("report", saved(tmp_path, view)), match))
    assert list(tmp_path.glob("*.html")) == []


def test_a_file_that_is_no_session(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("[1]")
    for name, match in (("other.json", "no session"), ("none.json", "can't be read"), ("a\0b.json", "can't be read")):
        assert_plain_sentence(assert_refused(run("report", name), match))


# --- what is refused ---

REFUSED = {
    "k of 0": (["a", "-k", "0"], "'0' came for “Predictions per position”"),
    "blank text": (["  "], "only white space"),
    "stdin twice": (["-", "--pair", "-"], "Only one of the two texts"),
    "no such text file": (["@no-such-file"], "can't be read"),
    "an edit that is none": (["a", "--edit", "cat"], "write the position and a token"),
    "an edit beyond the text": (["a", "--edit", "99=cat"], "99"),
    "a position beyond the text": (["a", "--position", "99"], "'99' came for “Position shown .*choose one that this"),
    "no such folder for the model": (["a", "--model", "/no/such"], "no such folder"),
    "a folder for the file": (["a", "-o", "."], "The report can't be written"),
    "no such folder for the file": (["a", "-o", "no/such/report.html"], "The report can't be written"),
    "a file's name with NUL": (["a", "-o", "a\0b"], "The report can't be written"),
    "a file's name too long": (["a", "-o", "a" * 5000], "The report can't be written"),
}
USAGE = {
    "nothing": ([], "required"),
    "no such command": (["write"], "invalid choice"),
    "no page": (["report"], "required"),
    "no such page": (["report", "elsewhere"], "invalid choice"),
    "no text": (["report", "tokens"], "required"),
    "two texts": (["report", "tokens", "a", "b"], "unrecognized arguments: b"),
    "another reading": (["report", "tokens", "a", "--reading", "both"], "invalid choice"),
    "other units": (["report", "tokens", "a", "--units", "feet"], "invalid choice"),
    "another order": (["report", "fill", "a", "--orders", "felt"], "invalid choice"),
    "an option of another way in": (["report", "compare", "a", "b", "--text", "c"], "unrecognized arguments: --text c"),
    "a word for k": (["report", "tokens", "a", "-k", "many"], "invalid int value"),
    "a word for a gap": (["report", "fill", "a", "--gap", "first"], "invalid int value"),
}


def test_a_report_that_can_t_be_made(subtests: pytest.Subtests, run: Run, tmp_path: Path) -> None:
    for arguments, match in REFUSED.values():
        with subtests.test(arguments=arguments, match=match):
            assert_plain_sentence(assert_refused(run("report", "tokens", *arguments), match))
            assert list(tmp_path.glob("*.html")) == []


def test_a_text_without_a_gap_is_nothing_to_report(run: Run) -> None:
    assert_plain_sentence(assert_refused(run("report", "fill", "the cat sat"), "add a gap"))


def test_a_command_that_is_none(subtests: pytest.Subtests, run: Run) -> None:
    for arguments, match in USAGE.values():
        with subtests.test(arguments=arguments, match=match):
            assert_refused(run(*arguments), f"{match}.*; see python -m dashboard --help$")


def test_the_file_is_tried_before_the_model_is_loaded(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "load_bundle", lambda *_, **_options: pytest.fail("seconds of loading for nothing"))
    name = saved(tmp_path, VIEW)
    for arguments in (["tokens", "a"], [name]):
        assert_refused(run("report", *arguments, "-o", "no/such/report.html"), "can't be written")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_disk_without_room(run: Run) -> None:
    assert_plain_sentence(assert_refused(run("report", "model", "-o", "/dev/full"), "space"))


# --- help ---


def test_help_and_reports_need_no_streamlit_and_help_is_quick(tmp_path: Path, tiny_folder: Path) -> None:
    probe = (
        "import sys\nfrom dashboard.__main__ import main\nstatus = 0\n"
        "try:\n    status = main(sys.argv[1:])\nexcept SystemExit as end:\n    status = end.code\n"
        "finally:\n    print('loaded:', sorted({'streamlit', 'torch', 'plotly', 'pandas'} & sys.modules.keys()))\n"
        "    print('CPU:', __import__('time').process_time())\nsys.exit(status)"
    )
    environment = {**os.environ, "PRETEXT_MODEL": str(tiny_folder)}
    for arguments, status, loaded in (
        (["--help"], 0, []),
        (["report", "--help"], 0, []),
        (["report", "tokens", "a", "--reading", "other"], 2, []),
        (["report", "tokens", "a cat", "-o", str(tmp_path / "r.html")], 0, ["pandas", "plotly", "torch"]),
    ):
        done = subprocess.run(
            [sys.executable, "-c", probe, *arguments],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=environment,
            check=False,
        )
        assert done.returncode == status, done.stderr
        *_, found, took = done.stdout.splitlines()
        assert found == f"loaded: {loaded}"
        # By the processor's clock: the machine may be busy. 0.3 s is what a person may wait.
        assert loaded or float(took.removeprefix("CPU: ")) < 0.6


def test_every_page_says_what_it_takes_and_the_examples_are_commands(capsys: pytest.CaptureFixture[str]) -> None:
    for page in PAGES.values():
        with pytest.raises(SystemExit):
            program.main(["report", page.key, "--help"])
        said = capsys.readouterr().out
        assert page.asks in " ".join(said.split())
        for option in page.options:
            flag = f"--{option.name.replace('_', '-')}" if len(option.name) > 1 else f"-{option.name}"
            assert option.place == "none" or re.search(rf"^  {flag}\b", said, re.MULTILINE), option.name
    with pytest.raises(SystemExit):
        program.main(["report", "--help"])
    examples = re.findall(r"python -m dashboard (.+)", capsys.readouterr().out.partition("examples:")[2])
    assert len(examples) > len(PAGES) - 2
    for example in examples:
        assert program._parser().parse_args(program._session_named(shlex.split(example))).run


def test_the_version(run: Run) -> None:
    assert run("--version") == (0, f"pretext {__version__}\n", "")
