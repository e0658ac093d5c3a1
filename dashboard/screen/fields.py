"""A page's fields: its texts and its options, and the view that they make.

What stands in a field lives in the session under ``page.name``; the view is read from there, so that a field may stand
anywhere on the page, in the part that a click redraws too. What it shows first is set there as well: beside a default
of the widget's own nothing else could set its value.
"""

import zlib
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from analysis.errors import InputError
from analysis.questions import Text
from dashboard.about import About
from dashboard.page import Choice, Count, Decimal, Example, Option, Page, Pick, Results, Several, Switch, Words
from dashboard.pages import PAGES
from dashboard.screen import cache, from_file, history, kept, navigation, offers
from dashboard.screen.along import carried
from dashboard.screen.markup import plain
from dashboard.screen.told import tell
from dashboard.view import Value, ViewState, options

TWO_LINES = 74
"""Pixels: the result begins below, and whoever wants more drags the corner."""


def text_area(key: str, label: str, on_change: Callable[[], object] = lambda: None, **settings: Any) -> str:
    """A field for one text; it is read when the person leaves it or presses Ctrl+Enter."""
    tell(key, typed=True)

    def typed() -> None:
        # What stood here before a reload does not come any more.
        kept.settle()
        on_change()

    settings = {"height": TWO_LINES} | settings
    return st.text_area(label, key=key, persist_state="session", on_change=typed, **settings)


def key_of(key: str, *texts: str) -> str:
    """A widget's key that changes with texts: a browser keeps the label of a choice as long as the key stays."""
    return f"{key}.{zlib.crc32(chr(0).join(texts).encode(errors='replace')):08x}"


# --- texts ---


def draw_texts(page: Page, about: About, buttons: Callable[[Page], None]) -> tuple[Text, ...]:
    """The page's fields for texts with what belongs to them (undo, a second segment, windows, examples, offers).

    ``buttons`` draws more buttons beside them. Returns what stands in them.
    """
    if page.texts.kind == "none":
        return ()
    key, home, texts, state = page.key, page.home, page.texts, st.session_state
    start_texts(page, about)
    if texts.edits and history.note(home, history.Step.of(about.spec, *texts_in(page))):
        # Another text: a position picked in the old one would mean another token.
        state.pop(f"{home}.position", None)
    pair = texts.kind == "segments" and bool(state[f"{home}.pair"])
    names = draw_areas(page, pair)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key=f"{key}.analyse")
        if texts.edits:
            _undo_and_redo(page, about.spec)
        if texts.kind == "segments":
            tell(f"{home}.pair")
            st.toggle("Second segment", key=f"{home}.pair", persist_state="session")
        # Bytes, because a piece takes at least one; [CLS] and [SEP] come on top.
        may_be_long = len(state[f"{home}.text_a"].encode(errors="replace")) + 2 > about.max_tokens
        if texts.windows and not pair and (state.get(f"{home}.windows") or may_be_long):
            tell(f"{home}.windows")
            st.toggle(
                "Overlapping windows",
                key=f"{home}.windows",
                persist_state="session",
                help="Read a text that is too long for one input of the model in windows that overlap by half. Every "
                "position is reported from the window where it has most context.",
            )
        buttons(page)

        def fill(example: Example) -> None:
            _note(page, about.spec)
            put_example(page, example)

        draw_menus(page, about.spec, lambda: texts_in(page)[0], fill)
    offers.offer(names, about, gaps=texts.gaps, on_click=lambda: forget(page))
    return texts_in(page)


def draw_areas(page: Page, pair: bool) -> list[str]:
    """The text, or both of a pair beside each other; returns their keys."""
    home, texts = page.home, page.texts
    alone = {"lines": "Sentences, one a line", "table": "Rows"}.get(texts.kind, "Text")
    areas = {"text_a": "Text A", "text_b": "Text B"} if pair else {"text_a": alone}
    columns = st.columns(2) if pair else [st.container()]
    for column, (name, label), shown in zip(columns, areas.items(), texts.placeholders, strict=False):
        with column:
            text_area(
                f"{home}.{name}",
                label,
                placeholder=shown,
                height=texts.height,
                label_visibility="visible" if pair else "collapsed",
                on_change=lambda: forget(page),
            )
    return [f"{home}.{name}" for name in areas]


def start_texts(page: Page, about: About) -> None:
    """What stands in the fields first."""
    for key, value in _fields_of(page, page.begins_with(about)).items():
        st.session_state.setdefault(key, value)


def texts_in(page: Page) -> tuple[Text, ...]:
    """What stands in the page's fields, if it has any, with the edits in force."""
    if page.texts.kind == "none":
        return ()
    home, state = page.home, st.session_state
    pair = page.texts.kind == "segments" and bool(state[f"{home}.pair"])
    text_b = state[f"{home}.text_b"] if pair else None
    in_windows = page.texts.windows and not pair and bool(state.get(f"{home}.windows"))
    return (Text(state[f"{home}.text_a"], text_b, history.edits(home) if page.texts.edits else (), in_windows),)


