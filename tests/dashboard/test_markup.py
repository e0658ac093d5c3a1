"""User text in a place that reads Markdown stays text.

What a real page makes of it is looked at in ``tests/e2e/test_markup.py``.
"""

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.screen.markup import plain

CONSTRUCTS = (
    "**bold** *it* __b__ _i_ ~~gone~~ `code`",
    "```\nfence",
    "~~~\nfence",
    "# heading",
    "heading\n=======",
    "heading\r---",
    "---",
    "> quoted",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "12) item",
    "    code by indentation",
    "\tcode by indentation",
    "two  \nlines",
    "two\n\nparagraphs",
    "two\r\rparagraphs",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "[text](http://a.b)",
    "![image](/nowhere.png)",
    "[text]: http://a.b",
    "note[^1]",
    "<b>bold</b> <img src=x onerror=alert(1)>",
    "<https://a.b>",
    "<!-- hidden -->",
    "&amp; &#58;",
    "$x^2$ and $$y$$",
    "\\(x\\)",
    ":red[text] :blue-background[text] :small[text] :green-badge[text]",
    ":material/check: :streamlit: :smile: :+1:",
    "see https://example.com or www.example.com or me@example.com",
    "a -> b <- c <-> d -- e >= f <= g ~= h",
    "back\\",
)

MARKS = frozenset(r"\`*_[]<$~:&")
AT_THE_START = re.compile(r"#|>|[-+*](\s|$)|-{3}|\d+[.)]|\s")
# As in Streamlit's own page, which looks for these in text whose escapes are resolved.
FOUND_LATER = re.compile(
    r":material/|:streamlit:|:[\w+-]+:|https?://|\bwww\.|\w@\w|(?:^|\s)(?:<->|->|<-|--|>=|<=|~=)(?=\s|$)",
    re.IGNORECASE,
)
JOINER = "\u2060"

text_of_marks = st.text(st.sampled_from(sorted(MARKS | set("ab1. >+-=()!|#{}/@w\n\r\t^"))), max_size=30)
texts = st.one_of(st.text(max_size=40), text_of_marks, st.sampled_from(CONSTRUCTS))


def resolved(markdown: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)


def stays_text(escape: Callable[[str], str], text: str) -> bool:
    """Whether the escaped text is one line that shows the given one, without anything Markdown could take up."""
    line = escape(text)
    pairs = re.sub(r"\\[!-/:-@\[-`{-~]", "", line)
    return (
        resolved(line).replace(JOINER, "") == " ".join(text.replace(JOINER, "").split())
        and line.splitlines() in ([line], [])
        and not MARKS & set(pairs)
        and not AT_THE_START.match(line)
        and not FOUND_LATER.search(resolved(line))
    )


def test_no_construct_of_markdown_survives(subtests: pytest.Subtests) -> None:
    for text in CONSTRUCTS:
        with subtests.test(text=text):
            assert stays_text(plain, text)
            assert not stays_text(str, text), "the check would let anything pass"


@given(texts)
@example("::x:::y::")
@example(f"a{JOINER}b")
def test_any_text_stays_text(text: str) -> None:
    assert stays_text(plain, text)


@pytest.mark.parametrize("text", ["Confederacy. War-broke out (1861)!", "anti-slavery", "the | 3 + 4 = 7", ""])
def test_ordinary_text_is_left_alone(text: str) -> None:
    # A slider's label is read out as it was given, backslashes and all.
    assert plain(text) == text
