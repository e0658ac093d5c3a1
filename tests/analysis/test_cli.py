"""The command line: JSON on stdout, one plain line on stderr with status 2, and nothing in between."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from analysis import ModelBundle, ModelError, __version__, cli, compare_segmentations, read_seen, task
from analysis.models import store
from analysis.tasks import TASKS
from analysis.tasks.segmentations import VARIANT_NAMES
from analysis.version import SCHEMA_VERSION
from tests.analysis.command_line import Run, answer_of, assert_refused
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.texts import SENTENCE_A, SENTENCE_B

ROOT = Path(__file__).parents[2]


# --- read ---


def test_the_layout_of_a_reading(run: Run, tiny: ModelBundle) -> None:
    answer = answer_of(run("read", "the [MASK] sat.", "-k", "3"))
    body = ["reading", "positions", "nsp"]
    assert list(answer) == ["schema", "model", *body, "notices", "changed_by_tokenizer", "provenance"]
    assert answer["schema"] == SCHEMA_VERSION == 2
    assert answer["reading"] == "seen"
    assert answer["model"] == {"spec": tiny.spec, "revision": tiny.revision, "heads": {"mlm": True, "nsp": True}}
    assert answer["notices"] == []
    for i, position in enumerate(answer["positions"]):
        assert list(position) == [
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
            "top",
        ]
        assert position["index"] == i
        assert len(position["top"]) == 3
        assert all(list(entry) == ["token", "id", "p"] for entry in position["top"])
    assert list(answer["nsp"]) == ["logits_nats", "margin_nats", "p_is_next", "lone_segment"]
    provenance = answer["provenance"]
    assert provenance.keys() >= {"spec", "revision", "dtype", "schema", "versions", "truncation", "exported"}
    assert provenance["versions"].keys() >= {"pretext", "torch", "transformers", "tokenizers", "numpy"}


def test_the_numbers_of_a_reading(run: Run, tiny: ModelBundle) -> None:
    answer = answer_of(run("read", "the [MASK] sat.", "--pair", "a dog", "-k", "4"))
    reading = read_seen(tiny, "the [MASK] sat.", "a dog", k=4)
    positions, statistics = answer["positions"], reading.statistics
    assert [p["token"] for p in positions] == ["[CLS]", "the", "[MASK]", "sat", ".", "[SEP]", "a", "dog", "[SEP]"]
    assert [p["id"] for p in positions] == reading.encoded.ids.tolist()
    assert [p["segment"] for p in positions] == [0, 0, 0, 0, 0, 0, 1, 1, 1]
    assert [p["special"] for p in positions] == [True, False, True, False, False, True, False, False, True]
    assert [p["p"] for p in positions] == statistics.p_observed.tolist()
    assert [p["surprisal_bits"] for p in positions] == statistics.surprisal_bits.tolist()
    assert [p["entropy_bits"] for p in positions] == statistics.entropy_bits.tolist()
    assert [p["surplus_bits"] for p in positions] == (statistics.surprisal_bits - statistics.entropy_bits).tolist()
    assert [p["rank"] for p in positions] == statistics.rank.tolist()
    assert [[e["id"] for e in p["top"]] for p in positions] == statistics.top_ids.tolist()
    assert [[e["p"] for e in p["top"]] for p in positions] == statistics.top_p.tolist()
    assert [tuple(e["token"] for e in p["top"]) for p in positions] == list(reading.top_tokens)
    assert reading.nsp is not None
    assert answer["nsp"] == {
        "logits_nats": [reading.nsp.logit_is_next, reading.nsp.logit_not_next],
        "margin_nats": reading.nsp.logit_is_next - reading.nsp.logit_not_next,
        "p_is_next": reading.nsp.p_is_next,
        "lone_segment": False,
    }


def test_a_single_text_is_a_lone_segment_and_ten_predictions(run: Run) -> None:
    answer = answer_of(run("read", "the cat"))
    assert answer["nsp"]["lone_segment"] is True
    assert {len(position["top"]) for position in answer["positions"]} == {10}


@pytest.mark.parametrize(
    ("name", "real"),
    [
        ("tiny_albert", True),
        ("without_classifier", False),
    ],
)
def test_the_next_sentence_answer_is_null_when_the_head_is_not_real(
    run: Run, checkpoint_folder: Callable[[str], Path], name: str, real: bool
) -> None:
    answer = answer_of(run("read", "a cat", "--model", str(checkpoint_folder(name))))
    assert answer["model"]["heads"] == {"mlm": True, "nsp": real}
    assert (answer["nsp"] is not None) == real


def test_notices_are_in_the_answer(run: Run) -> None:
    answer = answer_of(run("read", "the [SEP] ไ"))
    assert [notice[:5] for notice in answer["notices"]] == ["Of 2 ", "[SEP]"]


# --- nsp ---


def test_the_layout_of_a_comparison(run: Run, tiny: ModelBundle) -> None:
    answer = answer_of(run("nsp", "the cat sat", "she opened the door"))
    assert set(answer) >= {"variants", "effects"}
    assert set(answer) <= {
        "schema",
        "model",
        "variants",
        "effects",
        "left_out",
        "head",
        "notices",
        "changed_by_tokenizer",
        "provenance",
    }
    assert tuple(variant["name"] for variant in answer["variants"]) == VARIANT_NAMES
    compared = compare_segmentations(tiny, "the cat sat", "she opened the door")
    for shown, variant in zip(answer["variants"], compared.variants, strict=True):
        assert shown == {
            "name": variant.name,
            "tokens": list(variant.encoded.tokens),
            "segment_ids": variant.encoded.segment_ids.tolist(),
            "attention_mask": variant.encoded.attention_mask.tolist(),
            "logits_nats": [variant.nsp.logit_is_next, variant.nsp.logit_not_next],
            "margin_nats": variant.nsp.margin_nats,
            "p_is_next": variant.nsp.p_is_next,
        }
    assert answer["effects"] == {
        "separator_nats": compared.effects.separator_nats,
        "segment_ids_nats": compared.effects.segment_ids_nats,
        "together_nats": compared.effects.together_nats,
        "interaction_nats": compared.effects.interaction_nats,
    }
    assert answer["left_out"] == []
    assert answer["head"] == "next sentence"


def test_a_variant_without_room_is_named(run: Run) -> None:
    answer = answer_of(run("nsp", "the", "dog"))
    assert [variant["name"] for variant in answer["variants"]] == list(VARIANT_NAMES[:-1])
    assert [left["name"] for left in answer["left_out"]] == ["wrong_boundary"]


def test_the_head_for_the_order_of_sentences_is_named(run: Run, checkpoint_folder: Callable[[str], Path]) -> None:
    answer = answer_of(run("nsp", "the cat", "a dog", "--model", str(checkpoint_folder("tiny_albert"))))
    assert answer["head"] == "sentence order"


def test_the_notebook_s_pair(run: Run) -> None:
    """Segmented rightly, the second sentence is next, and by a larger margin than as one segment."""
    answer = answer_of(run("nsp", SENTENCE_A, SENTENCE_B, "--model", "bundled"))
    variants = {variant["name"]: variant for variant in answer["variants"]}
    is_next, not_next = variants["correct"]["logits_nats"]
    assert is_next > not_next
    assert variants["correct"]["margin_nats"] > variants["one_segment"]["margin_nats"]


# --- models ---


def test_the_models_that_need_no_network(run: Run) -> None:
    answer = answer_of(run("models"))
    assert list(answer) == ["schema", "models"]
    bundled, *cached = answer["models"]
    assert bundled == {"spec": "bundled", "revision": store.bundled_revision(), "where": "in this package"}
    assert cached == []


def test_a_cached_model_is_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.models.hub.cached_models", lambda: (("owner/name", "0" * 40),))
    assert answer_of(run("models"))["models"][1:] == [
        {"spec": "owner/name", "revision": "0" * 40, "where": "local cache"}
    ]


# --- where a text comes from ---


def tokens(result: tuple[int, str, str]) -> list[str]:
    return [position["token"] for position in answer_of(result)["positions"]][1:-1]


def test_a_text_from_stdin_and_from_a_file(run: Run, tmp_path: Path) -> None:
    for content in (b"the cat", b"the cat\n", b"the cat\r\n", b"\xef\xbb\xbfthe cat"):
        file = tmp_path / "text.txt"
        file.write_bytes(content)
        assert tokens(run("read", "-", stdin=content)) == ["the", "cat"]
        assert tokens(run("read", f"@{file}")) == ["the", "cat"]
        assert tokens(run("read", "a", "--pair", "-", stdin=content)) == ["a", "[SEP]", "the", "cat"]


def test_a_byte_order_mark_is_no_part_of_a_text(run: Run, checkpoint_folder: Callable[[str], Path]) -> None:
    """BERT's tokenizers drop it anyway; those that work on bytes do not."""
    arguments = ("read", "-", "--model", str(checkpoint_folder("tiny_roberta")))
    assert tokens(run(*arguments, stdin=b"\xef\xbb\xbfa cat")) == ["a", "Ġcat"]


