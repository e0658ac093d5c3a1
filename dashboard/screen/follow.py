"""Words to follow: which of those that are typed a model can follow, and why it can't the others."""

import streamlit as st

from analysis.errors import InputError
from analysis.limits import MAX_WATCH
from analysis.texts.pieces import id_to_follow
from dashboard.options import words_typed
from dashboard.page import Page
from dashboard.screen import cache
from dashboard.screen.markup import plain
from dashboard.view import ViewState


def tidied(view: ViewState) -> ViewState:
    """The view with those of its words that can be followed."""
    words, refused = _can_follow(view)
    return view.with_options(follow=" ".join(words)) if refused else view


def say_what_is_not_followed(page: Page, view: ViewState) -> None:
    """A sentence for each word of the field that the view was left without."""
    typed = view.with_options(follow=st.session_state[page.field("follow")])
    # The view is as typed unless a word was left out.
    for each in _can_follow(typed)[1] if typed != view else ():
        st.error(plain(each))


def _can_follow(view: ViewState) -> tuple[list[str], list[str]]:
    """The words of a view that can be followed, and a sentence for each that can't."""
    words, refused = {}, []
    for word in words_typed(view.name("follow")):
        try:
            words.setdefault(id_to_follow(cache.models().get(view.model), word), word)
        except InputError as error:
            refused.append(str(error))
    if len(words) > MAX_WATCH:
        refused.append(f"{len(words)} words came to follow, and only the first {MAX_WATCH} are: delete some.")
    return list(words.values())[:MAX_WATCH], refused
