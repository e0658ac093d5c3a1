"""How a text goes along from one page to another."""

from analysis.limits import MAX_TEXT_CHARS
from analysis.lines import one_a_line
from analysis.questions import Text
from analysis.texts.sentences import joined, sentences
from dashboard.page import TextsKind


def carried(text: Text, source: TextsKind, target: TextsKind) -> tuple[Text, ...]:
    """A text as the fields of another page take it: cut into two or more, or joined, where they are made for that."""
    first = joined(one_a_line(text.text_a)) if source == "lines" else text.text_a
    whole = joined(filter(None, (first, text.text_b)))
    spans = sentences(whole) if len(whole) <= MAX_TEXT_CHARS else ()
    if target in {"lines", "table"}:
        return (Text("\n".join(" ".join(one_a_line(whole[begins:end])) for begins, end in spans) or whole),)
    if target == "pair":
        cut = spans[1][0] if len(spans) > 1 else len(whole)
        return (Text(first, text.text_b) if text.text_b is not None else Text(whole[:cut].rstrip(), whole[cut:]),)
    if target in {"segments", "sides"}:
        return (Text(first, text.text_b),) * (2 if target == "sides" else 1)
    return (Text(whole),)