def test_both_texts_of_a_pair_from_elsewhere(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("the cat", encoding="utf-8")
    first, second = (
        answer_of(run("nsp", *texts, stdin=b"a dog"))["variants"][3]["tokens"]
        for texts in ((f"@{tmp_path / 'a'}", "-"), ("the cat", "a dog"))
    )
    assert first == second


def test_a_text_that_looks_like_an_option(run: Run) -> None:
    for arguments, expected in (
        (["--", "-k"], ["[UNK]", "k"]),
        (["--", "--pair"], ["[UNK]", "[UNK]", "p", "##a", "##i", "##r"]),
        (["--", "@"], ["[UNK]"]),
        (["@"], ["[UNK]"]),
    ):
        assert tokens(run("read", *arguments)) == expected


def test_letters_of_every_script_arrive(run: Run) -> None:
    status, out, _err = run("read", "ไ 🙂", "--model", "bundled", "-k", "1")
    assert status == 0
    assert json.loads(out)["positions"][1]["token"] == "[UNK]"
    assert json.loads(run("read", "שלום", "--model", "bundled", "-k", "1")[1])["positions"][1]["token"] == "ש"


# --- what can't be answered ---

REFUSED = {
    "k of the bundled model": (["read", "a", "-k", "40000", "--model", "bundled"], "1 to 30,522"),
    "negative k": (["read", "a", "-k", "-1"], "k = -1 came"),
    "empty second text": (["read", "a", "--pair", ""], "Text B is empty"),
    "a lone surrogate": (["read", "a\udc80"], "half a character"),
    "stdin twice": (["nsp", "-", "-"], "Only one of the two texts"),
    "no such file": (["read", "@no-such-file"], "can't be read"),
    "a folder for a file": (["read", "@."], "can't be read"),
    "a file's name with NUL": (["read", "@a\x00b"], "can't be read"),
    "a file's name too long": (["read", "@" + "a" * 5000], "can't be read"),
    "no such folder": (["read", "a", "--model", "/no/such"], "no such folder"),
    "no model's name": (["nsp", "a", "b", "--model", "a b"], "no name of a model"),
    "a name of two lines": (["nsp", "a", "b", "--model", "a\nb"], "no name of a model"),
    "no model's name at all": (["read", "a", "--model", ""], "No model was named"),
    "out of reach": (["read", "a", "--model", "bert-base-uncased"], "can't be reached"),
}
USAGE = {
    "nothing": ([], "required"),
    "no such command": (["write"], "invalid choice"),
    "no text": (["read"], "required"),
    "one text": (["nsp", "a"], "required"),
    "a word for k": (["read", "a", "-k", "abc"], "-k: invalid int value: 'abc'"),
    "no k": (["read", "a", "-k"], "expected one argument"),
    "three texts": (["nsp", "a", "b", "c"], "unrecognized arguments: c"),
    "a text of two lines too many": (["read", "a", "b\nc"], "unrecognized arguments: b c"),
    "an unknown option": (["read", "a", "--words"], "unrecognized arguments: --words"),
}


def test_a_question_that_can_t_be_answered(subtests: pytest.Subtests, run: Run) -> None:
    for arguments, match in REFUSED.values():
        with subtests.test(arguments=arguments, match=match):
            assert_plain_sentence(assert_refused(run(*arguments), match))


def test_a_command_that_is_none(run: Run) -> None:
    for arguments, match in USAGE.values():
        assert_refused(run(*arguments), f"{match}.*; see python -m analysis --help$")


def test_a_file_that_can_t_be_read_as_a_text(run: Run, tmp_path: Path) -> None:
    for content, match in (
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff\xfe\x00the", "is not UTF-8 text"),
        ("the café".encode("latin-1"), "is not UTF-8 text"),
        (b"the cat" * 150_000, "more than 100,000 characters"),
        (b"a" * 100_001, "at most 100,000"),
        ("漢".encode() * 150_000, "more than 100,000 characters"),
        (b"\xed\xa0\x80", "is not UTF-8 text"),
    ):
        file = tmp_path / "text.txt"
        file.write_bytes(content)
        began = time.process_time()
        for result in (run("read", f"@{file}"), run("read", "-", stdin=content)):
            sentence = assert_refused(result, match)
            assert_plain_sentence(sentence)
            assert "text.txt" not in sentence
        assert time.process_time() - began < 2


def test_the_text_is_checked_before_the_model_is_loaded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "load_bundle", lambda *_, **_options: pytest.fail("seconds of loading for nothing"))
    assert_refused(run("read", "@no-such-file"), "can't be read")


