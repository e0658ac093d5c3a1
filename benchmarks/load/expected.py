"""What a page must say of its texts: asked of the model in this process, worded by the page itself, and compared."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from benchmarks.load.acts import Asked, Said, Verdict

if TYPE_CHECKING:
    from analysis.models.bundle import ModelBundle
    from analysis.questions import Text
    from dashboard.page import Page

_NUMBER = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?(?:e[−-]?\d+)?(?: ?%)?")
_COUNTED_BELOW = 100

_ROUNDING = "Residual of the gradients"
"""A number that measures what rounding has done: it is another one in every batch."""


class Expectations:
    """What pages say of one model; each is made once."""

    def __init__(self, bundle: "ModelBundle") -> None:
        from dashboard.about import About

        self._bundle, self._about = bundle, About.of(bundle)
        self._made: dict[Asked, Said] = {}

    def of(self, asked: Asked) -> Said:
        """What a page must say when all of it has been read."""
        if asked not in self._made:
            self._made[asked] = self._make(asked)
        return self._made[asked]

    def _make(self, asked: Asked) -> Said:
        from analysis.errors import PretextError
        from analysis.tasks import ask
        from dashboard.drawing.palette import palette
        from dashboard.page import Look, Results
        from dashboard.pages import PAGES
        from dashboard.sections import Numbers, flattened
        from dashboard.view import ViewState, options

        page = PAGES[asked.page]
        first = page.begins_with(self._about)
        texts = _texts(page, {"text_a": first.text_a, "text_b": first.text_b}, dict(asked.typed))
        view = page.check(ViewState(page.key, self._bundle.spec, texts, options(dict(first.options))))
        questions, found, failed = page.questions(view, self._about), {}, {}
        for name, question in questions.items():
            try:
                found[name] = ask(self._bundle, question)
            except PretextError as error:
                failed[name] = str(error)
        results = Results(found, frozenset(found), failed, questions)
        view, look = page.settled(view, results), Look(palette("light"))
        sentence = page.answer(view, results, look)
        numbers = [
            number
            for section in flattened(page.sections(view, results, look))
            if isinstance(section, Numbers)
            for number in section.items
        ]
        return Said(
            "" if sentence is None else " ".join(sentence.text.split()),
            tuple(" ".join(" ".join((each.name, each.value, each.below)).split()) for each in numbers),
        )


def _texts(page: "Page", example: Mapping[str, str | None], typed: Mapping[str, str]) -> tuple["Text", ...]:
    from analysis.questions import Text

    text_a = typed.get(f"{page.home}.text_a", example["text_a"] or "")
    text_b = typed.get(f"{page.home}.text_b", example["text_b"])
    if page.texts.kind == "sides":
        return Text(text_a), Text(text_b or "")
    return (Text(text_a, text_b),)


def compared(shown: Said, expected: Said) -> Verdict:
    """Whether a page has said what it must."""
    if len(shown.numbers) != len(expected.numbers):
        return "wrong"
    pairs = [(shown.answer, expected.answer), *zip(shown.numbers, expected.numbers, strict=True)]
    verdicts = [_one(*each) for each in pairs if not all(text.startswith(_ROUNDING) for text in each)]
    return next((each for each in ("wrong", "last digit") if each in verdicts), "same")


def _one(shown: str, expected: str) -> Verdict:
    if shown == expected:
        return "same"
    if _NUMBER.sub("#", shown) != _NUMBER.sub("#", expected):
        return "wrong"
    numbers = zip(_NUMBER.findall(shown), _NUMBER.findall(expected), strict=True)
    return "last digit" if all(_near(*each) for each in numbers) else "wrong"


def _near(shown: str, expected: str) -> bool:
    """Whether two printed numbers differ by one in the last digit at most.

    The server reads in other batches than one text alone, and sums of single precision depend on that in their last
    bits: a number that lies between two printed ones may be printed as either, and odds or ranks of hundreds may be one
    more or less. Positions and counts may not.
    """
    if shown == expected:
        return True
    one, other = (Decimal(each.rstrip(" %").replace(",", "").replace("−", "-")) for each in (shown, expected))
    if not {".", "%", "e"} & {*shown, *expected} and min(abs(one), abs(other)) < _COUNTED_BELOW:
        return False
    units = {Decimal(1).scaleb(int(each.as_tuple().exponent)) for each in (one, other)}
    # Only 9.9e−5 and 1.0e−4 are neighbours of different units.
    return abs(one - other) <= max(units) and (len(units) == 1 or "e" in shown)
