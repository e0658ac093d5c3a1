"""What the Compare page shows of a comparison."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis import export
from analysis.texts.text import counted
from analysis.types import Comparison, NextSentence, WordComparison
from dashboard import glossary
from dashboard.drawing import tables
from dashboard.drawing.direction import apart
from dashboard.drawing.treatment import told, treatment
from dashboard.glossary import (
    DELTA_ENTROPY,
    DELTA_SURPRISAL,
    JS,
    MARGIN,
    PLL,
    Units,
    margin_text,
    signed_text,
)
from dashboard.page import Look, Results
from dashboard.pages.compare.along import along, word_bars
from dashboard.pages.compare.pair import MOVERS, mirrored, movers
from dashboard.pages.compare.pairs import GAP_NAME, shown_pair
from dashboard.pages.compare.strip import aligned, both
from dashboard.pages.compare.words import SAME_WHEN_HIDDEN, SEEN_COMPARISON
from dashboard.second_head import ORDER_HEAD, head_words
from dashboard.sections import Beside, Heading, Note, Number, Numbers, Section, Sentence, Strip, Strong, Table, Waiting
from dashboard.view import ViewState

_NUMBER_PIXELS = 210
"""Room for the longest name of a number, which is written out."""


def answer(_view: ViewState, results: Results, look: Look) -> Sentence | None:
    """Which text the head prefers and by how much; of seen readings, how far they are apart."""
    found: Comparison | WordComparison | None = results.get("compare")
    if found is None:
        return None
    if found.identical:
        return Sentence(("A and B are ", Strong("one and the same input"), " to this model: nothing can differ."))
    plls = found.pll_nats
    if plls is not None:
        return _preferred(found, plls, look.units)
    if isinstance(found, WordComparison) or not found.counted.any():
        return None
    js = found.divergence.js_bits[found.counted]
    most = int(np.flatnonzero(found.counted)[js.argmax()])
    token = apart(found.a.encoded.tokens[found.index_a[most]])
    return Sentence(
        (
            "The predictions differ by ",
            Strong(JS.text(float(js.mean()), look.units)),
            f" on average, most at {token}, {JS.text(float(js.max()), look.units)}.",
        ),
        help=JS.definition,
    )


def _preferred(found: Comparison | WordComparison, plls: tuple[float, float], units: Units) -> Sentence:
    """The one with the larger pseudo-log-likelihood, by how much, and that length counts where it does."""
    a, b = (signed_text(PLL, each, units) for each in plls)
    by = signed_text(PLL, abs(plls[1] - plls[0]), units).lstrip("+")
    one_model = found.a.provenance.revision == found.b.provenance.revision
    if by.startswith("0.00"):
        first: tuple[str, ...] = (Strong("The head prefers neither" if one_model else "Neither is expected more"),)
    else:
        better = "AB"[plls[1] > plls[0]]
        first = (Strong(f"The head prefers {better}" if one_model else f"{better}'s model expects it more"), " by ")
        first = (*first, Strong(by))
    n_a, n_b = (side.encoded.n_counted for side in (found.a, found.b))
    over = f"{counted(n_a, 'token')} of A and {n_b:,} of B"
    length = "" if n_a == n_b else f" The sums are over {over}: longer texts have lower ones."
    said = f": pseudo-log-likelihood {a} for A, {b} for B.{length}"
    return Sentence((*first, said), help=f"{PLL.definition} {PLL.caveat}")


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """By token, or by word where the vocabularies differ."""
    found = results.get("compare")
    if found is None:
        yield Waiting()
        return
    found = found.first(view.number("k"))
    yield from _by_word(view, found, look) if isinstance(found, WordComparison) else _by_token(view, found, look)
    answers, plls = _answers(found), found.pll_nats
    if plls is not None:
        yield Table("scores", "Pseudo-log-likelihoods", lambda: _scores(found, plls, look.units), folded=True)
    if answers:
        rows = [{"side": name, **tables.answer(answer, look.units)} for name, answer in answers.items()]
        yield Table("next-sentence-head", "The second head", lambda: pd.DataFrame(rows), folded=True)
    for name, side in (("A", found.a), ("B", found.b)):
        yield from treatment(side.notices, name)


def offers(view: ViewState, results: Results) -> dict[str, Callable[[], Any]]:
    """The comparison, with as many predictions as are shown."""
    k = view.number("k")
    return {name: lambda name=name: export.comparison(results[name].first(k)) for name in results.complete}


def _by_token(view: ViewState, found: Comparison, look: Look) -> Iterator[Section]:
    chosen, palette, units = shown_pair(view, found), look.palette, look.units
    drawn = aligned(found, view.name("measure"), palette, units, fit=view.flag("fit"))
    yield Strip("aligned", drawn, "strip", how=_how(view, units), chosen=chosen, picks="pair")
    yield Waiting()
    yield from _notices(found)
    if found.a.kind == "seen" and found.differing.any():
        yield Note(SEEN_COMPARISON)
    if found.a.kind == "hidden" and (found.differing & found.counted & (found.divergence.js_bits == 0)).any():
        yield Note(SAME_WHEN_HIDDEN)
    yield from _numbers(found, _changes(found, units), units)
    why = "not read yet" if found.paired[chosen] else "on one side only"
    nothing = f"This token is {why}, so there is no second prediction to compare with."
    if found.known[chosen]:
        nothing = "Both predictions here are one and the same: no word moved."
    moved: Section | None = None
    # Of one and the same input what is left between two passes is rounding, and no word moved.
    if found.known[chosen] and not found.identical and (found.divergence.mover_js_bits[chosen] > 0).any():
        moved = movers(found, chosen, palette, units)
    yield Beside(((mirrored(found, chosen, palette),), (Heading(MOVERS), Note(nothing)) if moved is None else (moved,)))
    if found.identical:
        yield Note("Where they differ is not drawn: at every token both divergence and changes are 0.")
    else:
        yield along(found, palette, units, chosen)


def _how(view: ViewState, units: Units) -> str:
    """What the rows of the aligned strip are."""
    measure = glossary.TOKEN_MEASURES[view.name("measure")]
    return (
        f"A's tokens over B's, each over its {measure.axis(units)}. JS, between them, is the Jensen-Shannon divergence "
        f"of the two predictions, 0 to {JS.convert(1, units):.3g} {JS.unit(units)}; {GAP_NAME}: no token on this side."
    )


def _scores(found: Comparison | WordComparison, plls: tuple[float, float], units: Units) -> pd.DataFrame:
    """Both sides' scores, unrounded, and what B has more."""
    counts = [side.encoded.n_counted for side in (found.a, found.b)]
    return pd.DataFrame(
        {
            "side": [*"AB", "B − A"],
            PLL.axis(units): [PLL.convert(each, units) for each in (*plls, plls[1] - plls[0])],
            "tokens that count": [*counts, counts[1] - counts[0]],
        }
    )