def put_texts(page: Page, view: ViewState) -> None:
    """Let a view's texts stand in the fields."""
    if not view.texts:
        return
    state, text = st.session_state, view.text
    step = history.Step.of(view.model, text)
    if page.texts.edits:
        history.open_step(page.home, step)
    elif page.texts.kind == "segments":
        history.put(page.home, step)
    else:
        # No switch for a second segment: an option of the page may have its name.
        state[f"{page.home}.text_a"] = text.text_a
    if page.texts.windows:
        state[f"{page.home}.windows"] = text.in_windows


def put_example(page: Page, example: Example) -> None:
    """Let an example stand in the fields, with the options that belong to it."""
    kept.settle()
    forget(page)
    for option in page.options:
        if isinstance(option, Choice) and option.among is not None:
            st.session_state.pop(page.field(option.name), None)
    st.session_state.update(_fields_of(page, example))


def _fields_of(page: Page, example: Example) -> dict[str, Value]:
    pair = {"pair": example.text_b is not None} if page.texts.kind == "segments" else {}
    texts = {"text_a": example.text_a, "text_b": example.text_b or "", **pair}
    own = {page.field(name): value for name, value in example.options}
    return {f"{page.home}.{name}": value for name, value in texts.items()} | own


def forget(page: Page) -> None:
    """Forget what was chosen in another text: positions, pairs, boundaries."""
    for option in page.options:
        if isinstance(option, Pick) or option.of_text:
            st.session_state.pop(page.field(option.name), None)


def draw_menus(
    page: Page, model: str, text: Callable[[], Text], fill: Callable[[Example], None], key: str = ""
) -> None:
    """Two menus: examples, one of which fills the page's fields, and other pages, to which the text goes along."""
    name, examples = f"{key or page.key}.examples", {example.title: example for example in page.examples}
    if cache.about(model).reads_examples:
        st.menu_button(
            "Try", list(examples), key=name, type="tertiary", on_click=lambda: fill(examples[st.session_state[name]])
        )
    if page.texts.kind == "table":
        # Each of its rows is opened elsewhere by itself.
        return
    others = {each.title: each for each in PAGES.values() if each.texts.kind != "none" and each.home != page.home}
    along = f"{key or page.key}.along"

    def take_along() -> None:
        other = others[st.session_state[along]]
        texts = carried(text(), page.texts.kind, other.texts.kind)
        start_texts(other, cache.about(model))
        navigation.bring(view_of(other, model, st.session_state.get("units", "usual"), texts))

    # What stands below the fields has no tooltips: they would lie over what is being written.
    st.menu_button("Open on", list(others), key=along, type="tertiary", on_click=take_along)


def _note(page: Page, model: str) -> None:
    """Words that came together with a click are a step, too."""
    if page.texts.edits:
        history.note(page.home, history.Step.of(model, *texts_in(page)))


def _undo_and_redo(page: Page, model: str) -> None:
    def move(name: str) -> None:
        _note(page, model)
        getattr(history, name)(page.home)

    for name, possible in zip(("undo", "redo"), history.possible(page.home), strict=True):
        st.button(
            name.capitalize(),
            key=f"{page.key}.{name}",
            icon=f":material/{name}:",
            type="tertiary",
            disabled=not possible,
            on_click=move,
            args=(name,),
        )


# --- options ---


def draw_options(page: Page, about: About, texts: tuple[Text, ...]) -> None:
    """The row of the page's options that mean something of these texts, the less common ones folded away."""
    meant = [option for option in page.options if option.means(texts, about)]
    row = [option for option in meant if option.place == "row"]
    folded = [option for option in meant if option.place == "folded"]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        for option in row:
            _draw_in_row(page, option)
        if folded:
            with st.popover("Options", key=f"{page.key}.options"):
                for option in folded:
                    draw_option(page, option)


def _draw_in_row(page: Page, option: Option) -> None:
    """An option with its label beside it: a row of them is one line high."""
    if isinstance(option, Switch):
        draw_option(page, option)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", width="content"):
        st.caption(option.label, help=option.help or None, width="content")
        narrow = {"list": 120, "words": 200}.get(_style(option))
        width = {} if narrow is None else {"width": narrow}
        draw_option(page, option, label_visibility="collapsed", **width)


def _style(option: Option) -> str:
    return option.style if isinstance(option, Choice) else "words" if isinstance(option, Words) else ""


