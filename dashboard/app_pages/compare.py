"""Compare: two inputs, two segmentations or two models side by side, on aligned tokens."""

import numpy as np
import pandas as pd
import streamlit as st

from analysis import export
from analysis.types import Comparison, WordComparison
from dashboard import cache, comparing, examples, glossary, views, way_out
from dashboard.controls import compare as controls
from dashboard.controls import sidebar
from dashboard.drawing.palette import palette
from dashboard.pages.compare import figures as charts
from dashboard.paper.report import Section, Table
from dashboard.screen.components.aligned import aligned_strip
from dashboard.screen.markup import plain
from dashboard.state import ViewState
from dashboard.work import Work

model = sidebar.model_in_use()
_QUESTION = "What changes between A and B?"
st.title(_QUESTION, anchor=False)
given = controls.sides(model, examples.COMPARE)
beside_the_fields = st.container()
view = controls.view_of(model, given)


def begin(view: ViewState) -> Work:
    """The comparison of a view, as far as it is; an InputError when it can't be made."""
    asked = controls.question(view)
    sidebar.load_other(asked.model_b)
    return comparing.begin(view.model, asked)


def numbers(found: Comparison | WordComparison) -> None:
    """The comparison in a few numbers."""
    units = sidebar.units()

    def metric(name: str, value: str, below: str | None, help_: str) -> None:
        st.metric(name, value, below, delta_color="off", delta_arrow="off", help=help_)

    with st.grid("auto", min_column_width=150, gap="small"):
        if isinstance(found, Comparison):
            matches = ~found.differing & found.counted
            for name, which in (("JS, matches", matches), ("JS, replaced", found.differing & found.counted)):
                js = found.divergence.js_bits[which]
                if len(js):
                    count = f"{len(js):,} pair{'' if len(js) == 1 else 's'}"
                    metric(name, glossary.JS.text(float(js.mean()), units), count, glossary.JS.definition)
            for measure, values in (
                (glossary.DELTA_ENTROPY, found.delta_entropy_bits),
                (glossary.DELTA_SURPRISAL, found.delta_surprisal_bits),
            ):
                if matches.any():
                    mean = float(np.mean(values[matches], dtype="f8"))
                    metric(
                        f"Mean {measure.symbol}",
                        glossary.signed_text(measure, mean, units),
                        "over matches",
                        measure.definition,
                    )
        else:
            for name, value in zip("AB", found.bits_per_character, strict=True):
                metric(f"Bits per character, {name}", f"{value:.3f} bits", None, "Surprisal of the text per character.")
        a, b = found.a.nsp, found.b.nsp
        if a is not None and b is not None:
            change = f"B − A: {glossary.margin_text(b.margin_nats - a.margin_nats, units)}"
            for name, answer, below in (("A", a, None), ("B", b, change if a.meaning == b.meaning else None)):
                metric(
                    f"{'NSP' if answer.meaning == 'next sentence' else 'Order'} margin of {name}",
                    glossary.margin_text(answer.margin_nats, units),
                    below,
                    glossary.MARGIN.definition + (f" {glossary.LONE_SEGMENT}" if answer.lone_segment else ""),
                )

    if any(answer is not None and answer.lone_segment for answer in (found.a.nsp, found.b.nsp)):
        st.caption(f"Next-sentence margins: {glossary.LONE_SEGMENT[0].lower()}{glossary.LONE_SEGMENT[1:]}")


