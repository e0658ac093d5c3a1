"""The numbers of a head, in words: what each means, how it is printed, and what attention does not show."""

from dashboard.glossary import Measure

_SHARE = ("", 0, 1)
_OF_QUERIES = "the mean over the text's own tokens, [CLS], [SEP], [PAD] and [MASK] left out as those that look"

HEAD_MEASURES: dict[str, Measure] = {
    each.key: each
    for each in (
        Measure(
            "entropy_bits",
            "mean entropy",
            "H",
            "bits",
            0,
            12,
            "How widely a token's attention is spread: 0 when all of its weight lies on one token, log2 of the number "
            f"of tokens when all have as much; {_OF_QUERIES}.",
        ),
        Measure(
            "share_previous",
            "to the previous token",
            "←1",
            *_SHARE,
            f"The share of a token's weight that lies on the token before it; {_OF_QUERIES}.",
        ),
        Measure(
            "share_next",
            "to the next token",
            "→1",
            *_SHARE,
            f"The share of a token's weight that lies on the token behind it; {_OF_QUERIES}.",
        ),
        Measure(
            "share_self",
            "to itself",
            "↺",
            *_SHARE,
            f"The share of a token's weight that lies on the token itself; {_OF_QUERIES}.",
        ),
        Measure(
            "share_cls",
            "to [CLS]",
            "[CLS]",
            *_SHARE,
            f"The share of a token's weight that lies on the template's first token; {_OF_QUERIES}.",
        ),
        Measure(
            "share_sep",
            "to [SEP]",
            "[SEP]",
            *_SHARE,
            "The share of a token's weight that lies on the template's other tokens, where a head may look when what "
            f"it looks for is not there (as Clark et al. 2019 suggest); {_OF_QUERIES}.",
        ),
        Measure(
            "distance_tokens",
            "mean distance in tokens",
            "|i − j|",
            "",
            0,
            512,
            f"How far away a token looks: the distance to every token, by its weight; {_OF_QUERIES}.",
        ),
        Measure(
            "share_a_to_b",
            "from A to B",
            "A→B",
            *_SHARE,
            "The share of the weight of A's tokens that lies on B's, special tokens left out on both sides.",
        ),
        Measure(
            "share_b_to_a",
            "from B to A",
            "B→A",
            *_SHARE,
            "The share of the weight of B's tokens that lies on A's, special tokens left out on both sides.",
        ),
    )
}
"""By the fields of ``HeadSummaries``."""

SHORT = {
    "entropy_bits": "entropy",
    "share_previous": "previous",
    "share_next": "next",
    "share_self": "itself",
    "share_cls": "[CLS]",
    "share_sep": "[SEP]",
    "distance_tokens": "distance",
    "share_a_to_b": "A to B",
    "share_b_to_a": "B to A",
}
"""The same for a narrow list."""

OF_PAIRS = ("share_a_to_b", "share_b_to_a")
"""What only a pair has."""

TELLING = (
    "The most telling head is the one whose mean entropy is lowest among those that have less than half of their "
    "weight on [CLS] and [SEP]."
)
CAVEAT = (
    "Attention shows where a head takes from, not what it takes nor whether the answer rests on it: very different "
    "weights can give the same prediction (Jain and Wallace 2019, “Attention is not Explanation”)."
)
AVERAGE = "The average hides what the heads do one by one: a place that a few of them look at has a little of each."
