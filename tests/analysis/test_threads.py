"""Many people at one model: the answers are those that each would get alone, bit for bit."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from analysis import ModelBundle, SeenReading, SegmentationComparison, compare_segmentations, read_seen
from analysis.limits import FORWARDS_AT_ONCE
from analysis.models import forward
from analysis.models.store import ModelStore
from tests.analysis.texts import SENTENCE_A
from tests.analysis.weights import tensors_of

THREADS = 8
TEXTS = ("a", "She opened the door [MASK] and 🙂.", SENTENCE_A)

Result = tuple[object, ...]


def numbers(answer: SeenReading | SegmentationComparison) -> Result:
    """Everything in an answer, so that two can be compared bit by bit."""
    if isinstance(answer, SeenReading):
        arrays = [getattr(answer.statistics, name) for name in answer.statistics.__slots__]
        return (answer.encoded.tokens, answer.top_tokens, answer.nsp, *(array.tobytes() for array in arrays))
    return (answer.effects, *((v.name, v.encoded.tokens, v.nsp) for v in answer.variants))


def jobs(bundle: ModelBundle) -> list[Callable[[], Result]]:
    made: list[Callable[[], Result]] = []
    for text in TEXTS:
        made.append(lambda text=text: numbers(read_seen(bundle, text, k=5)))
        made.append(lambda text=text: numbers(read_seen(bundle, text, "The room was dark.", k=3)))
        made.append(lambda text=text: numbers(compare_segmentations(bundle, text, "The room was dark.")))
    return made


@pytest.fixture
def all_cores() -> Iterator[None]:
    """As many threads for each pass as outside the tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("all_cores")
def test_eight_threads_get_what_one_gets(bundled: ModelBundle, checkpoint_folder: Callable[[str], Path]) -> None:
    wanted = jobs(bundled)
    alone = [job() for job in wanted]
    store = ModelStore(0)  # every second model put away: loading goes on between the passes
    specs = [str(checkpoint_folder(name)) for name in ("tiny_bert", "tiny_albert", "tiny_roberta")]
    tiny_alone = {spec: numbers(read_seen(store.get(spec), "the cat sat")) for spec in specs}
    start = threading.Barrier(THREADS)

    def work(number: int) -> list[tuple[int, Result]]:
        start.wait()
        answers = []
        for step in range(len(wanted)):
            i = (number * 5 + step * (1 + 2 * (number % 2))) % len(wanted)
            answers.append((i, wanted[i]()))
            spec = specs[(number + step) % len(specs)]
            assert numbers(read_seen(store.get(spec), "the cat sat")) == tiny_alone[spec]
        return answers

    with ThreadPoolExecutor(THREADS) as pool:
        together = [answer for answers in pool.map(work, range(THREADS)) for answer in answers]
    assert len(together) == THREADS * len(wanted)
    assert {i for i, _answer in together} == set(range(len(wanted)))
    assert [i for i, answer in together if answer != alone[i]] == []


def check_turns(bundle: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, lock = 0, 0, threading.Lock()
    run = forward._in_parts

    def watched(*arguments: object) -> object:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.01)
        try:
            return run(*arguments)
        finally:
            with lock:
                inside -= 1

    others = replace(bundle, spec="another model", gate=type(bundle.gate)())
    with monkeypatch.context() as patched, ThreadPoolExecutor(THREADS) as pool:
        patched.setattr(forward, "_in_parts", watched)
        list(pool.map(lambda i: read_seen((bundle, others)[i % 2], "the cat", k=1), range(4 * THREADS)))
    assert most <= FORWARDS_AT_ONCE


def test_only_so_many_passes_at_once(tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    check_turns(tiny, monkeypatch)
    with pytest.raises(AssertionError):
        check_turns(replace(tiny, gate=OpenGate()), monkeypatch)


class OpenGate:
    """A stand-in that lets everybody in."""

    present = 0

    def __call__(self) -> AbstractContextManager[None]:
        return nullcontext()


def test_the_number_of_cores_is_only_set_where_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(forward.torch, "set_num_threads", given.append)
    monkeypatch.delenv("PRETEXT_THREADS", raising=False)
    forward.set_threads()
    assert given == []
    forward.set_threads(3)
    monkeypatch.setenv("PRETEXT_THREADS", "2")
    forward.set_threads()
    assert given == [3, 2]


def test_different_models_loaded_at_once_are_whole(checkpoint_folder: Callable[[str], Path]) -> None:
    """The library that reads checkpoints changes things for the whole process while it does so."""
    names = ("tiny_bert", "tiny_albert", "tiny_roberta", "tiny_distilbert", "tiny_modernbert", "wide_head")
    specs = [str(checkpoint_folder(name)) for name in names]

    def look(spec: str) -> Result:
        bundle = ModelStore(0).get(spec)
        weights = tuple((key, tensor.numpy().tobytes()) for key, tensor in tensors_of(bundle.model).items())
        return (bundle.architecture, bundle.mlm, bundle.nsp, bundle.max_tokens, bundle.vocabulary_hash, weights)

    alone = {spec: look(spec) for spec in specs}
    asked = [specs[(i * 5 + i // 6) % len(specs)] for i in range(6 * THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(look, asked))
    assert [spec for spec, found in zip(asked, together, strict=True) if found != alone[spec]] == []
