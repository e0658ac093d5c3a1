"""The command line of the load, and one load from the first visitor to the check of all that was shown."""

import argparse
import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from analysis.errors import InputError
from benchmarks.load import server as servers
from benchmarks.load.acts import Act, Checked
from benchmarks.load.figures import Load, Use, as_json, check, section, table, write
from benchmarks.load.server import Server
from benchmarks.load.visitor import Visitor
from benchmarks.texts import stretches
from training.command import Parser, count, exit_status, say

WRONG = 1
THINKS = {"saturated": (1.0, 3.0), "class": (15.0, 30.0)}
"""Seconds between a page at rest and the next text, from and to: nobody stops to read, or a class that does."""

_ARRIVE_SECONDS, _GONE_SECONDS, _SAMPLE_SECONDS = 8.0, 20.0, 0.25
_WORDS = (36, 54)
"""Of a text at least and at most: about 60 tokens."""
_MOST_VISITORS, _MOST_SECONDS = 1_000, 24 * 3_600

_EXAMPLES = """  python -m benchmarks.load
  python -m benchmarks.load --visitors 1,10,30 --think class --seconds 120 --json class.json
  python -m benchmarks.load --visitors 3 --think saturated --seconds 10

Exit status: 0, however long it takes; 1 if a page showed a wrong number or an error; 2 after a refusal.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the loads; return the exit status."""
    options = _parser().parse_args(arguments)
    loads: list[Load] = []
    status = exit_status(partial(_run, options, loads))
    return status or (0 if all(load.fine for load in loads) else WRONG)


def _parser() -> argparse.ArgumentParser:
    parser = Parser("benchmarks.load", "Visitors of the running dashboard, and how long they wait.", _EXAMPLES)
    parser.add_argument(
        "--visitors", type=_visitors, default=(1, 10, 30), metavar="N,N", help="one load each; default: 1,10,30"
    )
    parser.add_argument("--think", choices=THINKS, default="saturated", help="default: saturated")
    parser.add_argument("--seconds", type=_seconds, default=120, metavar="N", help="of each load; default: 120")
    parser.add_argument("--seed", type=count, default=1, metavar="N", help="of texts, pages and pauses; default: 1")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to keep the figures")
    return parser


def _visitors(text: str) -> tuple[int, ...]:
    numbers = tuple(count(each.strip()) for each in text.split(","))
    if max(numbers) > _MOST_VISITORS:
        raise argparse.ArgumentTypeError(f"{max(numbers):,} visitors came, and {_MOST_VISITORS:,} is the most")
    return numbers


def _seconds(text: str) -> int:
    number = count(text)
    if number > _MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"{number:,} seconds came, and a day is the most")
    return number


def _run(options: argparse.Namespace, loads: list[Load]) -> None:
    texts, began = _texts(options), os.getloadavg()[0]
    if options.json is not None:
        # Whether it can be written is known before anybody waits for it.
        write({}, options.json)
    for number, visitors in enumerate(options.visitors):
        say(f"{visitors} {'visitors' if visitors > 1 else 'visitor'}, {options.think}, {options.seconds} s ...")
        loads.append(_load(visitors, options, iter(texts), number))
        for line in table([as_json(loads[-1])]):
            say(line)
        for complaint in _complaints(loads[-1]):
            say(complaint)
        if options.json is not None:
            # After each load, so that what is done is kept when the rest is stopped.
            write(_report(loads, began), options.json)
    say()
    for line in section(_report(loads, began)):
        say(line)


def _texts(options: argparse.Namespace) -> list[str]:
    """Texts, all different, in an order of their own; InputError if the loads may need more."""
    texts = stretches(*_WORDS)
    most = max(options.visitors) * (options.seconds / THINKS[options.think][0] + 1)
    if most > len(texts):
        raise InputError(
            f"So many visitors may type {most:,.0f} texts in so many seconds and there are {len(texts):,} different "
            "ones: take fewer or shorter."
        )
    Random(options.seed).shuffle(texts)
    return texts


def _load(visitors: int, options: argparse.Namespace, texts: Iterator[str], number: int) -> Load:
    """One load on a server of its own, then everything that it showed compared."""
    dice = Random(f"{options.seed}.{number}")
    with servers.running() as server:
        everyone = [
            Visitor(server.address, THINKS[options.think], texts, Random(dice.random())) for _ in range(visitors)
        ]
        begins = [dice.uniform(0, _ARRIVE_SECONDS) if visitors > 1 else 0.0 for _ in everyone]
        start, use = asyncio.run(_visit(server, everyone, begins, options.seconds))
        tracebacks = server.tracebacks
    acts = [act for visitor in everyone for act in visitor.acts]
    say(f"  checking what {len(acts):,} pages have shown ...")
    return Load(visitors, options.think, options.seconds, start, tuple(_checked(acts)), use, tracebacks)


async def _visit(
    server: Server, visitors: Sequence[Visitor], begins: Sequence[float], seconds: float
) -> tuple[float, Use]:
    """Let everybody come, stay and leave; returns when all first pages stood there."""
    before, memory, own = server.memory_mb, [server.memory_mb], servers.processor_seconds(os.getpid())
    # Files are fetched in threads, and asyncio has few of them.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(len(visitors)))
    watching = asyncio.create_task(_watch(server, memory))
    processors = [server.processor_seconds]
    await asyncio.gather(*(each.arrive(after) for each, after in zip(visitors, begins, strict=True)))
    processors.append(server.processor_seconds)
    start = time.monotonic()
    await asyncio.gather(*(each.stay(start + seconds) for each in visitors))
    processors.append(server.processor_seconds)
    own = servers.processor_seconds(os.getpid()) - own
    await asyncio.gather(*(each.leave() for each in visitors))
    await asyncio.sleep(_GONE_SECONDS)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    opening, staying = (later - earlier for earlier, later in pairwise(processors))
    return start, Use(before, max(memory), server.memory_mb, opening, staying, own)


async def _watch(server: Server, memory: list[float]) -> None:
    while True:
        memory.append(server.memory_mb)
        await asyncio.sleep(_SAMPLE_SECONDS)


def _checked(acts: Sequence[Act]) -> Iterator[Checked]:
    """The server has ended: from here on the processors are the check's."""
    from analysis.models.forward import set_threads
    from analysis.models.store import load_bundle, quiet_transformers
    from benchmarks.load.expected import Expectations, compared

    quiet_transformers()
    set_threads()
    expectations = Expectations(load_bundle())
    return (check(act, expectations.of, compared) for act in acts)


def _complaints(load: Load) -> Iterator[str]:
    for each in dict.fromkeys(load.errors):
        yield f"error: {each}"
    if load.tracebacks:
        yield f"error: the server printed {load.tracebacks} tracebacks"
    for each in load.wrong:
        yield f"wrong on {each.act.page}, of {dict(each.act.asked.typed)}: {each.act.said}"


def _report(loads: Sequence[Load], began: float) -> dict[str, Any]:
    """What is kept of loads that began at such a load average."""
    from benchmarks import machine

    return {
        "date": datetime.now(UTC).date().isoformat(),
        "load": began,
        "machine": asdict(machine.this_machine()),
        "versions": dict(machine.versions()) | {name: version(name) for name in ("streamlit", "websockets")},
        "loads": [as_json(load) for load in loads],
    }
