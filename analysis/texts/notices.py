"""What a reader of the numbers should know about an input: what was lost, or is not what it seems."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from analysis.choices import Masking
from analysis.texts.changes import named
from analysis.texts.text import counted, reporting_words
from analysis.types import TEMPLATE, Change, Encoded, Notices

_NAMED = 3
"""Dropped characters that a sentence names."""
_LETTERS = 12
"""Of a run of letters that a sentence shows."""
_WHY = {
    "no piece": "the model has no pieces for {}",
    "run together": "{} letters without spaces between them",
    "too long": "{} longer than the tokenizer takes apart",
    "typed": "{} typed so",
}
"""By kind of change, why a piece came out as [UNK]."""

_HIDE: dict[Masking, str] = {
    "word": "hiding the whole word (word) hides all of it at once",
    "word_l2r": "hiding the token and the rest of its word (word_l2r) hides everything after it, too",
    "reporting_l2r": "hiding up to the next white space (reporting_l2r) hides everything after the token, too",
}
"""What maskings by word come to where there is one word."""


def notices(encoded: Encoded) -> Notices:
    """What a reader of the numbers should know about this input, one plain sentence each, and all that was changed."""
    said = []
    unknown = [each for each in encoded.changes if each.kind in _WHY]
    if unknown:
        said.append(_of_unknown(encoded, unknown))
        said.extend([_of_letters(each.stood) for each in unknown if each.kind == "run together"][:1])
    typed_special = encoded.outside & ~encoded.masked & (encoded.sequence != TEMPLATE)
    said.extend(
        f"{token} stands in the text itself: the tokenizer makes it the model's own special token, and it is left out "
        "of averages and scores."
        for token in sorted({encoded.tokens[i] for i in np.flatnonzero(typed_special)})
    )
    dropped = Counter(char for each in encoded.changes if each.kind == "dropped" for char in each.stood)
    if dropped:
        names = ", ".join(named(char) for char in list(dropped)[:_NAMED])
        more = "" if len(dropped) <= _NAMED else f" and {len(dropped) - _NAMED} more kinds"
        said.append(
            f"The tokenizer drops {counted(dropped.total(), 'character')} of this text, which the model never reads "
            f"and nothing counts: {names}{more}."
        )
    return Notices(tuple(said), encoded.changes)


def of_maskings(encoded: Encoded, maskings: Sequence[Masking]) -> tuple[str, ...]:
    """What maskings by word do to an input whose texts are one word each; nothing where they hide what they should."""
    counted_of = [np.flatnonzero(~encoded.outside & (encoded.sequence == number)) for number in (0, 1)]
    own = [positions for positions in counted_of if len(positions)]
    if max(map(len, own), default=0) < 2:  # noqa: PLR2004
        return ()
    texts = (encoded.text_a, encoded.text_b or "")
    one_word = all(len(set(encoded.word[positions].tolist())) == 1 for positions in own)
    unspaced = all(len(reporting_words(text)) <= 1 for text in texts)
    holds: dict[Masking, bool] = {"word": one_word, "word_l2r": one_word, "reporting_l2r": unspaced}
    hide = [_HIDE[masking] for masking in holds if masking in maskings and holds[masking]]
    if not hide:
        return ()
    which = "This text" if encoded.text_b is None else "Each of these texts"
    is_ = "is one word to the tokenizer" if one_word else "has no white space"
    return (f"{which} {is_}: {', '.join(hide)}; hide the token alone (token) to read each beside all the others.",)


def _of_unknown(encoded: Encoded, unknown: Sequence[Change]) -> str:
    token = unknown[0].became
    if {each.kind for each in unknown} == {"no piece"}:
        where = "most of this text" if 2 * len(unknown) > encoded.n_counted else "part of this text"
        why = _WHY["no piece"].format(where)
    else:
        numbers = Counter(each.kind for each in unknown)
        why = "; ".join(_why(kind, number) for kind, number in numbers.items())
    return (
        f"Of {counted(encoded.n_counted, 'position')}, {len(unknown):,} came out as {token}: {why}, and their "
        "numbers are about that token, not about what was typed."
    )


def _of_letters(run: str) -> str:
    """How to write what the model reads letter by letter."""
    shown, more = run[:_LETTERS], " …" if len(run) > _LETTERS else ""
    return (
        f"This model reads single letters with spaces between them: write {' '.join(shown)}{more} instead of "
        f"{shown}{more.strip()}."
    )


def _why(kind: str, number: int) -> str:
    """The reason of so many pieces, as part of a sentence."""
    be = {
        "no piece": ("of them", "of them"),
        "run together": ("has", "have"),
        "too long": ("is", "are"),
        "typed": ("was", "were"),
    }[kind]
    return _WHY[kind].format(f"{number:,} {be[number != 1]}")
