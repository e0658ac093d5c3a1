"""The tour and the facts of a model."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from analysis.export.parts import answer, rows
from analysis.types import Kernel, ModelFacts, Notices, TourSteps


def tour_steps(tour: TourSteps) -> dict[str, Any]:
    """``steps`` of the tour: the values of each, what was published, and why it has none; names say the units."""
    steps = [
        {"name": step.name, "values": _named(step.values), "published": _named(step.published), "why": step.why_absent}
        for step in tour.steps
    ]
    return answer(tour.provenance, Notices(), {"steps": steps, "head": tour.meaning})


def model_facts(facts: ModelFacts) -> dict[str, Any]:
    """The facts of a model by name, without its card."""
    kept = {name: value for name, value in asdict(facts).items() if name not in {"card", "provenance"}}
    kernels = [_kernel(each) for each in facts.kernels]
    return answer(facts.provenance, Notices(), {**kept, "kernels": kernels, "abilities": list(kept["abilities"])})


def _kernel(kernel: Kernel) -> dict[str, Any]:
    times = [{"library": library, "time_ms": 1e3 * seconds} for library, seconds in kernel.seconds]
    return {**{name: value for name, value in asdict(kernel).items() if name != "seconds"}, "times": times}


def _named(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return rows({"name": values.keys(), "value": values.values()})
