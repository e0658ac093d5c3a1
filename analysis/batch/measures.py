"""What can be measured of a row, by name: the recipes, and every task of the house as one column of JSON."""

import json
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import Any

from analysis.batch.cells import is_blank, listed_in, number_in, numbers_in, switch_in, text_in, text_of
from analysis.batch.comparisons import compare_recipe
from analysis.batch.contests import candidates_recipe
from analysis.batch.next_sentences import nsp_candidates_recipe, segmentations_recipe
from analysis.batch.readings import nsp_recipe, pll_recipe, seen_recipe
from analysis.batch.recipe import Column, Recipe, Scored, Settings, Values
from analysis.batch.regions import regions_recipe
from analysis.batch.requests import Work
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.questions import Text
from analysis.tasks import TASKS, task_of

MEASURES: dict[str, Callable[[Settings], Recipe]] = {
    "seen": seen_recipe,
    "pll": pll_recipe,
    "regions": regions_recipe,
    "candidates": candidates_recipe,
    "compare": compare_recipe,
    "nsp": nsp_recipe,
    "nsp-candidates": nsp_candidates_recipe,
    "segmentations": segmentations_recipe,
}
"""By the name that ``--measures`` takes."""
_WORDS_OR_IDS = tuple[str | int, ...]


def recipes_of(settings: Settings) -> tuple[Recipe, ...]:
    """The recipes of the measures that are asked for; InputError if one is unknown."""
    # A table in a row of a table is nothing that anybody means.
    known = [*MEASURES, *(name for name in TASKS if name not in {*MEASURES, "table"})]
    for name in settings.measures:
        if name not in known:
            raise InputError(f"The measure '{name}' came: choose among {', '.join(known)}.")
    return tuple(
        MEASURES[name](settings) if name in MEASURES else _of_task(name) for name in dict.fromkeys(settings.measures)
    )


def _of_task(name: str) -> Recipe:
    """A task's whole answer as JSON; the question's fields are columns of their own names."""
    entry = TASKS[name]

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        question = entry.question(**_fields(entry.question, values))
        task = task_of(question)
        yield ()
        answer = task.export(task.answer((bundle,), question))
        # Of every row the same but for the moment, which would make two equal runs differ.
        answer.pop("provenance", None)
        return Scored({f"{name}_json": json.dumps(answer, ensure_ascii=False)})

    says = f"the answer of `python -m analysis {name}`, whose keys name their units"
    return Recipe(name, None, (Column(f"{name}_json", "string", says),), score, head=None)


def _fields(question: Any, values: Values) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in fields(question):
        flag = each.metadata.get("flag")
        if flag is not None and flag.kind == "texts":
            found[each.name] = text_of(values)
        elif flag is not None and flag.kind == "sides":
            found[each.name] = Text(text_in(values, f"text_{flag.name}"))
        elif flag is not None and (each.default is MISSING or not is_blank(values.get(each.name))):
            found[each.name] = _value(values, each)
    return found


def _value(values: Values, field: Field[Any]) -> Any:
    flag, name = field.metadata["flag"], field.name
    if flag.kind == "number":
        return numbers_in(values, name) if flag.repeated else number_in(values, name, 0)
    if flag.kind == "switch":
        return switch_in(values, name)
    if field.type == _WORDS_OR_IDS and not isinstance(values[name], str):
        return tuple(values[name]) if isinstance(values[name], list | tuple) else (values[name],)
    return listed_in(values, name) if flag.repeated or flag.kind in {"words", "lines"} else text_in(values, name)
