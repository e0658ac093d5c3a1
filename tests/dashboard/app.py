"""The dashboard as its tests see it: opened at the entrypoint, driven by its widgets, read as a person would."""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from analysis.questions import Question
from analysis.task import Models
from dashboard.pages import PAGES
from dashboard.screen import cache, work
from tests.analysis.plain_words import assert_plain_sentence

ENTRYPOINT = Path(__file__).parents[2] / "streamlit_app.py"
PATIENCE = 300
"""Seconds that a run may take on a busy machine."""
A_PAGE_OF_EACH = {page.texts.kind: page.key for page in reversed(PAGES.values()) if page.texts.kind != "none"}
"""By how its texts are typed, which is what its fields are drawn by."""


def open_app(page: str = "tokens", *, theme: str = "light", model: str | None = None) -> AppTest:
    """A new visit, which begins at a page; ``model`` is chosen in the sidebar."""
    at = AppTest.from_file(ENTRYPOINT, default_timeout=PATIENCE)
    at.context = {"theme": theme}
    if model is not None:
        at.session_state["model.choice"] = model
    return go(at, page) if page != "tokens" else at.run()


def go(at: AppTest, page: str) -> AppTest:
    """Open a page, as the navigation does."""
    at.session_state["navigation.goes"] = page
    return at.run()


def choose_model(at: AppTest, spec: str, key: str = "model.choice") -> AppTest:
    field = at.selectbox(key=key)
    if spec not in field.options:
        field.options.append(spec)  # as the browser does with what is typed
    return field.set_value(spec).run()


def pick(at: AppTest, position: object) -> AppTest:
    at.session_state["tokens.position"] = position
    return at.run()


def choose(at: AppTest, key: str, value: object) -> AppTest:
    """Choose one of a row of buttons."""
    return at.get_by_key(key).set_value(value).run()


def try_example(at: AppTest, page: str, number: int) -> AppTest:
    """Choose one of a page's examples; ``page`` is how the menu's key begins."""
    return at.menu_button(key=f"{page}.examples").click_index(number).run()


def button(at: AppTest, label: str) -> Any:
    (found,) = [button for button in at.button if button.label == label]
    return found


def field(at: AppTest, label: str) -> Any:
    """A choice by its label: of those that depend on results the key does too."""
    (found,) = [each for each in (*at.selectbox, *at.button_group) if each.label == label]
    return found


def type_in(at: AppTest, key: str, text: str) -> AppTest:
    return at.text_area(key=key).set_value(text).run()


def resolved(markdown: str) -> str:
    """What Markdown makes of a text that was escaped."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown).replace("\u2060", "")


def errors(at: AppTest) -> list[str]:
    return [resolved(error.value) for error in at.error]


def the_error(at: AppTest) -> str:
    """The one sentence that says what is wrong; more than one, or anything raised, fails."""
    assert not at.exception, at.exception
    assert len(at.error) == 1, errors(at)
    assert_plain_sentence(errors(at)[0])
    return errors(at)[0]


def all_is_well(at: AppTest) -> None:
    assert not at.exception, at.exception
    assert errors(at) == []


def assert_no_dead_controls(at: AppTest) -> None:
    """Nothing beside the sentence: what stands in the fields is kept, and is there again for the next model."""
    kinds = ("text_area", "text_input", "button", "toggle", "button_group", "number_input", "radio", "selectbox")
    assert [each.key for kind in kinds for each in at.main.get(kind)] == []


def places(at: AppTest, *kinds: str) -> dict[str, tuple[str, ...]]:
    """Where the fields in which one can type stand, by their keys, and what is of some further kinds.

    A browser draws what stands at another place anew, and what was being typed there is lost.
    """

    def below(block: Block, path: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for index, child in block.children.items():
            # A block that has a key is known by it.
            here = (*path, getattr(child, "_block_id", "") or str(index))
            if isinstance(child, Block):
                yield from below(child, here)
            elif child.type in {"text_area", "text_input", "number_input", *kinds}:
                yield child.key, path

    return dict(below(at.main, ()))


def captions(at: AppTest) -> str:
    return "\n".join(resolved(caption.value) for caption in at.caption)


def payload(at: AppTest, key: str) -> dict[str, Any]:
    """What a component was given to draw."""
    (component,) = [component for component in at.get("bidi_component") if component.key == key]
    return json.loads(component.proto.json)


def unseen(node: Any) -> bool:
    """Whether an element is there for the browser's storage only."""
    return node.type == "bidi_component" and node.key.startswith("kept.")


def to_see(at: AppTest, *kinds: str) -> list[Any]:
    """The elements of some kinds that there are to see."""
    return [each for kind in kinds for each in at.get(kind) if not unseen(each)]


def strip(at: AppTest) -> dict[str, Any]:
    return payload(at, "tokens.strip")


def values(drawn_strip: AppTest | dict[str, Any]) -> list[float]:
    """The strip's values as numbers; not a number where there is none."""
    tokens = (drawn_strip if isinstance(drawn_strip, dict) else strip(drawn_strip))["tokens"]
    return [math.nan if token["value"] == "…" else float(token["value"].replace("−", "-")) for token in tokens]


def words(at: AppTest) -> list[str]:
    """The tokens of the strip."""
    return [("##" if token["piece"] else "") + token["text"] for token in strip(at)["tokens"]]


def rows(at: AppTest) -> dict[str, dict[str, Any]]:
    """The rows of variants by their titles."""
    return {row["title"]: row for row in payload(at, "next_sentence.rows")["rows"]}


def read_through(at: AppTest, page: str) -> AppTest:
    """Wait until everything has been read."""
    while any(each.key == f"{page}.work.stop" for each in at.button):
        at.run()
    all_is_well(at)
    return at


def figure(at: AppTest, key: str) -> dict[str, Any]:
    (chart,) = [chart for chart in at.get("plotly_chart") if chart.key == f"{key}.figure"]
    return json.loads(chart.proto.spec)


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def reads_of(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The questions of which a part is read from now on, each time that one is: what is kept is not read."""
    found: list[Any] = []
    _at_every_read(monkeypatch, found.append)
    return found


def slow_reads(monkeypatch: pytest.MonkeyPatch, *, seconds: float) -> None:
    """Let every part take so long, by the clock that the work looks at; nobody waits, a run is looked at as it ends."""
    clock = [0.0]

    def tick(_question: object) -> None:
        clock[0] += seconds

    _at_every_read(monkeypatch, tick)
    monkeypatch.setattr(work, "_AT_ONCE_SECONDS", 0.8)
    monkeypatch.setattr(work, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(work, "_come_again", lambda: None)


def _at_every_read(monkeypatch: pytest.MonkeyPatch, act: Callable[[Any], None]) -> None:
    before = cache.task_of

    def acting(question: Question) -> Any:
        task = before(question)

        def read(models: Models, plan: object, chunk: object, *before: object) -> object:
            act(question)
            return task.read(models, plan, chunk, *before)

        return replace(task, read=read)

    monkeypatch.setattr(cache, "task_of", acting)


def drawn(at: AppTest) -> list[str]:
    """Everything that shows a result, to see whether two runs show the same."""
    return [chart.proto.spec for chart in at.get("plotly_chart")]
