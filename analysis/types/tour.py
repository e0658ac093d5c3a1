"""The tour through the notebook, as it went on one model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from analysis.types.inputs import Provenance
from analysis.types.nsp import NspMeaning


@dataclass(frozen=True, slots=True)
class TourStep:
    """One step of the tour: ``name`` is what it is about, in a word, ``head`` the one that it asks.

    ``code`` is Python that gives ``values`` (numbers, words and lists of them by name) once the tour's preamble has
    run; ``published`` are those of the names that the notebook printed, with its values; ``why_absent`` says in one
    sentence why the model could not take the step, which then has no values; None when it could.
    """

    name: str
    head: Literal["mlm", "nsp"]
    code: str
    values: Mapping[str, Any]
    published: Mapping[str, Any]
    why_absent: str | None


@dataclass(frozen=True, slots=True)
class TourSteps:
    """The steps in their order, those that have come.

    ``preamble`` is Python that makes what every step's code stands on; ``meaning`` says what the second head's answers
    stand for.
    """

    steps: tuple[TourStep, ...]
    preamble: str
    meaning: NspMeaning
    provenance: Provenance
