"""What a load comes to: percentiles and rates of what its visitors did, as JSON and as tables."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import InputError
from benchmarks.load.acts import Act, Asked, Checked, Kind, Said, Verdict

NAMES: dict[Kind, str] = {"first page": "first page", "page": "page change", "text": "changed text"}


def check(act: Act, of: Callable[[Asked], Said], compare: Callable[[Said, Said], Verdict]) -> Checked:
    """Compare what an act brought with what its page must say."""
    return Checked(act, None if act.errors else compare(act.said, of(act.asked)))


@dataclass(frozen=True, slots=True)
class Use:
    """What the server took: memory in MB with no visitor yet, at most, and some time after the last had left.

    ``opening`` and ``staying`` are seconds of its processors while first pages were opened and after that, ``own``
    those of the visitors' own process, which shares the machine.
    """

    before_mb: float
    peak_mb: float
    after_mb: float
    opening: float
    staying: float
    own: float


@dataclass(frozen=True, slots=True)
class Load:
    """So many visitors at once, for so many seconds after their first pages, from ``start`` (``time.monotonic``) on."""

    visitors: int
    think: str
    seconds: float
    start: float
    acts: tuple[Checked, ...]
    use: Use
    tracebacks: int = 0

    def of(self, kind: Kind, page: str | None = None) -> list[Checked]:
        """The acts of a kind that came to an end, of one page or of all."""
        return [
            each
            for each in self.acts
            if each.act.kind == kind and page in {None, each.act.page} and each.verdict is not None
        ]

    @property
    def wrong(self) -> list[Checked]:
        """Those that brought something else than they must."""
        return [each for each in self.acts if each.verdict == "wrong"]

    @property
    def errors(self) -> list[str]:
        """What went wrong, one sentence each."""
        return [f"{each.act.page}, {NAMES[each.act.kind]}: {error}" for each in self.acts for error in each.act.errors]

    @property
    def texts_per_second(self) -> float:
        """Changed texts whose page came to rest within the time, per second; those begun in it end after it, too."""
        ends = self.start + self.seconds
        return sum(each.act.begun + each.act.finished <= ends for each in self.of("text")) / self.seconds

    @property
    def processor_seconds_per_text(self) -> float | None:
        """The server's, with the changes of page in between; None without a changed text."""
        texts = len(self.of("text"))
        return self.use.staying / texts if texts else None

    @property
    def fine(self) -> bool:
        """Whether nothing was wrong and nothing failed."""
        return not self.wrong and not self.errors and not self.tracebacks


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of them does not exceed (nearest rank); None of none."""
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1] if values else None


def rows(load: Load) -> Iterator[tuple[str, list[Checked]]]:
    """The kinds of acts with those that came to an end; changed texts once together and once for each page."""
    for kind, name in NAMES.items():
        found = load.of(kind)
        if found:
            yield name, found
    for page in dict.fromkeys(each.act.page for each in load.of("text")):
        yield f"– on {page}", load.of("text", page)


def table(loads: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Loads, as ``as_json`` gives them, as tables of Markdown: how long everything took, then what the server took."""
    yield "| visitors | think | | n | answer p50 | p95 | at rest p50 | p95 |"
    yield "|---|---|---|---|---|---|---|---|"
    for load in loads:
        for each in load["acts"]:
            times = [each[of][share] for of in ("answer_seconds", "at_rest_seconds") for share in ("p50", "p95")]
            cells = " | ".join("–" if seconds is None else f"{seconds:.2f} s" for seconds in times)
            yield f"| {load['visitors']} | {load['think']} | {each['kind']} | {each['n']} | {cells} |"
    yield ""
    yield (
        "| visitors | think | texts/s | processor s/text | memory before | peak | after | errors | wrong | last digit |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for load in loads:
        each_text = load["server_processor_seconds_per_text"]
        memory = " | ".join(f"{load[f'server_memory_{when}_mb']:.0f} MB" for when in ("before", "peak", "after"))
        yield (
            f"| {load['visitors']} | {load['think']} | {load['texts_per_second']:.2f} | "
            f"{'–' if each_text is None else f'{each_text:.2f}'} | {memory} | "
            f"{len(load['errors']) + load['server_tracebacks']} | {len(load['wrong'])} | {load['last_digit']} |"
        )


def write(report: dict[str, Any], file: Path) -> None:
    """Save a report as JSON; InputError if the file can't be written."""
    try:
        file.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file} can't be written: {error.strerror}.") from error


def read(file: Path) -> dict[str, Any]:
    """Load a report that ``write`` has saved; InputError if the file is missing or holds something else."""
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
        list(section(report))
    except OSError as error:
        raise InputError(f"{file} can't be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file} holds no load: make it with python -m benchmarks.load --json.") from error
    return report


def section(report: dict[str, Any]) -> Iterator[str]:
    """A saved report as a section of the suite's page."""
    machine = report["machine"]
    yield f"### {report['date']}"
    yield ""
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}."
    yield f"Load average when it began: {report['load']:.2f}."
    yield ""
    yield f"{', '.join(f'{name} {version}' for name, version in report['versions'].items())}."
    yield ""
    yield from table(report["loads"])
    yield ""


def as_json(load: Load) -> dict[str, Any]:
    """A load as JSON: its numbers with their units, what was wrong in words, and the seconds of every act."""
    return {
        "visitors": load.visitors,
        "think": load.think,
        "seconds": load.seconds,
        "texts_per_second": load.texts_per_second,
        "server_processor_seconds_per_text": load.processor_seconds_per_text,
        "server_processor_seconds_first_pages": load.use.opening,
        "server_processor_seconds_after": load.use.staying,
        "visitors_processor_seconds": load.use.own,
        "server_memory_before_mb": load.use.before_mb,
        "server_memory_peak_mb": load.use.peak_mb,
        "server_memory_after_mb": load.use.after_mb,
        "server_tracebacks": load.tracebacks,
        "errors": load.errors,
        "wrong": [_wrong(each) for each in load.wrong],
        "last_digit": sum(each.verdict == "last digit" for each in load.acts),
        "acts": [
            {
                "kind": name,
                "n": len(acts),
                "answer_seconds": _times([each.answered for each in acts if each.answered is not None]),
                "at_rest_seconds": _times([each.act.finished for each in acts]),
                "received_bytes": round(sum(each.act.received for each in acts) / len(acts)),
            }
            for name, acts in rows(load)
        ],
    }


def _times(values: list[float]) -> dict[str, Any]:
    return {
        "p50": percentile(values, 0.5),
        "p95": percentile(values, 0.95),
        "all": [round(each, 3) for each in values],
    }


def _wrong(found: Checked) -> dict[str, Any]:
    act = found.act
    return {"page": act.page, "typed": dict(act.asked.typed), "answer": act.said.answer, "numbers": act.said.numbers}
