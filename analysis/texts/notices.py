"""What a reader of the numbers should know about an input: what was lost, or is not what it seems."""

import numpy as np

from analysis.texts.text import control_characters, counted
from analysis.types import TEMPLATE, Encoded, Ints


def notices(encoded: Encoded) -> tuple[str, ...]:
    """What a reader of the numbers should know about this input, one plain sentence each; usually nothing."""
    said = []
    inside = ~encoded.outside
    unknown = int(encoded.unknown[inside].sum())
    if unknown:
        token = encoded.tokens[int(np.flatnonzero(encoded.unknown)[0])]
        where = "most of this text" if 2 * unknown > encoded.n_counted else "part of this text"
        said.append(
            f"Of {counted(encoded.n_counted, 'position')}, {unknown:,} came out as {token}: the model has no pieces "
            f"for {where}, and their numbers are about that token, not about what was typed."
        )
    typed_special = encoded.outside & ~encoded.masked & (encoded.sequence != TEMPLATE)
    said.extend(
        f"{token} stands in the text itself: the tokenizer makes it the model's own special token, and it is left out "
        "of averages and scores."
        for token in sorted({encoded.tokens[i] for i in np.flatnonzero(typed_special)})
    )
    dropped = sum(
        control_characters(_left_over(text, encoded.span[encoded.sequence == number]))
        for number, text in enumerate((encoded.text_a, encoded.text_b or ""))
    )
    if dropped:
        said.append(f"With the text came {counted(dropped, 'control character')}; the tokenizer drops them.")
    return tuple(said)


def _left_over(text: str, spans: Ints) -> str:
    """What of a text lies in no token."""
    covered = {i for start, end in spans.tolist() for i in range(start, end)}
    return "".join(char for i, char in enumerate(text) if i not in covered)
