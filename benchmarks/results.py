"""What a run leaves behind: frozen records that go to JSON and come back."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

from analysis.errors import InputError

Unit = Literal["times", "share", "MB", "nat", "rows"]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one contender, in the order in which they were taken: by the clock, and of processors.

    On one thread the two are the same on a quiet machine; where they differ, the contender had to wait its turn.
    """

    contender: str
    seconds: tuple[float, ...]
    processor_seconds: tuple[float, ...]

    @property
    def minimum(self) -> float:
        """The least disturbed time: what ratios are made of."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """The middle one: far above the minimum, the machine was busy with something else."""
        return median(self.seconds)


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure is to reach: at least (or at most) this much."""

    value: float
    at_least: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a run is about, with its target if it has one.

    ``times`` is a ratio theirs / ours; a ``share`` lies between 0 and 1.
    """

    name: str
    dtype: str
    value: float
    unit: Unit
    target: Target | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target.value if self.target.at_least else self.value <= self.target.value

    @property
    def beyond(self) -> float | None:
        """Relative distance from the target, positive where it is on the good side; None without one, or at zero."""
        if self.target is None or not self.target.value:
            return None
        distance = self.value / self.target.value - 1
        return distance if self.target.at_least else -distance


@dataclass(frozen=True, slots=True)
class Result:
    """One workload on one model.

    Attributes
    ----------
    input
        What was computed on, in words.
    checks
        What was compared before anything was timed, one sentence each.
    roofline
        GFLOP/s of a large matrix product in the same rounds, by arithmetic.
    notes
        What else was measured that explains the figures, one sentence each.
    """

    workload: str
    model: str
    threads: int
    rounds: int
    input: str
    checks: tuple[str, ...]
    timings: tuple[Timing, ...]
    figures: tuple[Figure, ...]
    roofline: tuple[tuple[str, float], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """What the times depend on."""

    cpu: str
    cores: int
    memory_gib: int
    bf16: bool
    system: str


@dataclass(frozen=True, slots=True)
class Report:
    """All results of one command.

    ``load`` is the system's load average when it began: on a quiet machine near 0.
    """

    date: str
    load: float
    machine: Machine
    versions: tuple[tuple[str, str], ...]
    results: tuple[Result, ...]


def write(report: Report, path: Path) -> None:
    """Save a report as JSON.

    Raises
    ------
    InputError
        If the file can't be written.
    """
    try:
        path.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror}.") from error


def read(path: Path) -> Report:
    """Load a report that ``write`` has saved.

    Raises
    ------
    InputError
        If the file is missing or holds something else.
    """
    try:
        return _report(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} holds no results: make them with python -m benchmarks run ... --json.") from error


def _report(raw: dict[str, Any]) -> Report:
    return Report(
        date=raw["date"],
        load=raw["load"],
        machine=Machine(**raw["machine"]),
        versions=_pairs(raw["versions"]),
        results=tuple(_result(each) for each in raw["results"]),
    )


def _result(raw: dict[str, Any]) -> Result:
    return Result(
        **{
            **raw,
            "checks": tuple(raw["checks"]),
            "timings": tuple(_timing(each) for each in raw["timings"]),
            "figures": tuple(
                Figure(**{**each, "target": each["target"] and Target(**each["target"])}) for each in raw["figures"]
            ),
            "roofline": _pairs(raw["roofline"]),
            "notes": tuple(raw.get("notes", ())),
        }
    )


def _timing(raw: dict[str, Any]) -> Timing:
    return Timing(raw["contender"], tuple(raw["seconds"]), tuple(raw["processor_seconds"]))


def _pairs(raw: list[list[Any]]) -> tuple[tuple[Any, Any], ...]:
    return tuple((name, value) for name, value in raw)
