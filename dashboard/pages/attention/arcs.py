"""One head over its text: what the strip of arcs draws, a window of tokens and the weights between them."""

from analysis.types import CONTINUES_WORD, AttentionWeights, Floats
from dashboard.drawing.direction import apart, direction_of
from dashboard.drawing.palette import Palette
from dashboard.drawing.strip import joined_to_previous, segments
from dashboard.pages.attention.asked import named
from dashboard.pages.attention.figures import largest
from dashboard.printed import p_text
from dashboard.sections import Strip

WINDOW = 64
"""Tokens that are drawn at once: a line for each, on either side."""
LEAST = 0.01
"""Weights that are drawn."""
_NAMED = 3
_DIGITS = 6


def arcs(found: AttentionWeights, weights: Floats, chosen: int, palette: Palette) -> Strip:
    """Tokens that look on one side, tokens that are looked at on the other, a line for every weight that counts.

    Of a longer text the tokens around the chosen one.
    """
    encoded, n = found.encoded, len(found.encoded)
    first, last = window(chosen, n)
    segment, joined = segments(encoded), joined_to_previous(encoded)
    tokens = []
    for at in range(first, last):
        token = encoded.tokens[at]
        piece = joined[at] and token.startswith(CONTINUES_WORD)
        to, by = (_listed(found, own) for own in (weights[at], weights[:, at]))
        tokens.append(
            {
                "text": token.removeprefix(CONTINUES_WORD) if piece else token,
                "piece": piece,
                "ghost": bool(encoded.outside[at]) and not encoded.masked[at],
                "segment": segment[at],
                "where": f"position {at}",
                "to": to,
                "by": by,
                "name": f"position {at}, {token}; looks at {', '.join(to)}; looked at by {', '.join(by)}",
            }
        )
    return Strip(
        "arcs",
        {
            "label": f"{named(found)}: which tokens each token looks at",
            "sides": ["looks", "is looked at"],
            "tokens": tokens,
            "at": list(range(first, last)),
            "weights": weights[first:last, first:last].astype(float).round(_DIGITS).tolist(),
            "least": LEAST,
            "chosen": chosen - first,
            "pair": encoded.text_b is not None,
            "a": palette.segment_a,
            "b": palette.segment_b,
            "dir": direction_of(encoded),
        },
        key="arcs",
        title=f"{named(found)}, over the text",
        how=_how(first, last, n),
        chosen=chosen,
        picks="position",
    )


def window(chosen: int, n: int) -> tuple[int, int]:
    """The first and last + 1 position that is drawn: all, or those around the chosen one."""
    first = min(max(0, chosen - WINDOW // 2), max(0, n - WINDOW))
    return first, min(n, first + WINDOW)


def _how(first: int, last: int, n: int) -> str:
    said = (
        "Every line leads from a token that looks to one that is looked at; wider and stronger is more weight. Point "
        "at a token, or move with the arrow keys: solid lines lead to what it looks at, dashed ones come from what "
        f"looks at it. Weights below {LEAST} have no line."
    )
    if last - first < n:
        said += (
            f" Drawn are positions {first} to {last - 1} of {n}, around the chosen token; the lists and the matrix "
            "have all."
        )
    return said


def _listed(found: AttentionWeights, own: Floats) -> list[str]:
    return [f"{apart(found.encoded.tokens[at])} {p_text(float(own[at]))}" for at in largest(own, _NAMED, LEAST)]