@st.fragment
def explore(view: ViewState, work: Work) -> None:
    """Everything below the controls: a click on a pair redraws this and nothing else."""
    views.begin()
    view = controls.at_picked_pair(view)
    found = cache.side_by_side(view.model, controls.question(view), work.done)
    if found is None:
        comparing.go_on(work, st.container())
        return
    units = sidebar.units()
    found = found.first(view.number("k"))
    if isinstance(found, WordComparison):
        by_word(view, found)
        return
    chosen = controls.chosen_pair(view, found)
    drawn = charts.aligned(found, view.name("measure"), sidebar.theme(), units, fit=bool(view.option("fit")))
    aligned_strip(drawn, chosen, key="compare.strip", on_pick=controls.pick_pair)
    waiting = st.container()
    notices(found)
    if found.a.kind == "seen" and found.differing.any():
        st.caption(glossary.SEEN_COMPARISON)
    if found.a.kind == "hidden" and (found.differing & found.counted & (found.divergence.js_bits == 0)).any():
        st.caption(glossary.SAME_WHEN_HIDDEN)
    numbers(found)
    source = found.provenance
    left, right = st.columns(2, gap="large")
    with left:
        views.show(lambda palette: charts.mirrored(found, chosen, palette), key="compare.mirrored", provenance=source)
    with right:
        if found.known[chosen]:
            views.show(
                lambda palette: charts.movers(found, chosen, palette, units), key="compare.movers", provenance=source
            )
        else:
            st.subheader("The words that moved most", anchor=False)
            one = "not read yet" if found.paired[chosen] else "on one side only"
            st.caption(f"This token is {one}, so there is no second prediction to compare with.")
    views.show(
        lambda palette: charts.along(found, palette, units, chosen),
        key="compare.along",
        provenance=source,
        min_width=charts.along_width(len(found)),
    )
    leave(controls.at_pair(view, chosen), found)
    comparing.go_on(work, waiting)


def by_word(view: ViewState, found: WordComparison) -> None:
    """Two models whose tokens are not the same."""
    st.info(plain(found.why), icon=":material/info:")
    notices(found)
    numbers(found)
    units = sidebar.units()
    views.show(
        lambda palette: charts.word_bars(found, palette, units),
        key="compare.words",
        provenance=found.provenance,
        min_width=charts.along_width(len(found)),
    )
    leave(view, found)


def notices(found: Comparison | WordComparison) -> None:
    """What should be known of either input."""
    for name, reading in (("A", found.a), ("B", found.b)):
        views.notices(tuple(f"{name}: {sentence}" for sentence in reading.notices))
        if reading.nsp is not None and reading.nsp.meaning != "next sentence":
            st.caption(f"{name}: {glossary.ORDER_HEAD}")


def leave(view: ViewState, found: Comparison | WordComparison) -> None:
    """Downloads, ways to send it, and where the numbers come from."""
    complete = isinstance(found, WordComparison) or found.complete
    way_out.row(
        view,
        found.provenance,
        title=_QUESTION,
        results=(lambda: {"compare": export.comparison(found)}) if complete else None,
        sections=lambda: on_paper(view, found),
        measures=(glossary.JS, glossary.DELTA_ENTROPY, glossary.DELTA_SURPRISAL, glossary.ENTROPY, glossary.MARGIN),
        notes=(("seen reading", glossary.SEEN_COMPARISON), ("hidden reading", glossary.HIDDEN_READING)),
    )
    if complete:
        views.download_json(lambda: export.comparison(found), name="compare", key="compare.json")
    views.provenance_line(found.a.provenance)
    if found.b.provenance != found.a.provenance:
        views.provenance_line(found.b.provenance)


def on_paper(view: ViewState, found: Comparison | WordComparison) -> tuple[Section, ...]:
    """Both inputs as strips, and what the next-sentence head says of them, for a report."""
    units, measure, fit = sidebar.units(), view.name("measure"), bool(view.option("fit"))
    strips = charts.strips(found, measure, palette("light"), units, fit=fit)
    answers = {"A": found.a.nsp, "B": found.b.nsp}
    rows = [
        {
            "side": name,
            "logit IsNext": answer.logit_is_next,
            "logit NotNext": answer.logit_not_next,
            glossary.MARGIN.axis(units): glossary.MARGIN.convert(answer.margin_nats, units),
            "P(IsNext)": answer.p_is_next,
        }
        for name, answer in answers.items()
        if answer is not None
    ]
    table = (Table("The next-sentence head", pd.DataFrame(rows)),) if rows else ()
    return "A", strips[0], "B", strips[1], *table


the_work = views.result_of(view, begin, beside_the_fields)
explore(views.shown(view), the_work)
