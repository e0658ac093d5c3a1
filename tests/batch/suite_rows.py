"""Made-up rows in the columns of published suites."""

import json
from collections.abc import Sequence
from typing import Any


def blimp_row(good: str, bad: str, uid: str, field: str = "syntax_semantics") -> dict[str, Any]:
    about = {"field": field, "linguistics_term": "binding", "UID": uid, "simple_LM_method": True, "pairID": "0"}
    return {"sentence_good": good, "sentence_bad": bad, **about}


BLIMP_ROWS = [
    blimp_row("The cat sat on the mat.", "The cat sat mat on the.", "one"),
    blimp_row("She opened the door.", "She opened door the.", "one", "syntax/semantics"),
    blimp_row("The dog was dark.", "The dog was dark.", "one"),
    blimp_row("The room was dark!", "The room dark was!", "two"),
    blimp_row("lynx", "lynxes on mats", "two"),
]


EWOK = {
    "Domain": "rooms",
    "Context1": "The cat sat on the mat.",
    "Context2": "The dog sat on the mat.",
    "Target1": "The cat was dark.",
    "Target2": "The dog was dark.",
    "ContextType": "direct",
    "ContextDiff": "swap",
    "TargetDiff": "swap",
}


CROWS_ROWS = [
    {
        "": number,
        "sent_more": more,
        "sent_less": less,
        "stereo_antistereo": direction,
        "bias_type": kind,
        "annotations": "[]",
    }
    for number, (more, less, direction, kind) in enumerate(
        [
            ("The cat sat on the mat.", "The dog sat on the mat.", "stereo", "cats"),
            ("The dog opened the door!", "The cat opened the door!", "stereo", "dogs"),
            ("She was dark.", "The lynx was dark.", "antistereo", "cats"),
            ("The room was dark", "The room was dark", "antistereo", "rooms"),
        ]
    )
]


def example(number: int, target: str, kind: str, context: str, sentences: Sequence[str]) -> dict[str, Any]:
    labels = ("unrelated", "stereotype", "anti-stereotype")
    made = [
        {"id": f"s{number}{at}", "sentence": text, "labels": [{"label": label, "human_id": "h"}], "gold_label": label}
        for at, (label, text) in enumerate(zip(labels, sentences, strict=True))
    ]
    return {"id": f"e{number}", "target": target, "bias_type": kind, "context": context, "sentences": made}


def filled(number: int, target: str, context: str, words: Sequence[str], kind: str = "profession") -> dict[str, Any]:
    return example(number, target, kind, context, [context.replace("BLANK", word) for word in words])


INTRA = [
    filled(1, "cat", "The cat was BLANK.", ("mat", "dark", "sat")),
    filled(2, "cat", "The BLANK cat sat.", ("on", "lynx", "dark")),
    filled(3, "dog", "The dog sat, BLANK!", ("she", "well-on", "on"), "gender"),
    filled(4, "door", "The door was BLANK", ("dog", "dark", "dark")),
]
INTER = [
    example(5, "cat", "profession", "The cat sat.", ("The door was dark.", "She opened it.", "The cat was dark.")),
    example(6, "dog", "gender", "The dog was dark.", ("on the mat", "The dog sat.", "The dog opened the door.")),
]


def as_read(half: str, examples: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The examples of an array of the file as its reader hands them out: what is nested is JSON."""
    return [{"array": f"data.{half}", **each, "sentences": json.dumps(each["sentences"])} for each in examples]


STEREOSET = as_read("intrasentence", INTRA) + as_read("intersentence", INTER)


CPRAG = [
    {
        "item": number,
        "context_s1": "The cat sat.",
        "context_s2": second,
        "expected": "mat",
        "within_category": within,
        "between_category": "dark",
        "constraint": constraint,
    }
    for number, (second, within, constraint) in enumerate(
        [("It sat on the", "room", "H"), ("The dog sat on the", "door", "L"), ("It sat on the", "lynx", "H")]
    )
]


ROLE = [
    {"item": item, "context": context, "expected": expected, "exp_cloze": cloze, "target": target, "tgt_cloze": 0.0}
    for item, context, expected, cloze, target in [
        ("7-b", "The cat opened the door, the dog had ", "sat on|dark", 0.1, "opened "),
        ("7-a", "The dog opened the door, the cat had ", "opened", 0.5, "opened"),
        ("8-b", "She was on the mat, the cat ", "lynxes|was", 0.3, "sat"),
        ("8-a", "The cat was on the mat, she", "sat", 0.7, "sat"),
    ]
]


SIMP = [
    {
        "item": 0,
        "context_aff": "A cat is (a|an)",
        "context_neg": "A cat is not (a|an)",
        "target_aff": "mat",
        "target_neg": "x",
    },
    {
        "item": 1,
        "context_aff": "A mat is (a|an)",
        "context_neg": "A mat is not (a|an)",
        "target_aff": "a",
        "target_neg": "dog",
    },
]
NAT = [
    {
        "item": 0,
        "context_aff": "The room is",
        "context_neg": "The room isn't",
        "target_aff": "dark",
        "target_neg": "on",
        "licensing": "Y",
    },
    {
        "item": 1,
        "context_aff": "The mat is",
        "context_neg": "The mat isn't",
        "target_aff": "on",
        "target_neg": "dark",
        "licensing": "N",
    },
]


LAMA = [
    {"sub_label": "cat", "obj_label": "mat", "masked_sentences": ["The cat sat on the [MASK] ."], "predicate_id": "P1"},
    {"sub_label": "dog", "obj_label": "lynx", "masked_sentences": ["The dog was a [MASK] ."], "predicate_id": "P1"},
    {"sub_label": "cat", "obj_label": "mat", "masked_sentences": ["A cat on a [MASK] ."], "predicate_id": "P1"},
    {
        "sub_label": "door",
        "obj_label": "dark",
        "masked_sentences": ["The door was [MASK] .", "A [MASK] ."],
        "predicate_id": "P2",
    },
]
