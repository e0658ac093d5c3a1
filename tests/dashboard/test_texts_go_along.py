"""Texts go from page to page: shared by those of one group, taken along to another, brought back from the visit."""

import pytest
from streamlit.testing.v1 import AppTest

from analysis.questions import Text
from dashboard.page import Page
from dashboard.pages import PAGES
from dashboard.screen.along import carried
from tests.dashboard.app import all_is_well, go, open_app, pick, strip, type_in, words

pytestmark = pytest.mark.usefixtures("at_once")
STORY = "The cat sat. It slept well. Nobody came."


def take_along(at: AppTest, page: str, title: str, key: str = "") -> AppTest:
    return at.menu_button(key=f"{key or page}.along").click(title).run()


def test_a_text_as_another_page_takes_it(subtests: pytest.Subtests) -> None:
    for text, source, target, expected in [
        (Text(STORY), "segments", "text", (Text(STORY),)),
        (Text("The cat sat.", "It slept."), "segments", "text", (Text("The cat sat. It slept."),)),
        (Text("The cat sat.", "It slept."), "segments", "pair", (Text("The cat sat.", "It slept."),)),
        (Text(STORY), "segments", "pair", (Text("The cat sat.", "It slept well. Nobody came."),)),
        (Text("No end of a sentence"), "text", "pair", (Text("No end of a sentence", ""),)),
        (Text(STORY), "text", "lines", (Text("The cat sat.\nIt slept well.\nNobody came."),)),
        (Text("The cat sat.\nIt slept."), "lines", "segments", (Text("The cat sat. It slept."),)),
        (Text("a\nb"), "segments", "text", (Text("a\nb"),)),
        (Text("A", "B"), "pair", "sides", (Text("A", "B"), Text("A", "B"))),
        (Text(""), "text", "lines", (Text(""),)),
        (Text(STORY), "pair", "table", (Text("The cat sat.\nIt slept well.\nNobody came."),)),
    ]:
        with subtests.test(text=text, source=source, target=target, expected=expected):
            assert carried(text, source, target) == expected


WITH_TEXTS = [page for page in PAGES.values() if page.texts.kind != "none"]


def ways_from(page: Page) -> list[Page]:
    """To every other page from one page, to one of every kind of texts from those that have their texts to themselves,
    and to one from those that share them."""
    others = [other for other in WITH_TEXTS if other.home != page.home]
    if page.key == "splits":
        return others
    return [other for other in others if other.key == other.home] if page.key == page.home else others[:1]


SOURCES = [page for page in WITH_TEXTS if page.texts.kind != "table"]
"""A table has too many texts to take one along; its rows open each on its own."""


@pytest.mark.parametrize("page", SOURCES, ids=lambda page: page.key)
def test_every_page_takes_its_text_along(page: Page) -> None:
    text = STORY.replace(". ", ".\n") if page.texts.kind == "lines" else STORY
    at = type_in(open_app(page.key), f"{page.home}.text_a", text)
    for other in ways_from(page):
        take_along(go(at, page.key), page.key, other.title)
        all_is_well(at)
        assert at.title[0].value == other.asks
        assert "The cat sat." in " ".join(str(each.value) for each in at.text_area), other.title


def test_every_page_takes_texts() -> None:
    assert {other.key for page in SOURCES for other in ways_from(page)} >= {page.key for page in WITH_TEXTS}


def test_pages_of_masked_words_share_text_edits_and_the_chosen_token() -> None:
    at = type_in(open_app(), "tokens.text_a", "The king sat on his [MASK].")
    pick(at, 2)
    at.button(key="tokens.mask").click().run()
    go(at, "fill")
    all_is_well(at)
    assert at.text_area(key="tokens.text_a").value == "The king sat on his [MASK]."
    assert at.session_state["fill.work"].results()["independent"].positions == (2, 6), "the edit is a gap, too"
    go(at, "tokens")
    assert (words(at)[2], strip(at)["chosen"]) == ("[MASK]", 2)
    go(at, "fill")
    type_in(at, "tokens.text_a", "A [MASK] sat.")
    go(at, "tokens")
    assert words(at) == ["[CLS]", "a", "[MASK]", "sat", ".", "[SEP]"]
    at.button(key="tokens.undo").click().run()
    assert at.text_area(key="tokens.text_a").value == "The king sat on his [MASK]."


def recent(at: AppTest) -> list[str]:
    return [each.label for each in at.button if str(each.key).startswith("recent.")]


def test_recent_texts_come_back_with_their_options() -> None:
    at = open_app()
    assert recent(at) == []
    type_in(at, "tokens.text_a", "The cat sat.")
    at.get_by_key("tokens.measure").set_value("rank").run()
    type_in(at, "tokens.text_a", "A <b>dog</b> lay.")
    at.get_by_key("tokens.measure").set_value("surprisal").run()
    go(at, "splits")
    at.run()
    assert len(recent(at)) == 3
    # They have come above the field for a session file, which is not shut by that.
    folds = [each for each in at.sidebar if each.type == "expander"]
    assert len(folds) == 2 and all(each._block_id for each in folds)
    at.button(key="recent.1").click().run()
    all_is_well(at)
    assert at.title[0].value == PAGES["tokens"].asks
    assert at.text_area(key="tokens.text_a").value == "The cat sat."
    assert at.get_by_key("tokens.measure").value == "rank"


def test_no_more_than_eight_are_kept_and_each_once() -> None:
    at = open_app("splits")
    for number in [*range(12), 11]:
        type_in(at, "splits.text_a", f"Text {number} was read. It had an end.")
    assert len(at.session_state["recent.views"]) == 8
    assert at.session_state["recent.views"][0].text.text_a.startswith("Text 11")


def test_a_hosted_instance_keeps_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRETEXT_HOSTED", "1")
    at = open_app()
    type_in(at, "tokens.text_a", "The cat sat.")
    type_in(at, "tokens.text_a", "A dog lay.")
    assert recent(at) == []
    assert "recent.views" not in at.session_state