def _by_word(view: ViewState, found: WordComparison, look: Look) -> Iterator[Section]:
    yield Note(found.why, "info")
    drawn = both(found, view.name("measure"), look.palette, look.units, fit=view.flag("fit"))
    for name, side, strip in zip("AB", (found.a, found.b), drawn, strict=True):
        yield Strip("tokens", strip, f"strip-{name.lower()}", title=f"{name}, {side.provenance.spec}")
    yield from _notices(found)
    items = (
        Number(f"Bits per character, {name}", f"{value:.3f} bits", help="Surprisal of the text per character.")
        for name, value in zip("AB", found.bits_per_character, strict=True)
    )
    yield from _numbers(found, items, look.units)
    yield word_bars(found, look.palette, look.units)


def _notices(found: Comparison | WordComparison) -> Iterator[Note]:
    """What should be known of either input."""
    for name, reading in (("A", found.a), ("B", found.b)):
        yield from told(reading.notices, name)
        if reading.nsp is not None and reading.nsp.meaning != "next sentence":
            yield Note(f"{name}: {ORDER_HEAD}")


def _numbers(found: Comparison | WordComparison, items: Iterable[Number], units: Units) -> Iterator[Section]:
    """The comparison in a few numbers, the next-sentence margins last."""
    answers = _answers(found)
    items = (*_plls(found, units), *items, *_margins(answers, units))
    if items:
        yield Numbers(items, width=_NUMBER_PIXELS)
    # Of two models each says it in its own words.
    for said in dict.fromkeys(head_words(each.meaning).lone_margin for each in answers.values() if each.lone_segment):
        yield Note(said)


def _plls(found: Comparison | WordComparison, units: Units) -> Iterator[Number]:
    for name, pll in zip("AB", found.pll_nats or (), strict=False):
        more = signed_text(PLL, found.delta_pll_nats or 0.0, units)
        below = f"B − A: {more}" if name == "B" else ""
        meaning = f"{PLL.definition} {PLL.caveat}"
        yield Number(f"Pseudo-log-likelihood of {name}", signed_text(PLL, pll, units), below, meaning)


def _changes(found: Comparison, units: Units) -> Iterator[Number]:
    for name, which in (("JS divergence, matches", ~found.differing), ("JS divergence, replaced", found.differing)):
        js = found.divergence.js_bits[which & found.counted]
        if len(js):
            yield Number(name, JS.text(float(js.mean()), units), counted(len(js), "pair"), JS.definition)
    matches = ~found.differing & found.counted
    changes = ((DELTA_ENTROPY, found.delta_entropy_bits), (DELTA_SURPRISAL, found.delta_surprisal_bits))
    for measure, values in changes if matches.any() else ():
        mean = float(np.mean(values[matches], dtype="f8"))
        yield Number(f"Mean {measure.name}", signed_text(measure, mean, units), "over matches", measure.definition)


def _answers(found: Comparison | WordComparison) -> dict[str, NextSentence]:
    return {name: side.nsp for name, side in (("A", found.a), ("B", found.b)) if side.nsp is not None}


def _margins(answers: Mapping[str, NextSentence], units: Units) -> Iterator[Number]:
    if len(answers) < len("AB"):
        return
    a, b = answers["A"], answers["B"]
    change = f"B − A: {margin_text(b.margin_nats - a.margin_nats, units)}" if a.meaning == b.meaning else ""
    for name, answer in answers.items():
        title = f"{'Next-sentence' if answer.meaning == 'next sentence' else 'Order'} margin of {name}"
        meaning = MARGIN.definition + (f" {head_words(answer.meaning).lone_segment}" if answer.lone_segment else "")
        yield Number(title, margin_text(answer.margin_nats, units), change if name == "B" else "", meaning)
