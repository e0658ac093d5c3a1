"""What the page asks, which of the answers it shows, and how a snippet prints them."""

import re
from collections.abc import Mapping

from analysis.choices import MASKINGS
from analysis.limits import LARGEST_K
from analysis.questions import Score
from dashboard.glossary import COPY_GAP
from dashboard.page import About
from dashboard.view import ViewState

BY = ("token", "word")
SPANS = {"around": "Around the chosen token", "all": "Whole text"}
"""Which positions the top-k map shows."""


def questions(view: ViewState, about: About) -> Mapping[str, Score]:
    """The seen and the hidden readings; more predictions than are shown, so that showing more asks nothing anew."""
    k = min(LARGEST_K, about.n_vocabulary)
    return {"scores": Score(view.text, MASKINGS, k, followed(view))}


def followed(view: ViewState) -> tuple[str, ...]:
    """The words to follow, each once, as they are typed between white space, commas and semicolons."""
    return tuple(dict.fromkeys(word for word in re.split(r"[\s,;]+", view.name("follow")) if word))


def shows_hidden(view: ViewState) -> bool:
    """Whether the strip shows what only a hidden reading knows."""
    return view.name("reading") == "hidden" or view.name("measure") == COPY_GAP.key


def prints(view: ViewState) -> list[str]:
    """The reading that is shown in a few numbers, the scores, the chosen position and the followed words."""
    hidden = shows_hidden(view)
    reading = f'scores["{view.name("masking")}"]' if hidden else "scores.seen"
    return [
        f"result = {reading}.first({view.number('k')})",
        "numbers, summary = result.statistics, summarise(result)",
        'print(f"{summary.n_counted} positions that count")',
        'print(f"mean entropy {summary.mean_entropy_bits:.2f} bits")',
        'print(f"mean surprisal {summary.mean_surprisal_bits:.2f} bits")',
        'print(f"own token first at {summary.share_rank_1:.0%} of them")',
        "for each in scores.scores:",
        '    print(f"pseudo-log-likelihood, {each.masking}: {each.pll_nats:.2f} nats")',
        *_prints_of_position(view.option("position"), hidden),
        *(_PRINTS_OF_FOLLOWED if followed(view) else ()),
    ]


def _prints_of_position(position: object, hidden: bool) -> list[str]:
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
        'print(f"entropy {numbers.entropy_bits[position]:.2f} bits")',
        'print(f"surprisal {numbers.surprisal_bits[position]:.2f} bits")',
        'print(f"rank {numbers.rank[position]}")',
        *(['print(f"copy gap {result.copy_gap_bits[position]:+.2f} bits")'] if hidden else []),
        "for token, p in zip(result.top_tokens[position], numbers.top_p[position]):",
        '    print(f"  {token}: p = {p:.4f}")',
    ]


_PRINTS_OF_FOLLOWED = (
    "",
    "for word, p in zip(scores.seen.watched_tokens, numbers.watched_p.T):",
    '    print(f"{word}: at most p = {p.max():.4f}, at position {p.argmax()}")',
)