def test_a_person_is_told_how_far_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = answer_of(run("pll", "the zebra sat"))
    monkeypatch.setattr(task, "PASS_TOKENS", 10)
    monkeypatch.setattr("analysis.cli.sys.stderr.isatty", lambda: True, raising=False)
    status, out, told = run("pll", "the zebra sat")
    before, _, parts = told.partition("\n")
    assert re.fullmatch(r"\d+ passes of the model over \d+ tokens, by estimate \d+\.\d s", before)
    assert parts == "".join(f"\rreading: {done} of 8 parts" for done in range(1, 9)) + "\n"
    assert (status, json.loads(out)["pll_nats"]) == (0, pytest.approx(printed["pll_nats"], abs=1e-4))


def test_an_error_has_a_line_of_its_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(_models: object, _question: object, progress: Callable[[int, int], None]) -> None:
        progress(1, 3)
        raise ModelError("The model broke: check it.")

    broken = SimpleNamespace(estimate=None, export=dict, answer=break_off)
    monkeypatch.setattr("analysis.cli.task_of", lambda _asked: broken)
    monkeypatch.setattr("analysis.cli.sys.stderr.isatty", lambda: True, raising=False)
    for _ in range(2):
        assert run("pll", "the cat") == (2, "", "\rreading: 1 of 3 parts\nThe model broke: check it.\n")


