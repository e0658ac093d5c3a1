"""What the page shows of a text's readings, as far as they go."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from analysis import export
from analysis.texts.words import words_of
from analysis.types import HiddenReading, ReadingSummary, Scores, SeenReading, summarise
from analysis.types.compare import Reading
from dashboard import glossary
from dashboard.drawing import strip, tables
from dashboard.drawing.direction import direction_of
from dashboard.drawing.treatment import told, treatment
from dashboard.glossary import COPY_GAP, ENTROPY, MARGIN, PLL, SURPRISAL, Units, margin_text, signed_text
from dashboard.page import Look, Results
from dashboard.pages.tokens.answer import sentence
from dashboard.pages.tokens.asking import shows_hidden
from dashboard.pages.tokens.chosen import chosen_position, map_span
from dashboard.pages.tokens.followed import followed_words
from dashboard.pages.tokens.heatmap import entropy_heatmap
from dashboard.pages.tokens.marked import MARKS, marked
from dashboard.pages.tokens.predictions import position_bars, rarely_a_target, top_k_map
from dashboard.pages.tokens.windows import windows
from dashboard.second_head import head_words
from dashboard.sections import (
    Act,
    Beside,
    Fields,
    Heading,
    Note,
    Number,
    Numbers,
    Section,
    Sentence,
    Strip,
    Table,
    Waiting,
)
from dashboard.view import ViewState


def answer(view: ViewState, results: Results, look: Look) -> Sentence | None:
    """What the head puts at the masks, and how much of the text it expects."""
    found: Scores | None = results.get("scores")
    return None if found is None else sentence(*readings(view, found), look.units)


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The strip, the chosen position, the text in numbers and its read-out; the figures, the scores, the tables."""
    found: Scores | None = results.get("scores")
    if found is None:
        return
    seen, hidden = readings(view, found)
    # Of a hidden reading that has not begun every position is blank: the seen one's numbers would pass for its own.
    shown = found[view.name("masking")].first(view.number("k")) if shows_hidden(view) else seen
    chosen, fit, units, palette = chosen_position(view, seen), view.flag("fit"), look.units, look.palette
    words = words_of(seen.encoded) if view.name("by") == "word" else None
    drawn = strip.strip(
        shown, view.name("measure"), palette, units, fit=fit, words=words, regions=marked(view, seen.encoded)
    )
    text = (Strip("tokens", drawn, "strip", chosen=chosen, picks="position", marks=MARKS), Waiting())
    at_position = tuple(_at_position(seen, hidden, chosen, look, seen_first=not shows_hidden(view)))
    yield Beside(
        (text, at_position, (*told(seen.notices), *_numbers(seen, hidden, units), _read_out(shown))), key="panel"
    )
    yield entropy_heatmap(seen, hidden, palette, units, chosen, fit=fit)
    if seen.watch:
        yield followed_words(seen, hidden, palette, chosen)
    if seen.windows:
        yield windows(seen, palette)
    yield Fields(("span",))
    yield top_k_map(shown, palette, map_span(view, chosen, len(seen.encoded)), chosen)
    yield from _scores(found, units)
    yield Table(
        name=f"positions-{shown.kind}",
        title="Every position",
        make=lambda: tables.positions(shown, units),
        folded=True,
        key="positions",
    )
    yield Table("tensors", "Input tensors", lambda: tables.tensors(seen.encoded), folded=True)
    yield from treatment(seen.notices)


def offers(view: ViewState, results: Results) -> dict[str, Callable[[], Any]]:
    """The readings and the scores under every masking, as far as they are whole."""
    found: Scores | None = results.get("scores")
    if found is None:
        return {}
    seen, hidden = readings(view, found)
    whole = hidden is not None and hidden.complete
    return {
        "seen": partial(export.reading, seen),
        **({"hidden": partial(export.reading, hidden)} if whole else {}),
        **{f"pll-{each.masking}": partial(export.sentence_score, each, found[each.masking]) for each in found.scores},
    }


def readings(view: ViewState, found: Scores) -> tuple[SeenReading, HiddenReading | None]:
    """The seen reading and the hidden one of the masking that is chosen, None while no row of it has come."""
    hidden = found[view.name("masking")].first(view.number("k"))
    begun = (hidden.known & ~hidden.encoded.outside).any()
    return hidden.seen, hidden if begun else None


