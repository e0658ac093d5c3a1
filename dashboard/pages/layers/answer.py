"""What the layers make of the chosen position, in one sentence."""

import numpy as np

from analysis.types import LayerReading
from dashboard.glossary import SETTLES, share_text
from dashboard.printed import rank_text
from dashboard.sections import Sentence, Strong

LENS = (
    "A raw lens: each layer's states go through heads that were trained on the last layer's alone, so an early layer's "
    "answer says what these heads make of it, and not all that it holds (nostalgebraist 2020, “Interpreting GPT: the "
    "logit lens”). Stronger claims need a lens trained for each layer (Belrose et al. 2023, the tuned lens)."
)
_NAMED = 3
"""Followed tokens whose rank stands in the sentence."""


def sentence(found: LayerReading) -> Sentence:
    """What the last layer's answer is, after which layer it comes first and from which on it stays; who ends where."""
    answer, p = found.top_tokens[-1][0][0], share_text(float(found.top_p[-1, 0, 0]))
    parts = [f"{_where(found)} the last layer's answer is ", Strong(answer), f" ({p}): it "]
    parts += [*_comes(int(found.first_at[0]), int(found.settles_at[0]), found.n_layers), "."]
    return Sentence((*parts, *_others(found)), help=f"{SETTLES.definition}\n\n{LENS}")


def place(layer: int) -> str:
    """When the heads read the states that a layer has made; layer 0 is none."""
    return f"after layer {layer}" if layer else "before the first layer"


def _where(found: LayerReading) -> str:
    """The chosen position in words: "At the first [MASK]"."""
    (position,), encoded = found.positions.tolist(), found.encoded
    token = encoded.tokens[position]
    if not encoded.masked[position]:
        seen = "" if encoded.outside[position] else f", {found.kind},"
        return f"At position {position} ({token}){seen}"
    masks = np.flatnonzero(encoded.masked).tolist()
    number = masks.index(position) + 1
    ordinal = {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")
    return f"At {token}" if len(masks) == 1 else f"At the {ordinal} {token}"


def _comes(first: int, settles: int, n_layers: int) -> tuple[str, ...]:
    if settles == n_layers and first == n_layers:
        return ("comes first ", Strong("after the last layer"), " only")
    if first == settles:
        return ("comes first ", Strong(place(first)), " and stays")
    from_last = "the last layer" if settles == n_layers else f"layer {settles}"
    return (f"first comes first {place(first)} and stays from ", Strong(from_last), " on")


def _others(found: LayerReading) -> list[str]:
    """Where the position's own token and the words that were asked for end, and where they began."""
    line, said = found.followed, list[str]()
    if line is None:
        return said
    # What came first after some layer stands in front of them.
    tops = set(found.top_ids[:, 0, 0].tolist())
    (position,) = found.positions.tolist()
    own = None if found.encoded.masked[position] else int(found.encoded.ids[position])
    told = [
        column
        for column, id_ in enumerate(line.ids.tolist())
        if (id_ not in tops or id_ == own) and id_ != int(found.top_ids[-1, 0, 0])
    ]
    for column in told[:_NAMED]:
        begins, ends = (rank_text(int(line.rank[layer, column])) for layer in (0, -1))
        said += [" " if not said else "; ", Strong(line.tokens[column]), f" ends at rank {ends} (from {begins})"]
    return [*said, "."] if said else said