def draw_option(page: Page, option: Option, among: dict[Value, str] | None = None, **more: Any) -> None:
    """The field of one option; ``among`` is what may be chosen where that depends on what has come.

    ``more`` are further settings of its widget.
    """
    key: str = page.field(option.name)
    same: dict[str, Any] = {"help": option.help or None, "persist_state": "session", **more}
    first = _in_field(option, option.default)
    if first is not None:
        st.session_state.setdefault(key, first)
    if isinstance(option, Words) and option.lines:
        text_area(key, option.label, placeholder=option.placeholder, height=168, help=option.help or None)
        if option.from_file:
            from_file.draw(key, f"{option.label}, from a text file", st.container())
        return
    if among is None:
        tell(key, typed=isinstance(option, Words))
    if isinstance(option, Choice) and among is not None:
        _draw_among(key, option, among)
    elif isinstance(option, Choice | Several):
        draw = _WIDGETS[option.style if isinstance(option, Choice) else "several"]
        draw(option.label, option.allowed, format_func=lambda name: option.names.get(name, name), key=key, **same)
    elif isinstance(option, Count):
        _draw_count(key, option, same)
    elif isinstance(option, Decimal):
        bounds = {"min_value": option.least, "max_value": option.most}
        st.number_input(option.label, value=None, key=key, step=0.01, format="%.4f", width=160, **bounds, **same)
    elif isinstance(option, Switch):
        st.toggle(option.label, key=key, **same)
    elif isinstance(option, Words):
        st.text_input(
            option.label, key=key, placeholder=option.placeholder, max_chars=option.most_chars, **{"width": 320} | same
        )


def _draw_count(key: str, option: Count, settings: dict[str, Any]) -> None:
    """A field for a number, which says what is allowed and keeps what is typed.

    It has no ends of its own: what lies beyond those a browser takes back without a word.
    """
    help = f"{option.help} Allowed: {option.bounds}.".lstrip()
    typed = st.number_input(option.label, step=1, key=key, width=190, **settings | {"help": help})
    try:
        option.check(typed)
    except InputError as error:
        st.error(plain(f"{str(error).removesuffix('.')}; until then {option.nearest(typed):,} holds."))


_WIDGETS: dict[str, Callable[..., Any]] = {
    "buttons": partial(st.segmented_control, required=True),
    "radio": st.radio,
    "list": st.selectbox,
    "several": partial(st.pills, selection_mode="multi", wrap=True),
}


def _draw_among(key: str, option: Choice, among: dict[Value, str]) -> None:
    """A choice whose labels name what has come: its widget is another one when they do."""
    if len(among) < 2:  # noqa: PLR2004
        return
    widget = key_of(key, *among.values())
    state = st.session_state
    state[widget] = state[key]

    def keep() -> None:
        state[key] = state[widget]

    _WIDGETS[option.style](
        option.label,
        list(among),
        # A list shows its options as they are, buttons read them as Markdown.
        format_func=lambda value: (str if option.style == "list" else plain)(among.get(value, str(value))),
        key=widget,
        on_change=keep,
        help=option.help or None,
        **({"wrap": True} if option.style == "buttons" else {}),
    )


def _in_field(option: Option, value: Value) -> Any:
    """A value as the option's field holds it."""
    if isinstance(option, Several):
        return [name for name in option.allowed if name in str(value or "").split(",")]
    return value


def put_options(page: Page, view: ViewState) -> None:
    """Let a view's options stand in the fields."""
    for option in page.options:
        st.session_state[page.field(option.name)] = _in_field(option, view.option(option.name))


def _value(page: Page, option: Option) -> Value:
    """What the field of an option holds, or its default where that is nothing the option can have."""
    value = st.session_state.get(page.field(option.name), option.default)
    if isinstance(option, Several) and isinstance(value, list):
        return ",".join(name for name in option.allowed if name in value)
    if isinstance(option, Choice) and option.among is None:
        return value if value in option.allowed else option.default
    if isinstance(option, Count) and isinstance(value, int):
        return option.nearest(value)
    if isinstance(option, Pick):
        return value if isinstance(value, int) else None
    return value


# --- views ---


def view_of(page: Page, model: str, units: str, texts: tuple[Text, ...]) -> ViewState:
    """The page's whole input, as it stands in its fields."""
    held = {option.name: _value(page, option) for option in page.options}
    return ViewState(page.key, model, texts, options({**held, "units": units}))


def as_shown_now(page: Page, view: ViewState, units: str) -> ViewState:
    """A view with what is chosen now of how it is shown, and of what its own fields beside the results ask."""
    now = {option.name: _value(page, option) for option in page.options if option.shows or option.place == "sections"}
    return view.with_options(**now, units=units)


def settled(page: Page, view: ViewState, results: Results) -> ViewState:
    """The view with every choice that depends on results set to one that these results have."""
    settled = page.settled(view, results)
    for name, value in settled.options:
        if value != view.option(name):
            # Set, not forgotten: the browser would go on showing what it shows.
            st.session_state[page.field(name)] = value
    return settled


def with_models(view: ViewState, model: str, instead_of: Collection[str]) -> ViewState:
    """The view with a model in place of others; what was picked in its texts does not go with it."""
    own = view if view.model not in instead_of else of_model(view, model)
    picked = {option.name: None for option in PAGES[view.page].options if isinstance(option, Pick)}
    second = {"model_b": model} if own.option("model_b") in instead_of else {}
    return own.with_options(**(picked if own.model != view.model else {}), **second)


def of_model(view: ViewState, model: str) -> ViewState:
    """The view on another model; edits are ids of one vocabulary and do not go with it."""
    if view.model == model:
        return view
    texts = tuple(replace(text, edits=()) for text in view.texts)
    both = {"model_b": model} if view.option("model_b") == view.model else {}
    return replace(view, model=model, texts=texts).with_options(**both)