def _numbers(seen: SeenReading, hidden: HiddenReading | None, units: Units) -> Iterator[Section]:
    """The text in a few numbers, seen and hidden, and the next-sentence head's answer that came along."""
    summary, other = summarise(seen), summarise(hidden) if hidden is not None and hidden.complete else None

    def both(text: Callable[[ReadingSummary], str]) -> tuple[str, str]:
        return text(summary), "" if other is None else f"hidden {text(other)}"

    entropy = both(lambda each: ENTROPY.text(each.mean_entropy_bits, units))
    surprisal = both(lambda each: SURPRISAL.text(each.mean_surprisal_bits, units))
    first = both(lambda each: f"{each.share_rank_1:.0%}")
    items = [
        Number("Positions", f"{summary.n_counted}", help="All but [CLS], [SEP], [PAD] and [MASK]."),
        Number(f"Mean {ENTROPY.name}", *entropy, ENTROPY.definition),
        Number(f"Mean {SURPRISAL.name}", *surprisal, SURPRISAL.definition),
        Number("Rank 1", *first, "Share of the positions whose own token comes first."),
        Number("[UNK]", f"{summary.share_unknown:.0%}", help="Share of positions the tokenizer has no piece for."),
    ]
    answer = seen.nsp
    if answer is not None:
        name = "NSP margin" if answer.meaning == "next sentence" else "Order margin"
        lone = head_words(answer.meaning).lone_segment if answer.lone_segment else ""
        help = f"{MARGIN.definition} {lone}".rstrip()
        items.append(Number(name, margin_text(answer.margin_nats, units), help=help))
    yield Numbers(tuple(items), width=120)
    if answer is not None and answer.lone_segment:
        yield Note(head_words(answer.meaning).lone_margin)


def _at_position(
    seen: SeenReading, hidden: HiddenReading | None, chosen: int, look: Look, *, seen_first: bool
) -> Iterator[Section]:
    """The distributions at the chosen position, the strip's reading first, and what can be done to its token."""
    of_seen = position_bars(seen, chosen, look.palette)
    acts = (Act("actions"), Act("cut_here"), Act("compare"), Act("layers"))
    if hidden is None or seen.encoded.outside[chosen] or not hidden.known[chosen]:
        yield of_seen
        if rarely_a_target(seen, chosen):
            yield Note(glossary.RARE_TARGETS)
        yield from (*acts, Act("distribution"))
        return
    first, second = of_seen, position_bars(hidden, chosen, look.palette)
    if not seen_first:
        first, second = second, first
    gap = signed_text(COPY_GAP, float(hidden.copy_gap_bits[chosen]), look.units)
    yield first
    yield Numbers((Number("Copy gap here", gap, help=COPY_GAP.definition),))
    yield from acts
    yield second
    yield Act("distribution")


def _read_out(shown: Reading) -> Strip:
    """The most probable token of every position, beside the text."""
    title, meaning = {
        "seen": ("What the head reads back", glossary.SEEN_READING),
        "hidden": ("What the head guesses at each hidden token", glossary.HIDDEN_READING),
    }[shown.kind]
    how = (
        "The most probable token of every position; where it differs from the text, what stood there is struck "
        f"through. {meaning}"
    )
    drawn = {"label": title, "words": strip.read_out(shown), "dir": direction_of(shown.encoded)}
    return Strip("readout", drawn, "readout", title, how)


def _scores(found: Scores, units: Units) -> Iterator[Section]:
    """Pseudo-log-likelihood under every masking, in sum and by word, with what it does not mean."""
    title, scores = "Pseudo-log-likelihood", found.scores
    if not scores:
        yield Heading(title, PLL.definition)
        yield Note("Comes when every position has been read with its token hidden.")
        return
    yield Table(
        "pll",
        title,
        lambda: tables.score_values(scores, units).reset_index(names="definition"),
        PLL.caveat,
        PLL.definition,
        lambda: tables.scores(scores, units).rename_axis("definition"),
    )
    if scores[0].regions:
        yield Table("regions", "Regions", lambda: tables.region_scores(scores, units))
    yield Table("words", "Every word", lambda: tables.word_scores(scores, units), folded=True)
