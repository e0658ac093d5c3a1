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
from dashboard.glossary import COPY_GAP, ENTROPY, LONE_SEGMENT, MARGIN, PLL, SURPRISAL, Units, margin_text, signed_text
from dashboard.page import Look, Results
from dashboard.pages.tokens.asking import shows_hidden
from dashboard.pages.tokens.chosen import chosen_position, map_span
from dashboard.pages.tokens.followed import followed_words
from dashboard.pages.tokens.heatmap import entropy_heatmap
from dashboard.pages.tokens.predictions import position_bars, rarely_a_target, top_k_map
from dashboard.pages.tokens.windows import windows
from dashboard.sections import Act, Beside, Fields, Heading, Note, Number, Numbers, Section, Strip, Table, Waiting
from dashboard.view import ViewState


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The strip, the numbers, the chosen position, the figures, the read-out, the scores, the tables."""
    found: Scores | None = results.get("scores")
    if found is None:
        return
    seen, hidden = readings(view, found)
    # Of a hidden reading that has not begun every position is blank: the seen one's numbers would pass for its own.
    shown = found[view.name("masking")].first(view.number("k")) if shows_hidden(view) else seen
    chosen, fit, units, palette = chosen_position(view, seen), view.flag("fit"), look.units, look.palette
    words = words_of(seen.encoded) if view.name("by") == "word" else None
    drawn = strip.strip(shown, view.name("measure"), palette, units, fit=fit, words=words)
    yield Strip("tokens", drawn, "strip", chosen=chosen, picks="position")
    yield Waiting()
    yield from (Note(notice, "notice") for notice in seen.notices)
    yield from _numbers(seen, hidden, units)
    yield _at_position(seen, hidden, chosen, look)
    yield entropy_heatmap(seen, hidden, palette, units, chosen, fit=fit)
    if seen.watch:
        yield followed_words(seen, hidden, palette, chosen)
    if seen.windows:
        yield windows(seen, palette)
    yield Fields(("span",))
    yield top_k_map(shown, palette, map_span(view, chosen, len(seen.encoded)), chosen)
    yield _read_out(shown)
    yield from _scores(found, units)
    yield Table(
        name=f"positions-{shown.kind}",
        title="Every position",
        make=lambda: tables.positions(shown, units),
        folded=True,
        key="positions",
    )
    yield Table("tensors", "Input tensors", lambda: tables.tensors(seen.encoded), folded=True)


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
        help = f"{MARGIN.definition} {LONE_SEGMENT if answer.lone_segment else ''}".rstrip()
        items.append(Number(name, margin_text(answer.margin_nats, units), help=help))
    yield Numbers(tuple(items), width=120)
    if answer is not None and answer.lone_segment:
        yield Note(f"Next-sentence margin: {LONE_SEGMENT[0].lower()}{LONE_SEGMENT[1:]}")


def _at_position(seen: SeenReading, hidden: HiddenReading | None, chosen: int, look: Look) -> Beside:
    """The distributions at the chosen position, seen and hidden beside each other, and what can be done to it."""
    of_seen: tuple[Section, ...] = (position_bars(seen, chosen, look.palette),)
    if rarely_a_target(seen, chosen):
        of_seen += (Note(glossary.RARE_TARGETS),)
    acts = (Act("actions"), Act("cut_here"), Act("compare"))
    if hidden is None or seen.encoded.outside[chosen] or not hidden.known[chosen]:
        return Beside((of_seen, acts), (3, 2))
    gap = signed_text(COPY_GAP, float(hidden.copy_gap_bits[chosen]), look.units)
    what_seeing_is_worth = Numbers((Number("Copy gap here", gap, help=COPY_GAP.definition),))
    of_hidden = (position_bars(hidden, chosen, look.palette),)
    return Beside((of_seen, of_hidden, (what_seeing_is_worth, *acts)), (3, 3, 2))


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
    return Strip("readout", {"label": title, "words": strip.read_out(shown)}, "readout", title, how)


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
    yield Table("words", "Every word", lambda: tables.word_scores(scores, units), folded=True)
