"""Whether a text has gaps, and what stands around them."""

from analysis.errors import InputError
from analysis.questions import Text
from analysis.texts.text import check_text
from analysis.types import FillResult

_CONTEXT, _GAP = 32, "____"


def has_gap(text: Text, mask_token: str) -> bool:
    """Whether there is something to fill; of texts that can't be read, the reading says what is wrong."""
    try:
        for each in _texts(text):
            check_text(each)
    except InputError:
        return True
    return count_gaps(text, mask_token) > 0


def count_gaps(text: Text, mask_token: str) -> int:
    """How many gaps a text can have, with its second segment: an edit may be one too."""
    return sum(each.count(mask_token) for each in _texts(text)) + len(text.edits)


def numbers(result: FillResult) -> dict[int, int]:
    """The numbers of the gaps by their positions."""
    return {position: gap for gap, position in enumerate(result.positions, start=1)}


def around(result: FillResult, gap: int) -> str:
    """A gap with the words around it; other gaps keep their mask token, so that neighbours can be told apart."""
    encoded, position = result.encoded, result.positions[gap - 1]
    text = (encoded.text_b if encoded.sequence[position] == 1 else encoded.text_a) or ""
    begins, end = encoded.span[position].tolist()
    before, after = text[:begins], text[end:]
    if len(before) > _CONTEXT:
        before = f"… {before[-_CONTEXT:].partition(' ')[2]}"
    if len(after) > _CONTEXT:
        after = f"{after[:_CONTEXT].rpartition(' ')[0]} …"
    return f"{before}{_GAP}{after}"


def _texts(text: Text) -> list[str]:
    return [each for each in (text.text_a, text.text_b) if each is not None]
