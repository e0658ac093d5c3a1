"""What a workload is run with."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.choices import Dtype
from benchmarks.results import Figure, Result, Timing, Unit
from benchmarks.targets import target

if TYPE_CHECKING:
    from analysis.models.bundle import ModelBundle


@dataclass(frozen=True, slots=True)
class Setting:
    """One run of one workload: on which model, in which arithmetics, on how many cores, for how many rounds."""

    workload: str
    model: str
    folder: Path
    dtypes: tuple[Dtype, ...]
    threads: int
    rounds: int

    def bundle(self, dtype: Dtype) -> "ModelBundle":
        """The model as the project loads it."""
        from analysis.models.store import load_bundle

        return load_bundle(self.spec, dtype=dtype)

    @property
    def spec(self) -> str:
        """The model's name for ``load_bundle``."""
        return spec_of(self.model, self.folder)

    def figure(self, name: str, dtype: str, value: float, unit: Unit) -> Figure:
        """A figure of this run, with its target."""
        return Figure(name, dtype, value, unit, target(self.workload, self.model, dtype, name))

    def result(
        self,
        input_: str,
        figures: list[Figure],
        *,
        checks: tuple[str, ...] = (),
        timings: tuple[Timing, ...] = (),
        roofline: dict[str, float] | None = None,
        notes: tuple[str, ...] = (),
    ) -> Result:
        """The record of this run; ``roofline`` in FLOP/s."""
        return Result(
            workload=self.workload,
            model=self.model,
            threads=self.threads,
            rounds=self.rounds,
            input=input_,
            checks=checks,
            timings=timings,
            figures=tuple(figures),
            roofline=tuple((dtype, round(value / 1e9, 1)) for dtype, value in (roofline or {}).items()),
            notes=notes,
        )


def spec_of(model: str, folder: Path) -> str:
    """The name of one of the suite's models for ``load_bundle``."""
    return "bundled" if model == "small" else str(folder)


def ours(dtype: str) -> str:
    """What our contender is called."""
    return f"ours {dtype}"
