"""The chosen position: which it is, what the map shows around it, and what can be done to its token."""

from analysis.texts.boundaries import places
from analysis.types import CONTINUES_WORD, TEMPLATE, Encoded, HiddenReading, SeenReading
from dashboard.pages.tokens.predictions import MAP_COLUMNS
from dashboard.view import ViewState


def chosen_position(view: ViewState, seen: SeenReading) -> int:
    """The view's position when it lies in the text, else the first [MASK], else the least certain position."""
    position = view.option("position")
    if isinstance(position, int) and 0 <= position < len(seen.encoded):
        return position
    masks = seen.encoded.masked.nonzero()[0]
    if len(masks):
        return int(masks[0])
    counted = (~seen.encoded.outside).nonzero()[0]
    return int(counted[seen.statistics.entropy_bits[counted].argmax()])


def map_span(view: ViewState, chosen: int, length: int) -> tuple[int, int]:
    """Which positions the top-k map shows: a line of those around the chosen one, or all."""
    if view.name("span") == "all" or length <= MAP_COLUMNS:
        return 0, length
    first = min(max(0, chosen - MAP_COLUMNS // 2), length - MAP_COLUMNS)
    return first, first + MAP_COLUMNS


def offered(seen: SeenReading, hidden: HiddenReading | None, position: int) -> dict[str, int]:
    """Ids by token: the predictions of a place, the hidden reading's first, without the token that stands there."""
    found: dict[str, int] = {}
    for each in (hidden, seen):
        if each is not None and (isinstance(each, SeenReading) or each.known[position]):
            ids = each.statistics.top_ids[position].tolist()
            for token, id_ in zip(each.top_tokens[position], ids, strict=True):
                found.setdefault(token, id_)
    stands = int(seen.encoded.ids[position])
    # A column beyond the tokenizer's entries has no token that could be put anywhere.
    return {token: id_ for token, id_ in found.items() if id_ != stands and token != f"<{id_}>"}


def original(encoded: Encoded, position: int) -> str | None:
    """What the text has at an edited position; None where nothing was edited."""
    if position not in dict(encoded.edits):
        return None
    begins, end = encoded.span[position].tolist()
    text = encoded.text_b if encoded.sequence[position] == 1 else encoded.text_a
    return (text or "")[begins:end]


def cut_before(encoded: Encoded, position: int) -> int | None:
    """The code point where a lone text can be cut before the token of a position; None where it can't."""
    # An edit belongs to this tokenisation, and would be left behind.
    if encoded.text_b is not None or encoded.edits or encoded.sequence[position] == TEMPLATE:
        return None
    while encoded.tokens[position].startswith(CONTINUES_WORD) and encoded.word[position] == encoded.word[position - 1]:
        # It is no word of its own on the other page: the cut goes in front of the one that it continues.
        position -= 1
    begins = int(encoded.span[position, 0])
    return next((each.at for each in places(encoded) if each.first <= begins <= each.last), None)