def test_an_interruption_is_no_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "load_bundle", interrupt)
    assert run("read", "a") == (130, "", "")


# --- as a program ---


def program(*arguments: str, check: bool = False, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PRETEXT_MODEL": "", "PYTHONIOENCODING": "ascii"}
    return subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env=environment,
        timeout=120,
        check=check,
        **options,
    )


def test_a_real_run() -> None:
    """With a terminal that claims to know ASCII only, and no stderr: the answer is UTF-8 all the same."""
    asked = ("read", "-", "-k", "1")
    done = program("sh", "-c", '"$@" 2>&-', "sh", sys.executable, "-m", "analysis", *asked, input="שלום 🙂\n")
    answer = answer_of((done.returncode, done.stdout, done.stderr))
    assert [position["token"] for position in answer["positions"]][1] == "ש"
    assert answer["model"]["spec"] == "bundled"


MOST_SECONDS = 0.3
"""Of the processor, for help: whoever asks is not kept waiting by libraries that help does without."""


def test_help_loads_nothing_and_takes_no_time() -> None:
    probe = (
        "import sys\nfrom analysis import cli\n"
        "try:\n    cli.main(sys.argv[1:])\n"
        "finally:\n    print(*(m for m in ('torch', 'transformers', 'numpy', 'huggingface_hub') if m in sys.modules),"
        " file=sys.stderr)"
    )
    for arguments in (["--help"], ["--version"], ["read", "a", "-k", "x"]):
        done = program(sys.executable, "-c", probe, *arguments)
        assert done.stderr.splitlines()[-1] == "", done.stderr
        assert done.returncode == (2 if "x" in arguments else 0)
    took = []
    for _ in range(4):
        before = seconds_of_children()
        assert "examples:" in program(sys.executable, "-m", "analysis", "--help", check=True).stdout
        took.append(seconds_of_children() - before)
    assert min(took) <= MOST_SECONDS


def seconds_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def test_every_command_s_help_says_what_its_question_asks(run: Run) -> None:
    for name, entry in TASKS.items():
        status, out, err = run(name, "--help")
        assert (status, err) == (0, "")
        said = " ".join(out.split())
        assert str(entry.question.__doc__).partition("\n")[0] in said
        for each in fields(entry.question):
            flag = each.metadata.get("flag")
            assert flag is None or flag.name not in {"--seed", "-k"} or f"(default: {each.default})" in said


def test_the_examples_are_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    examples = re.findall(r"python -m analysis (.+)", capsys.readouterr().out.partition("examples:")[2])
    assert len(examples) >= 4
    for example in examples:
        assert callable(cli._parser().parse_args(shlex.split(example)).run)


def test_the_version(run: Run) -> None:
    assert run("--version") == (0, f"pretext {__version__}\n", "")


def buffered() -> dict[str, str]:
    """An environment in which stdout is written when its buffer is full or the program ends, as usual."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def speaking(lines: int) -> str:
    """A program whose answer is that long, without the seconds that a model takes to load."""
    return (
        "import sys\nfrom analysis import cli\n"
        f"cli._models = lambda _options: {{'models': ['x' * 60] * {lines}}}\n"
        "sys.exit(cli.main(['models']))"
    )


@pytest.mark.parametrize("lines", [1, 10_000], ids=["a short answer", "a long answer"])
def test_a_reader_who_has_enough(lines: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", speaking(lines)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=buffered(),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 0


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_a_stream_that_is_closed(closed: str) -> None:
    asked = ("pll", "-" if closed == "<&-" else "the cat")
    done = program("sh", "-c", f'"$@" {closed}', "sh", sys.executable, "-m", "analysis", *asked)
    assert done.returncode == 2
    assert done.stdout == ""
    assert_plain_sentence(done.stderr.removesuffix("\n"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("lines", [1, 10_000], ids=["a short answer", "a long answer"])
def test_a_disk_without_room(lines: int) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-c", speaking(lines)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=buffered(),
            check=False,
        )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert_plain_sentence(done.stderr.rstrip("\n"))
