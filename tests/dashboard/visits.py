"""Visits to every page that are not its default one, driven by its widgets, and what a visit leaves to take along.

A new page needs an entry in ``VISITS``: its options, its ways in and its acts, in one or two visits.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from plotly.offline import get_plotlyjs
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Element

from dashboard.page import Page, Results
from dashboard.pages import PAGES
from dashboard.pages.compare import CUTS, MODELS
from dashboard.pages.next_sentence import ONE_TEXT
from dashboard.paper import link
from dashboard.view import ViewState
from tests.dashboard.app import (
    ENTRYPOINT,
    PATIENCE,
    all_is_well,
    choose_model,
    go,
    open_app,
    pick,
    unseen,
)

Folder = Callable[..., Path]
"""Makes a checkpoint: the fixture ``checkpoint_folder``."""

AS_IT_OPENS = "as it opens"


# --- the visits, page by page ---


def tokens_pair(at: AppTest, _folder: Folder) -> None:
    put(at, {"tokens.pair": True, "tokens.text_a": "She opened the door."})
    put(at, {"tokens.text_b": "The <b>room</b> was [MASK].", "tokens.follow": "war, peace"})
    pick(at, 3)
    at.button(key="tokens.mask").click().run()
    at.session_state["tokens.position"] = 1
    put(at, {"tokens.measure": "surprisal", "tokens.reading": "hidden", "tokens.by": "word"})
    put(at, {"tokens.masking": "word", "tokens.k": 7, "tokens.span": "all", "units": "nats"})


def tokens_in_windows(at: AppTest, folder: Folder) -> None:
    choose_model(at, str(folder("tiny_bert", limit=64)))
    put(at, {"tokens.text_a": "the cat sat on the mat and " * 12})
    put(at, {"tokens.windows": True, "tokens.measure": "gap", "tokens.fit": True})


def fill_some_orders(at: AppTest, _folder: Folder) -> None:
    put(at, {"tokens.text_a": "He [MASK] to [MASK], and came back.", "fill.candidates": "went\nran away"})
    put(at, {"fill.orders": ["confident", "beam"], "fill.beam": 3, "fill.k": 4, "fill.every": True})
    for label, value in (("Gap", 2), ("Reference", "ran away"), ("Steps of", "beam")):
        (found,) = [each for each in (*at.selectbox, *at.button_group) if each.label == label]
        found.set_value(value)
    put(at, {"fill.any_length": True})


def fill_no_contest(at: AppTest, _folder: Folder) -> None:
    put(at, {"tokens.pair": True, "tokens.text_a": "The king died.", "fill.candidates": ""})
    put(at, {"tokens.text_b": "His [MASK] wept.", "units": "bits"})


def layers_of_a_pair(at: AppTest, _folder: Folder) -> None:
    put(at, {"tokens.pair": True, "tokens.text_a": "She opened the door."})
    put(at, {"tokens.text_b": "The <b>room</b> was [MASK].", "layers.follow": "dark, quiet"})
    at.session_state["tokens.position"] = 3
    put(at, {"layers.measure": "kl", "layers.masking": "word", "layers.fit": True, "units": "nats"})


def layers_patched(at: AppTest, _folder: Folder) -> None:
    put(at, {"tokens.text_a": "The key [MASK] here.", "layers.beside": "The keys [MASK] here."})
    put(at, {"layers.target": "3=are", "units": "bits"})


def layers_seen(at: AppTest, folder: Folder) -> None:
    choose_model(at, str(folder("tiny_roberta")))
    put(at, {"tokens.text_a": "the cat sat on the mat", "layers.reading": "seen", "layers.measure": "rank"})


def attention_of_a_pair(at: AppTest, _folder: Folder) -> None:
    put(at, {"tokens.pair": True, "tokens.text_a": "She opened the door."})
    put(at, {"tokens.text_b": "The <b>room</b> was [MASK].", "attention.summary": "share_a_to_b", "units": "nats"})
    at.session_state["tokens.position"] = 3
    put(at, {"attention.between": "b_a"})
    for label, value in (("Layer", 4), ("Head", 7)):
        (found,) = [each for each in at.selectbox if each.label == label]
        found.set_value(value)
        at.run()


def attention_average(at: AppTest, folder: Folder) -> None:
    choose_model(at, str(folder("tiny_roberta")))
    put(at, {"tokens.text_a": "the cat sat on the mat, and she opened doors", "attention.summary": "distance_tokens"})
    (found,) = [each for each in at.selectbox if each.label == "Head"]
    found.set_value(-1)
    at.run()


def influence_on_a_token(at: AppTest, _folder: Folder) -> None:
    put(at, {"tokens.pair": True, "tokens.text_a": "The <b>king</b> died."})
    put(at, {"tokens.text_b": "His sons wept.", "influence.steps": 4, "influence.shuffles": 1})
    at.session_state["tokens.position"] = 4
    put(at, {"influence.word": "queen", "influence.colour": "gradients", "influence.fit": True, "units": "bits"})
    put(at, {"influence.every": True})


def influence_on_a_margin(at: AppTest, _folder: Folder) -> None:
    put(at, {"tokens.pair": True, "tokens.text_a": "She opened the door.", "influence.steps": 4})
    put(at, {"tokens.text_b": "The room was dark.", "influence.target": "nsp", "influence.shuffles": 0})
    put(at, {"influence.segmentation": "swapped", "influence.baseline": "zero"})


def next_sentence_all_tokens(at: AppTest, _folder: Folder) -> None:
    b = "I am a very old man, and my hands and my eyes are tired."
    put(at, {"next_sentence.text_a": "How <i>old</i> are you?", "next_sentence.text_b": b})
    put(at, {"next_sentence.every": True, "units": "bits", "next_sentence.controls": 3, "next_sentence.seed": 2})
    put(at, {"next_sentence.z0": 3.3651, "next_sentence.z1": -2.0})


def next_sentence_one_text(at: AppTest, _folder: Folder) -> None:
    put(at, {"next_sentence.mode": ONE_TEXT})
    # What stands before the cut begins with spaces, and another end of a sentence is nearer.
    put(at, {"next_sentence.text": "  The cat sat. It slept well. Nobody came."})
    put(at, {"next_sentence.cut": 30})


def splits_twice(at: AppTest, _folder: Folder) -> None:
    put(at, {"splits.text_a": "The cat sat. It slept. Nobody came to wake it.", "splits.unit": "sentence"})
    put(at, {"splits.context": "both", "splits.seed": 3, "splits.controls": 2})
    at.button(key="splits.on.0").click().run()


def pairs_of_three(at: AppTest, _folder: Folder) -> None:
    put(at, {"pairs.text_a": "The cat sat.\nIt slept.\nNobody came.", "pairs.controls": 4, "pairs.seed": 1})
    (pair,) = [each for each in at.selectbox if each.label == "Pair"]
    pair.set_value("3,1")
    put(at, {"units": "bits"})


def compare_seen(at: AppTest, _folder: Folder) -> None:
    put(at, {"compare.text_a": "The cat sat.", "compare.text_b": "The dog sat.", "compare.segments": True})
    put(at, {"compare.pair_b": "It slept.", "compare.reading": "seen"})
    at.session_state["compare.pair"] = 2
    put(at, {"compare.measure": "rank", "compare.k": 3, "compare.fit": True})


def compare_edited(at: AppTest, _folder: Folder) -> None:
    go(at, "tokens")
    put(at, {"tokens.text_a": "The cat sat."})
    pick(at, 2)
    at.button(key="tokens.mask").click().run()
    at.button(key="tokens.compare").click().run()
    put(at, {"compare.masking": "token"})


def compare_cuts(at: AppTest, _folder: Folder) -> None:
    put(at, {"compare.mode": CUTS})
    put(at, {"compare.text": "The cat sat.\n\nIt slept.  Nobody came."})
    put(at, {"compare.cut_a": 14, "compare.cut_b": 25})


def compare_models(at: AppTest, folder: Folder) -> None:
    put(at, {"compare.mode": MODELS})
    other = str(folder("tiny_bert"))
    at.selectbox(key="compare.model_b").options.append(other)  # as the browser does with what is typed
    put(at, {"compare.text": "The cat sat.", "compare.model_b": other})


def by_a_small_model(at: AppTest, folder: Folder) -> None:
    choose_model(at, str(folder("tiny_bert")))


def batch_of_minimal_pairs(at: AppTest, _folder: Folder) -> None:
    rows = "good\tbad\tgroup\nThe <b>key</b> is here.\tThe key are here.\tone\nA cat sat.\tA cat sat.\ttwo\n"
    put(at, {"batch.text_a": rows + "\tThe keys is here.\tone\nThe keys are in it.\tThe keys is in it.\ttwo"})
    put(at, {"batch.masking": "token", "units": "bits"})
    for label, value in (("Only", "ties"), ("Number drawn", at.session_state["batch.number"])):
        (found,) = [each for each in at.selectbox if each.label == label]
        found.set_value(value)
        at.run()


def batch_of_labels(at: AppTest, _folder: Folder) -> None:
    put(at, {"batch.text_a": "a,b,label\nShe left.,It rained.,1\nHe ate.,Stocks fell.,0\nWe ran.,They won.,1"})


def batch_of_texts(at: AppTest, folder: Folder) -> None:
    choose_model(at, str(folder("tiny_roberta")))
    put(at, {"batch.text_a": "the cat sat on the mat\nthe dog, and a cat\nshe opened the door"})
    put(at, {"batch.measures": ["seen", "pll"], "batch.suite": "plain"})


VISITS: dict[str, dict[str, Callable[[AppTest, Folder], None]]] = {
    "tokens": {"an edited pair": tokens_pair, "in windows": tokens_in_windows},
    "fill": {"some orders": fill_some_orders, "no contest": fill_no_contest},
    "layers": {"a pair": layers_of_a_pair, "patched": layers_patched, "seen": layers_seen},
    "attention": {"a pair": attention_of_a_pair, "an average": attention_average},
    "influence": {"on a token": influence_on_a_token, "on a margin": influence_on_a_margin},
    "next_sentence": {"every token": next_sentence_all_tokens, "one text": next_sentence_one_text},
    "splits": {"two curves": splits_twice},
    "pairs": {"three sentences": pairs_of_three},
    "compare": {
        "seen": compare_seen,
        "an edit": compare_edited,
        "two segmentations": compare_cuts,
        "two models": compare_models,
    },
    "batch": {"minimal pairs": batch_of_minimal_pairs, "labels": batch_of_labels, "texts": batch_of_texts},
    "tour": {"a small model": by_a_small_model},
    "model": {"a small model": by_a_small_model},
}
CASES = [(page, name) for page in PAGES for name in (AS_IT_OPENS, *VISITS.get(page, {}))]
CHANGED = [case for case in CASES if case[1] != AS_IT_OPENS]
"""Those in which something differs from what every visit begins with, so that it can be lost on the way."""


# --- driving a page ---


def put(at: AppTest, values: dict[str, Any]) -> AppTest:
    """Let values stand in fields, by their keys, and leave the last one."""
    for key, value in values.items():
        at.get_by_key(key).set_value(value)
    return at.run()


def read_through(at: AppTest) -> AppTest:
    """Wait until everything has been read; on a busy machine it may have to be asked for."""
    while True:
        waiting = {str(each.key).rpartition(".work.")[2]: each for each in at.button if ".work." in str(each.key)}
        if "go" in waiting:
            waiting["go"].click()
        elif "stop" not in waiting:
            return at
        at.run()


def data_of(view: ViewState) -> str:
    """What a link to a view carries."""
    return link.link("http://127.0.0.1:8501/", view, PAGES).partition("?view=")[2]


def arrive(data: str) -> AppTest:
    """A new visit, by a link."""
    at = AppTest.from_file(ENTRYPOINT, default_timeout=PATIENCE)
    at.context = {"theme": "light"}
    at.query_params[link.PARAMETER] = data
    return read_through(at.run())


def open_file(at: AppTest, content: bytes | str, *, read: bool = True) -> AppTest:
    """Open a session file in the sidebar, and wait until everything has been read."""
    raw = content if isinstance(content, bytes) else content.encode()
    at.file_uploader(key="opening.file").set_value(("session.json", raw, "application/json")).run()
    return read_through(at) if read else at


@contextmanager
def downloads() -> Iterator[dict[str, Callable[[], Any]]]:
    """What the download buttons that are drawn would give, by their keys."""
    given: dict[str, Callable[[], Any]] = {}
    draw = st.download_button

    def drawing(label: str, data: Callable[[], Any], **settings: Any) -> bool:
        given[settings["key"]] = data
        return draw(label, data, **settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "download_button", drawing)
        yield given


# --- what stands on a page ---


def in_the_open(block: Any, folds: tuple[str, ...] = ("expander", "popover")) -> Iterator[Element]:
    """The elements of a page from the top to the bottom, without what is folded away."""
    for node in block.children.values():
        if not isinstance(node, Block):
            yield from [] if unseen(node) else [node]
        elif node.type not in folds:
            yield from in_the_open(node, folds)


def frames(at: AppTest) -> list[Any]:
    """Tables that can be scrolled, without those whose rows can be chosen, which stand open."""
    return [each for each in at.dataframe if not each.proto.selection_mode]


def on_screen(at: AppTest) -> list[tuple[str, ...]]:
    """What a page shows, and what stands in its fields: the same for two visits that show the same."""
    found = []
    for each in in_the_open(at.main, folds=()):
        if each.type in {"title", "subheader", "markdown", "caption", "code", "info"}:
            # How long a reading takes is timed anew in every visit.
            found.append((each.type, re.sub(r"estimate [\d.]+ s", "estimate", each.value)))
        elif each.type == "metric":
            found.append((each.type, each.label, each.value, each.delta))
        elif each.type == "table":
            found.append((each.type, each.value.to_csv()))
        elif each.type == "plotly_chart":
            found.append((each.type, each.proto.spec, each.proto.alt))
        elif each.type == "bidi_component":
            found.append((each.type, each.proto.json))
        elif each.type in {"text_area", "text_input", "number_input", "toggle", "radio", "selectbox", "select_slider"}:
            found.append((each.type, str(each.key), str(each.value)))
        elif each.type == "button_group":
            found.append((each.type, str(each.key), str(each.value)))
    return found


@dataclass(frozen=True)
class Visit:
    """A visit to a page, made once, with what it shows and everything that can be taken along from it."""

    page: Page
    name: str
    folder: Folder

    def open(self) -> AppTest:
        """Make the visit."""
        at = open_app(self.page.key)
        if self.name != AS_IT_OPENS:
            VISITS[self.page.key][self.name](at, self.folder)
        read_through(at)
        all_is_well(at)
        return at

    def offered(self, at: AppTest) -> dict[str, Callable[[], Any]]:
        """What can be downloaded at the foot of the page."""
        with downloads() as given:
            at.run()
        all_is_well(at)
        return given

    @cached_property
    def way(self) -> "Way":
        """What the visit shows and gives."""
        at = self.open()
        shown, nodes, elements = on_screen(at), list(at.main), list(in_the_open(at.main))
        assert not frames(at), "a table that is folded away is made when it is opened"
        tables = self.tables(at)
        data = shared(at)
        results = at.session_state[f"{self.page.key}.work"].results()
        given = self.offered(at)
        session = given[f"{self.page.key}.session"]()
        archive = given[f"{self.page.key}.tables"]()
        report = without_plotly(given[f"{self.page.key}.report"]())
        begins = f"{self.page.key}.json."
        jsons = {key.removeprefix(begins): make() for key, make in given.items() if key.startswith(begins)}
        (snippet,) = [each.value for each in at.main.code if each.value.startswith("# Pretext ")]
        view = link.view_of(data)
        pictures = self.pictures(at)
        return Way(
            shown, nodes, elements, tables, view, data, session, report, jsons, snippet, results, archive, pictures
        )

    def pictures(self, at: AppTest) -> dict[str, str]:
        """The pictures of strips, by their keys, which are made when somebody opens their fold."""
        fold = f"{self.page.key}.figures"
        at.session_state[fold] = True
        given = self.offered(at)
        at.session_state[fold] = False
        at.run()
        return {
            key.removeprefix(f"{fold}.").removesuffix(".svg"): make()
            for key, make in given.items()
            if key.startswith(fold) and key.endswith(".svg")
        }

    def tables(self, at: AppTest) -> dict[str, tuple[pd.DataFrame, str]]:
        """The tables that are folded away, by the keys of their folds, with their files."""
        folds = [each.key for each in at.expander if str(each.key).endswith(".twin")]
        for key in folds:
            at.session_state[key] = True
        with downloads() as given:
            at.run()
        all_is_well(at)
        drawn = [each.value for each in frames(at)]
        assert all(each.proto.alt.strip() for each in at.dataframe)
        for key in folds:
            at.session_state[key] = False
        return {
            key: (table, given[f"{key.removesuffix('.twin')}.csv"]()) for key, table in zip(folds, drawn, strict=True)
        }


@dataclass(frozen=True)
class Way:
    """What a visit shows and gives: ``elements`` are those above the fold-outs, ``data`` is the link's.

    ``archive`` are its tables, ``pictures`` its strips as SVG, by their keys.
    """

    shown: list[tuple[str, ...]]
    nodes: list[Any]
    elements: list[Element]
    tables: dict[str, tuple[pd.DataFrame, str]]
    view: ViewState
    data: str
    session: str
    report: str
    jsons: dict[str, str]
    snippet: str
    results: Results
    archive: bytes
    pictures: dict[str, str]


@cache
def visit_of(page: str, name: str, folder: Folder) -> Visit:
    """A visit, made once for all tests that look at what it shows and gives."""
    return Visit(PAGES[page], name, folder)


@cache
def _plotly() -> str:
    return get_plotlyjs()


def without_plotly(report: str) -> str:
    """A report without the four megabytes of its library."""
    return report.replace(_plotly(), "")


def shared(at: AppTest) -> str:
    """The data of the link that a page offers."""
    (found,) = [each.value for each in at.code if f"?{link.PARAMETER}=" in each.value]
    return found.partition(f"?{link.PARAMETER}=")[2]
