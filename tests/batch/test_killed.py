"""Whatever ends a run, going on with it gives what the unbroken run gives, to the bit."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.batch import workers
from tests.analysis.checkpoints import tiny_bert
from tests.batch.made import same, sentences, write_csv

ROOT = Path(__file__).parents[2]
N_PACKS = 12


@pytest.fixture(scope="module", autouse=True)
def interruptible() -> Iterator[None]:
    """A job of a shell that is no terminal's begins deaf to Ctrl-C, and so would all that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Zygote:
    """Orders runs, see tests/batch/zygote.py."""

    def __init__(self, folder: Path) -> None:
        texts = sentences(4 * N_PACKS - 1, seed=3)
        texts[9] = texts[30] = texts[2]
        texts[14] = ""
        self.source = write_csv(folder / "texts.csv", texts)
        self.model = str(tiny_bert(folder / "model"))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.batch.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PRETEXT_THREADS": "1", "PATH": ""},
        )

    def run(self, output: Path, *more: str, kill: tuple[str, int] | None = None) -> tuple[int, str]:
        arguments = [str(self.source), "-o", str(output), "--tokens", str(output.with_suffix(".tokens.parquet"))]
        arguments += ["--model", self.model, "--measures", "seen,pll", "-k", "2", *more]
        self.process.stdin.write(json.dumps({"arguments": ["batch", *arguments], "kill": kill}) + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found["status"], found["said"]


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    found = Zygote(tmp_path_factory.mktemp("killed"))
    yield found
    found.process.stdin.close()
    found.process.stdout.close()
    found.process.wait()


@pytest.fixture(scope="module")
def unbroken(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("unbroken") / "out.parquet"
    assert zygote.run(output) == (0, "")
    return output


def assert_same(output: Path, unbroken: Path) -> None:
    assert same(output, unbroken)
    assert same(output.with_suffix(".tokens.parquet"), unbroken.with_suffix(".tokens.parquet"))
    assert sorted(path.name for path in output.parent.iterdir()) == ["out.parquet", "out.tokens.parquet"]


def test_killed_at_any_file_it_goes_on_exactly(zygote: Zygote, unbroken: Path, tmp_path: Path) -> None:
    """Each file is brought to the disk twice, itself and its folder: the manifest, of each pack two, the outputs."""
    draw, output = random.Random(15), tmp_path / "out.parquet"
    moments = [1, 2, *(draw.randint(3, 12) for _ in range(5))]
    for moment in moments:
        assert zygote.run(output, "--resume", kill=("fsync", moment)) == (-signal.SIGKILL, "")
        assert not output.exists()
    assert zygote.run(output, "--resume") == (0, "")
    assert_same(output, unbroken)


def test_killed_while_the_outputs_are_put_together(zygote: Zygote, unbroken: Path, tmp_path: Path) -> None:
    output, made = tmp_path / "out.parquet", 2 + 4 * N_PACKS
    for moment in (made + 1, 2, 4):
        assert zygote.run(output, "--resume", kill=("fsync", moment))[0] == -signal.SIGKILL
    assert output.exists(), "or the last was not killed where its folder was to be brought to the disk"
    assert zygote.run(output)[0] == 2
    assert zygote.run(output, "--resume") == (0, "")
    assert_same(output, unbroken)


def test_an_interrupt_while_workers_are_spawned_comes_after_it() -> None:
    with pytest.raises(KeyboardInterrupt), workers._without_interrupts():
        signal.raise_signal(signal.SIGINT)
        # Nothing of it yet: what is being spawned is not left half done.
        assert signal.SIGINT in signal.sigpending()


def test_two_workers_killed_interrupted_and_one_of_them_killed(zygote: Zygote, unbroken: Path, tmp_path: Path) -> None:
    output, two = tmp_path / "out.parquet", ("--resume", "--workers", "2")
    assert zygote.run(output, *two, kill=("parts", 1)) == (-signal.SIGKILL, "")
    status, said = zygote.run(output, *two, kill=("interrupt", 2))
    assert (status, said.count("\n")) == (130, 1)
    assert said.startswith("Stopped: ") and said.endswith("with --resume goes on.\n")
    status, said = zygote.run(output, *two, kill=("worker", 2))
    assert (status, said.count("\n")) == (2, 1)
    assert "what is done is kept" in said
    # With however many workers it goes on.
    assert zygote.run(output, "--resume") == (0, "")
    assert_same(output, unbroken)
