"""The seen reading: statistics of logits alone, and from text to result."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch

from analysis.kernels.distributions import StatisticsReducer
from analysis.limits import HEAD_ROWS
from analysis.tasks.readings import read_seen
from analysis.types import TokenStatistics
from benchmarks.checks import WrongAnswerError, close, close_on_average
from benchmarks.peers import K, Notebook, Statistics, statistics
from benchmarks.race import Contender, race
from benchmarks.results import Result
from benchmarks.roofline import flops_per_second, products
from benchmarks.setting import Setting, ours
from benchmarks.targets import NOTEBOOK
from benchmarks.texts import WHOLE_WORDS, passage

_ROWS = 512
TOKENS = 128
"""Of the end-to-end reading, [CLS] and [SEP] included."""

_NATS_PER_BIT = np.log(2)

_RANK_SLACK = 1e-3
"""Of a rank, or one place: what near-ties may shift."""


def row_statistics(setting: Setting) -> Result:
    """W1: the logits of a text of 512 tokens, made once, to statistics."""
    notebook = Notebook.of(setting.folder)
    text = passage(notebook.tokenizer, WHOLE_WORDS, _ROWS - 2)
    logits = notebook.seen_logits(text)
    ids = notebook.tokenizer(text, return_tensors="pt")["input_ids"][0]
    # Ours overwrites the logits it is given, as it may: they get a fresh copy off the clock.
    work = torch.empty_like(logits)

    def reduce() -> Statistics:
        reducer = StatisticsReducer(ids.numpy(), K, logits.shape[1])
        with torch.inference_mode():
            for start in range(0, _ROWS, HEAD_ROWS):
                reducer(work[start : start + HEAD_ROWS], start)
        return _in_nats(reducer.result())

    went = race(
        [
            Contender(NOTEBOOK, lambda: statistics(logits, ids)),
            Contender(ours("fp32"), reduce, prepare=lambda: work.copy_(logits)),
        ],
        partial(same_as, NOTEBOOK),
        setting.rounds,
    )
    ratio = went.seconds(NOTEBOOK) / went.seconds(ours("fp32"))
    return setting.result(
        f"[{_ROWS}, {logits.shape[1]}] logits of the bundled model, top {K}",
        [setting.figure(NOTEBOOK, "fp32", ratio, "times")],
        checks=went.checks,
        timings=went.timings,
    )


def end_to_end(setting: Setting) -> Result:
    """W2: a text of 128 tokens to its seen reading."""
    notebook = Notebook.of(setting.folder)
    text = passage(notebook.tokenizer, WHOLE_WORDS, TOKENS - 2)
    contenders = [Contender(NOTEBOOK, lambda: notebook.seen(text))]
    for dtype in setting.dtypes:
        bundle = setting.bundle(dtype)
        contenders.append(
            Contender(ours(dtype), lambda bundle=bundle: _in_nats(read_seen(bundle, text, k=K).statistics))
        )
    went = race(contenders, partial(same_as, NOTEBOOK), setting.rounds, beside=products(setting.dtypes))
    return setting.result(
        f"a text of {TOKENS} tokens, top {K}",
        [
            setting.figure(NOTEBOOK, dtype, went.seconds(NOTEBOOK) / went.seconds(ours(dtype)), "times")
            for dtype in setting.dtypes
        ],
        checks=went.checks,
        timings=went.timings,
        roofline=flops_per_second(went),
    )


def _in_nats(found: TokenStatistics) -> Statistics:
    return Statistics(
        found.entropy_bits * _NATS_PER_BIT,
        found.surprisal_bits * _NATS_PER_BIT,
        found.rank,
        found.top_ids,
        found.top_p,
    )


def same_as(reference: str, answers: Mapping[str, Statistics], p: float = 3e-5) -> list[str]:
    """Say how far our readings of the same rows are from the reference's; WrongAnswerError if that is more than
    rounding.

    ``p`` is what probabilities may differ by: those of torch's own softmax are off by 2e-5.
    """
    said, theirs = [], answers[reference]
    for name, found in answers.items():
        if name == reference:
            continue
        said += _rounded(name, theirs, found) if name == ours("bf16") else _near(name, theirs, found, p)
    return said


def _near(name: str, theirs: Statistics, found: Statistics, p: float) -> list[str]:
    # argsort leaves equal logits in any order, and rounding may swap neighbours: a rank may be off by a few places
    # among thousands, which a wrong count would not be.
    off = np.abs(theirs.rank - found.rank) > np.maximum(1, theirs.rank * _RANK_SLACK)
    if off.any():
        raise WrongAnswerError(f"{name}, rank: {int(off.sum())} of {len(off)} rows differ by more than near-ties do.")
    equal = int((theirs.rank == found.rank).sum())
    return [
        close(f"{name}, entropy", theirs.entropy_nats, found.entropy_nats, largest=1e-4, unit="nat"),
        close(f"{name}, surprisal", theirs.surprisal_nats, found.surprisal_nats, largest=1e-4, unit="nat"),
        close(f"{name}, p of the top {K}", theirs.top_p, found.top_p, largest=p),
        f"{name}, rank: equal in {equal} of {len(off)} rows{'' if equal == len(off) else ', else off by near-ties'}",
    ]


def _rounded(name: str, theirs: Statistics, found: Statistics) -> list[str]:
    """The same of a reading in bf16, which is known to round: on average."""
    return [
        close_on_average(f"{name}, entropy", theirs.entropy_nats, found.entropy_nats, mean=0.05, unit="nat"),
        close_on_average(f"{name}, surprisal", theirs.surprisal_nats, found.surprisal_nats, mean=0.05, unit="nat"),
    ]
