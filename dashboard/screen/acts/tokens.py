"""Tokens: what can be done to the chosen token, and which words can be followed."""

from dataclasses import replace

import streamlit as st

from analysis.choices import MASKINGS, ReadingKind, chosen
from analysis.errors import InputError, PretextError
from analysis.questions import Distribution, Text
from analysis.texts.pieces import id_of
from analysis.texts.words import words_of
from analysis.types import TEMPLATE, PositionDistribution, Scores, SeenReading
from dashboard.drawing import tables
from dashboard.glossary import MASKING_NAMES
from dashboard.pages import PAGES
from dashboard.pages.tokens.asking import punctuation_of, shows_hidden
from dashboard.pages.tokens.chosen import chosen_position, cut_before, offered, original
from dashboard.pages.tokens.marked import toggled
from dashboard.pages.tokens.sections import readings
from dashboard.screen import cache, follow, history, navigation, sidebar, work
from dashboard.screen.acts import Acts, Shown, compare, next_sentence
from dashboard.screen.fields import key_of
from dashboard.screen.markup import plain
from dashboard.screen.saved import csv_and_parquet
from dashboard.view import ViewState

_PAGE = "tokens"
_PUT, _PUT_FAILED = "tokens.put", "tokens.put.failed"


def _actions(shown: Shown) -> None:
    """Mask the chosen token, put another in its place, take the edit back."""
    scores: Scores = shown.results["scores"]
    position = chosen_position(shown.view, scores.seen)
    encoded, model = scores.seen.encoded, shown.view.model
    if encoded.sequence[position] == TEMPLATE:
        st.caption("A token of the template stays as it is.")
        return
    mask = cache.about(model).mask_token
    st.button(
        f"Put {plain(mask)} here",
        key="tokens.mask",
        disabled=bool(encoded.masked[position]),
        on_click=lambda: history.edit(_PAGE, position, id_of(cache.models().get(model), mask)),
        width="stretch",
    )
    _put_another(shown, scores, position)
    stood = original(encoded, position)
    if stood is not None:
        st.caption(f"Edited: the text has '{plain(stood)}' here.")
        st.button(
            "Take the edit back",
            key="tokens.take_back",
            on_click=history.take_back,
            args=(_PAGE, position),
            width="stretch",
        )


def _put_another(shown: Shown, scores: Scores, position: int) -> None:
    state, offers = st.session_state, offered(*readings(shown.view, scores), position)

    def put() -> None:
        token = state[_PUT]
        state[_PUT] = None
        if not token:
            return
        try:
            id_ = offers[token] if token in offers else id_of(cache.models().get(shown.view.model), token.strip())
            history.edit(_PAGE, position, id_)
            state.pop(_PUT_FAILED, None)
        except InputError as error:
            state[_PUT_FAILED] = (position, history.now(_PAGE), str(error))

    st.selectbox(
        "Put another token here",
        list(offers),
        index=None,
        key=_PUT,
        placeholder="a prediction, or type one",
        accept_new_options=True,
        on_change=put,
        help="The predictions of this place, or any other token of the vocabulary, as it is written there (##er).",
    )
    failed = state.get(_PUT_FAILED)
    # What was said of a token belongs to the text as it was then.
    if failed is not None and failed[:2] == (position, history.now(_PAGE)):
        st.error(plain(failed[2]))


def _distribution(shown: Shown) -> None:
    """Every entry of the vocabulary at the chosen position, folded away and asked for when somebody opens it."""
    scores: Scores = shown.results["scores"]
    position, view = chosen_position(shown.view, scores.seen), shown.view
    reading: ReadingKind = "hidden" if shows_hidden(view) else "seen"
    title = f"The whole distribution at position {position}"
    fold = st.expander(title, on_change="rerun", key=f"{_PAGE}.distribution")
    if not fold.open:
        return
    question = Distribution(view.text, position, reading, chosen("masking", view.name("masking"), MASKINGS))
    with fold:
        try:
            found: PositionDistribution = work.answered((view.model,), question)
        except PretextError as error:
            st.error(plain(str(error)))
            return
        table, name = tables.distribution(found, sidebar.units()), f"distribution-{position}-{reading}"
        how = "" if found.masking is None else f", hidden: {MASKING_NAMES[found.masking]}"
        st.caption(plain(f"All {len(table):,} entries at {found.encoded.tokens[position]}{how}; the best first."))
        few_digits = {"p": st.column_config.NumberColumn(format="%.3g")}
        st.dataframe(table, hide_index=True, height=280, column_config=few_digits, alt=title)
        csv_and_parquet(lambda: table, found.provenance, name, key=f"{_PAGE}.distribution")


def _cut_here(shown: Shown) -> None:
    """The way to the Next sentence page with a lone text cut before the chosen token, if anything stands before it."""
    seen: SeenReading = shown.results["scores"].seen
    at = cut_before(seen.encoded, chosen_position(shown.view, seen))
    help_ = "Open the text on Next sentence, cut before this token."
    if at is not None and _way("cut", "Cut here", "content_cut", help_):
        next_sentence.open_cut(seen.encoded.text_a, at)
        navigation.go("next_sentence")


def _compare(shown: Shown) -> None:
    """Where tokens were edited, the way to the Compare page: the text as it stands beside the edited one."""
    text = shown.view.text
    help_ = "Open the text as it stands beside the edited one."
    if text.edits and _way("compare", "Compare", "compare_arrows", help_):
        compare.open_beside(Text(text.text_a, text.text_b), replace(text, in_windows=False), shown.view.model)
        navigation.go("compare")


def _layers(shown: Shown) -> None:
    """The way to the Layers page at the chosen position, with a word to follow from layer to layer."""
    if PAGES["layers"].needs in cache.about(shown.view.model).lacks:
        return
    position = chosen_position(shown.view, shown.results["scores"].seen)
    typed = key_of("tokens.expected", str(position))
    st.text_input(
        "Word to follow there",
        key=typed,
        placeholder="a word that could stand here",
        label_visibility="collapsed",
        max_chars=80,
    )

    def bring() -> None:
        page, view = PAGES["layers"], shown.view
        chosen = {"position": position, "follow": st.session_state[typed].strip(), "units": view.name("units")}
        navigation.bring(page.check(ViewState(page.key, view.model, view.texts).with_options(**chosen)))

    st.button(
        "Open in Layers",
        key="tokens.layers",
        icon=":material/layers:",
        width="stretch",
        help="After which layer the answer stands, and the rank of a word typed.",
        on_click=bring,
    )


def _way(name: str, label: str, icon: str, help: str) -> bool:
    return st.button(label, key=f"tokens.{name}", icon=f":material/{icon}:", width="stretch", help=help)


def _mark(shown: Shown, position: int) -> None:
    """Let the words from the chosen token to another one be a region, or no longer."""
    seen: SeenReading = shown.results["scores"].seen
    words, chosen = words_of(seen.encoded, punctuation_of(shown.view)), chosen_position(shown.view, seen)
    st.session_state["tokens.regions"] = toggled(shown.view.name("regions"), words, chosen, position)


ACTS = Acts(
    tidied=follow.tidied,
    below_options=follow.say_what_is_not_followed,
    mark=_mark,
    places={
        "actions": _actions,
        "cut_here": _cut_here,
        "compare": _compare,
        "layers": _layers,
        "distribution": _distribution,
    },
)
