"""What is told of the text itself on every page: what its reader should know, and what the tokenizer did to it."""

from collections.abc import Iterator

import pandas as pd

from analysis.types import Notices
from dashboard.sections import Note, Table

_KINDS = {
    "dropped": "dropped: the model never reads it",
    "accents stripped": "accents stripped",
    "case folded": "capitals folded",
    "replaced": "replaced by what the vocabulary is made for",
    "no piece": "unknown: no pieces in the vocabulary",
    "run together": "unknown: letters without spaces between them",
    "too long": "unknown: longer than the tokenizer takes apart",
    "typed": "unknown: typed so",
}


def told(notices: Notices, side: str = "") -> Iterator[Note]:
    """The sentences that belong beside the numbers; ``side`` is the name of the text where there are two of them."""
    for said in notices:
        yield Note(f"{side}: {said}" if side else said, "notice")


def treatment(notices: Notices, side: str = "") -> Iterator[Table]:
    """Everything that the model does not read as it was typed, folded away; nothing where it reads all of it so."""
    if notices.changes:
        title = "What the tokenizer did to the text" if not side else f"What the tokenizer did to {side}"
        name = f"tokenizer-{side.lower()}" if side else "tokenizer"
        yield Table(name, title, lambda: changes(notices), folded=True)


def changes(notices: Notices) -> pd.DataFrame:
    """One row per stretch of the text that was changed; ``from`` and ``to`` count its code points from 0."""
    return pd.DataFrame(
        {
            "text": [each.sequence + 1 for each in notices.changes],
            "from": [each.span[0] for each in notices.changes],
            "to": [each.span[1] for each in notices.changes],
            "typed": [each.stood for each in notices.changes],
            "code points": [" ".join(f"U+{ord(char):04X}" for char in each.stood) for each in notices.changes],
            "what happened": [_KINDS[each.kind] for each in notices.changes],
            "read as": [each.became for each in notices.changes],
        }
    )
