"""Many people at one model: the answers are those that each would get alone, bit for bit."""

import json
import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from analysis import ModelBundle, ask, read_seen
from analysis.limits import FORWARDS_AT_ONCE
from analysis.models import forward
from analysis.models.store import ModelStore
from analysis.questions import Read, Text
from analysis.tasks import task_of
from tests.analysis.test_tasks import EXAMPLES
from tests.analysis.texts import SENTENCE_A
from tests.analysis.weights import tensors_of

THREADS = 8
_MOMENT = re.compile(r'"exported": "[^"]*"')
_LOADS = 4
"""Questions between two loadings."""
TEXTS = ("a", "She opened the door [MASK] and 🙂.", SENTENCE_A)


def answered(bundle: ModelBundle, question: Any) -> str:
    """Everything that a question comes to but the moment, so that two answers can be compared to the last bit."""
    return _MOMENT.sub("", json.dumps(task_of(question).export(ask(bundle, question))))


def jobs(bundle: ModelBundle, small: ModelBundle) -> list[Callable[[], str]]:
    """A question of every task and some more, to the small model; the readings of longer texts to the other one."""
    of_tasks = [each.question for by_case in EXAMPLES.values() for each in by_case.values() if len(each.models) == 1]
    of_texts = [Read(Text(text, "The room was dark.")) for text in TEXTS]
    asked = [*((small, each) for each in of_tasks), *((bundle, each) for each in of_texts)]
    return [partial(answered, each, question) for each, question in asked]


@pytest.fixture
def all_cores() -> Iterator[None]:
    """As many threads for each pass as outside the tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    yield
    torch.set_num_threads(before)


def state(bundle: ModelBundle) -> tuple[Any, ...]:
    """What of a shared model must be as it was loaded; it has no hooks, and no gradient has reached it."""
    model = bundle.model
    hooks = [each._forward_hooks or each._forward_pre_hooks or each._backward_hooks for each in model.modules()]
    gradients = [parameter.grad for parameter in model.parameters()]
    kept = [(parameter.requires_grad, parameter.device.type) for parameter in model.parameters()]
    weights = {name: each.clone() for name, each in tensors_of(model).items()}
    settings = (model.training, model.config._attn_implementation, model.config.to_json_string())
    assert not any(hooks)
    assert gradients == [None] * len(gradients)
    return weights, kept, settings


@pytest.mark.usefixtures("all_cores")
def test_eight_visitors_of_every_task_get_what_one_gets(
    bundled: ModelBundle, tiny: ModelBundle, checkpoint_folder: Callable[[str], Path]
) -> None:
    before = [state(each) for each in (bundled, tiny)]
    wanted = jobs(bundled, tiny)
    alone = [job() for job in wanted]
    store = ModelStore(0)  # every second model put away: loading goes on between the passes
    specs = [str(checkpoint_folder(name)) for name in ("tiny_bert", "tiny_albert", "tiny_roberta")]
    question = Read(Text("the cat sat"))
    tiny_alone = {spec: answered(store.get(spec), question) for spec in specs}
    start = threading.Barrier(THREADS)

    def work(number: int) -> list[tuple[int, str]]:
        start.wait()
        answers = []
        # Each question by four visitors, in another order by each.
        own = [i for i in range(len(wanted)) if (i + number) % 2]
        for step, i in enumerate(random.Random(number).sample(own, len(own))):
            answers.append((i, wanted[i]()))
            if step % _LOADS == 0:
                spec = specs[(number + step) % len(specs)]
                assert answered(store.get(spec), question) == tiny_alone[spec]
        return answers

    with ThreadPoolExecutor(THREADS) as pool:
        together = [answer for answers in pool.map(work, range(THREADS)) for answer in answers]
    assert Counter(i for i, _ in together) == dict.fromkeys(range(len(wanted)), THREADS // 2)
    assert [i for i, answer in together if answer != alone[i]] == []
    for each, (weights, kept, settings) in zip((bundled, tiny), before, strict=True):
        now, kept_now, settings_now = state(each)
        assert (kept_now, settings_now) == (kept, settings)
        assert now.keys() == weights.keys()
        assert all(torch.equal(now[name], weights[name]) for name in weights)


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

    def __call__(self, _size: int = 0) -> AbstractContextManager[None]:
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

    def look(spec: str) -> tuple[object, ...]:
        bundle = ModelStore(0).get(spec)
        weights = tuple((key, tensor.numpy().tobytes()) for key, tensor in tensors_of(bundle.model).items())
        return (bundle.architecture, bundle.mlm, bundle.nsp, bundle.max_tokens, bundle.vocabulary_hash, weights)

    alone = {spec: look(spec) for spec in specs}
    asked = [specs[(i * 5 + i // 6) % len(specs)] for i in range(6 * THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(look, asked))
    assert [spec for spec, found in zip(asked, together, strict=True) if found != alone[spec]] == []
