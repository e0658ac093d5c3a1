"""What the page asks, which of the answers it shows, and how a snippet prints them."""

from collections.abc import Mapping

from analysis.choices import MASKINGS, Masking, Punctuation
from analysis.limits import LARGEST_K
from analysis.measures import TOKEN_MEASURES
from analysis.questions import Score
from dashboard.about import About
from dashboard.options import words_typed
from dashboard.page import Results
from dashboard.view import ViewState

BY = ("token", "word")
PUBLISHED: tuple[Masking, ...] = ("token", "word_l2r", "word")
"""The maskings that are always read; another takes passes of its own, and is read where it is chosen."""
SPANS = {"around": "Around the chosen token", "all": "Whole text"}
"""Which positions the top-k map shows."""


def questions(view: ViewState, about: About) -> Mapping[str, Score]:
    """The seen and the hidden readings; more predictions than are shown, so that showing more asks nothing anew."""
    k = min(LARGEST_K, about.n_vocabulary)
    maskings = tuple(each for each in MASKINGS if each in PUBLISHED or each == view.name("masking"))
    listed = words_typed(view.name("regions"))
    return {"scores": Score(view.text, maskings, k, followed(view), listed, punctuation_of(view))}


def punctuation_of(view: ViewState) -> Punctuation:
    """How words are counted where regions are."""
    return "apart" if view.flag("apart") else "attached"


def followed(view: ViewState) -> tuple[str, ...]:
    """The words to follow, each once, as they are typed between white space, commas and semicolons."""
    return words_typed(view.name("follow"))


def positions(_view: ViewState, results: Results) -> range:
    """The positions that can be looked at."""
    found = results.get("scores")
    return range(0 if found is None else len(found.seen.encoded))


def shows_hidden(view: ViewState) -> bool:
    """Whether the strip shows what only a hidden reading knows."""
    return view.name("reading") == "hidden" or TOKEN_MEASURES[view.name("measure")].needs_hidden


def prints(view: ViewState) -> list[str]:
    """The reading that is shown in a few numbers, the scores, the chosen position and the followed words."""
    reading = f'scores["{view.name("masking")}"]' if shows_hidden(view) else "scores.seen"
    return [
        f"result = {reading}.first({view.number('k')})",
        "numbers, summary = result.statistics, summarise(result)",
        'print(f"{summary.n_counted} positions that count")',
        'print(f"mean entropy {summary.mean_entropy_bits:.2f} bits")',
        'print(f"mean surprisal {summary.mean_surprisal_bits:.2f} bits")',
        'print(f"own token first at {summary.share_rank_1:.0%} of them")',
        "for each in scores.scores:",
        '    print(f"pseudo-log-likelihood, {each.masking}: {each.pll_nats:.2f} nats")',
        *(_PRINTS_OF_REGIONS if view.name("regions") else ()),
        *_prints_of_position(view.option("position")),
        *(_PRINTS_OF_FOLLOWED if followed(view) else ()),
    ]


def _prints_of_position(position: object) -> list[str]:
    """Of the position that is chosen, or else of the one that the page shows first."""
    first = (
        "masks = result.encoded.masked.nonzero()[0]",
        "entropy_bits = scores.seen.statistics.entropy_bits * ~result.encoded.outside",
        "position = masks[0] if len(masks) else entropy_bits.argmax()",
    )
    return [
        "",
        *((f"position = {position}",) if isinstance(position, int) else first),
        'print(f"position {position}: {result.encoded.tokens[position]}")',
        "for measure in measures_of(result):",
        "    value = measure.values(result)[position]",
        '    print(f"{measure.key}: {value:.6g} {measure.unit}".rstrip())',
        "for token, p in zip(result.top_tokens[position], numbers.top_p[position]):",
        '    print(f"  {token}: p = {p:.4f}")',
    ]


_PRINTS_OF_REGIONS = (
    "    for region in each.regions:",
    '        print(f"  {region.region.text}: {region.logp_nats:.3f} nats hidden, {region.seen_logp_nats:.3f} seen")',
)
_PRINTS_OF_FOLLOWED = (
    "",
    "for word, p in zip(scores.seen.watched_tokens, numbers.watched_p.T):",
    '    print(f"{word}: at most p = {p.max():.4f}, at position {p.argmax()}")',
)
