"""The words of a second head, by what it was trained on, and what is said of the controls beside its answers.

BERT's was trained on whether B follows A, ALBERT's on whether the two stand in order. What a page, a figure or a table
calls its answers comes from here, so that nothing is called IsNext that is not.
"""

from dataclasses import dataclass

ORDER_HEAD = (
    "This model's second head was trained on sentence order: logit 0 stands for “in order” where other heads have "
    "IsNext, logit 1 for “swapped” where they have NotNext."
)
LONE_SEGMENT = "A single segment is outside what the next-sentence head was trained on: it always saw two."
_HELD_OUT_OF = "bundled"
"""The spec of the one model whose training left the control passages out."""

CONTROLS = (
    "Controls are passages of your own where you give some, and else of open textbooks and novels in English. Those "
    "were held out of the training of the model that comes with Pretext (“bundled”), but other passages of the same "
    "books were in it; any other model may have read them."
)
"""True of every model; ``controls_of`` says which of the two holds."""
ONE_SEGMENT = LONE_SEGMENT.replace("next-sentence", "second")
"""Of either kind of head."""
ADJACENCY_AUC = "How often a sentence's true successor has a larger margin than another sentence of the same text."
OTHER_TEXT_AUC = (
    "How often a sentence's true successor has a larger margin than a sentence of another text. A head that judges "
    "topic alone does well here and badly within one text."
)
THRESHOLD = (
    "The margin above which a pair should be taken for a true one, so that true successors and controls are parted "
    "best: the largest balanced accuracy, the mean of the share of true successors above it and of controls not above "
    "it (0.5 is chance). The head itself parts them at 0."
)


@dataclass(frozen=True, slots=True)
class Words:
    """What the answers of a second head are called.

    ``kind`` is what it was trained on, as an adjective; ``yes`` and ``no`` are its two answers, columns 0 and 1 of its
    logits; ``margin`` is the name of their difference where no page says what it is; ``order_note`` says what stands in
    for IsNext, nothing where IsNext is right.
    """

    kind: str
    yes: str
    no: str
    margin: str
    order_note: str

    @property
    def p(self) -> str:
        """The name of the first answer's probability: "P(IsNext)"."""
        return f"P({self.yes})"

    @property
    def logits(self) -> tuple[str, str]:
        """The names of the two logits, for columns of tables."""
        return f"logit {self.yes}", f"logit {self.no}"

    @property
    def lone_segment(self) -> str:
        """The caveat of an input without a second segment."""
        return LONE_SEGMENT.replace("next-sentence", self.kind)

    @property
    def lone_margin(self) -> str:
        """The same, said of a margin beside other numbers."""
        return f"{self.margin}: {self.lone_segment[0].lower()}{self.lone_segment[1:]}"

    def says(self, margin_nats: float) -> str:
        """The answer that a margin is on the side of."""
        return self.yes if margin_nats > 0 else self.no

    def called(self, said: str) -> str:
        """A sentence about BERT's own head as it is said of this one."""
        said = said.replace("next-sentence head", f"{self.kind} head")
        return said.replace("IsNext", self.yes).replace("NotNext", self.no)

    def axis(self, unit: str) -> str:
        """The title of an axis of margins, with what either side of 0 means."""
        return f"{self.no}  ←  margin m ({unit})  →  {self.yes}"


_WORDS = {
    "next sentence": Words("next-sentence", "IsNext", "NotNext", "Next-sentence margin", ""),
    "sentence order": Words("sentence-order", "in order", "swapped", "Order margin", ORDER_HEAD),
}


def head_words(meaning: str) -> Words:
    """The words of a head that was trained on this."""
    return _WORDS[meaning]


def controls_of(spec: str, own: str = "") -> str:
    """What controls are, and whether the model of this spec can have read them; ``own`` are a page's own passages."""
    if own.strip():
        return f"Controls are passages of your own. {spec} may have read them."
    what = "Controls are passages of open textbooks and novels. "
    if spec == _HELD_OUT_OF:
        return what + (
            "They were held out of the training of this model, which comes with Pretext, but other passages of the "
            "same books were in it."
        )
    return f"{what}They were held out of the training of Pretext's own model only: {spec} may have read them."
