"""The notebook *How BERT is Trained* as steps: code that runs, its live numbers, the published ones, what to notice.

Each step's code is a function below; the page prints its source and calls it, so what is shown is what ran. Sentences
about numbers are made from the numbers (``notice``), and hold for any checkpoint, trained or not.
"""

import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.models.bundle import ModelBundle
from analysis.models.forward import Rows, forward
from analysis.tasks.seen import read_seen
from analysis.tasks.segmentations import compare_segmentations
from analysis.texts.encoding import encode
from dashboard.examples import NOTEBOOK_A, NOTEBOOK_B
from dashboard.glossary import margin_text, p_text

PUBLISHED_MODEL = "bert-base-uncased"

IMPORTS = """\
from analysis import compare_segmentations, load_bundle, read_seen
from analysis.encoding import encode
from analysis.forward import Rows, forward
"""

Values = Mapping[str, Any]

_FLAT_NATS = 0.005
"""Below this a difference of margins prints as 0.00, and no direction is claimed for it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the tour.

    Attributes
    ----------
    title, before
        Heading, and what is about to happen (true of any model).
    run
        ``(bundle, a, b) -> {name: value}`` for the notebook's two sentences; its source is what the page prints.
    published
        The notebook's value of each name that it printed.
    notice
        What the live values show, in words made from them.
    needs_nsp
        Whether the step asks the next-sentence head.
    """

    title: str
    before: str
    run: Callable[[ModelBundle, str, str], dict[str, Any]]
    published: Values
    notice: Callable[[Values], str]
    needs_nsp: bool = False

    def why_not(self, bundle: ModelBundle) -> str | None:
        """Why this model can't take the step, in one sentence; None when it can."""
        return (bundle.nsp if self.needs_nsp else bundle.mlm).why_absent

    @property
    def code(self) -> str:
        """The source of what runs, without the function around it."""
        lines = inspect.getsource(self.run).splitlines()
        body = [line for line in lines[1:] if not line.strip().startswith('"""')]
        return textwrap.dedent("\n".join(body)).replace("return ", "values = ", 1)


def tokens(bundle: ModelBundle, a: str, b: str) -> dict[str, Any]:
    encoded = encode(bundle, f"{a} {b}")
    return {
        "tokens": len(encoded),
        "first five": " ".join(encoded.tokens[:5]),
        "first five ids": encoded.ids[:5].tolist(),
        "masks at": [i for i, id_ in enumerate(encoded.ids) if id_ == bundle.tokenizer.mask_token_id],
    }


def logits(bundle: ModelBundle, a: str, b: str) -> dict[str, Any]:
    encoded = encode(bundle, f"{a} {b}")
    kept = []
    first_row = Rows(inputs=[0], positions=[0])
    forward(bundle, [encoded], mlm=(first_row, lambda chunk, start: kept.append(chunk[0, :3].tolist())))
    return {
        "shape": [1, len(encoded), bundle.n_vocabulary],
        "first three logits": [round(logit, 4) for logit in kept[0]],
    }


def one_position(bundle: ModelBundle, a: str, b: str) -> dict[str, Any]:
    reading = read_seen(bundle, f"{a} {b}")
    return {
        "token": reading.encoded.tokens[2],
        "argmax": int(reading.statistics.top_ids[2, 0]),
        "its token": reading.top_tokens[2][0],
        "p": float(reading.statistics.top_p[2, 0]),
    }


def greedy_read_out(bundle: ModelBundle, a: str, b: str) -> dict[str, Any]:
    reading = read_seen(bundle, f"{a} {b}")
    encoded, best = reading.encoded, reading.statistics.top_ids[:, 0]
    differs = (best != encoded.ids) & ~encoded.outside
    return {
        "read-out": " ".join(words[0] for words in reading.top_tokens),
        "positions that count": encoded.n_counted,
        "read back as something else": int(differs.sum()),
    }


def masks(bundle: ModelBundle, a: str, b: str) -> dict[str, Any]:
    reading = read_seen(bundle, f"{a} {b}")
    first, second = (i for i, id_ in enumerate(reading.encoded.ids) if id_ == bundle.tokenizer.mask_token_id)
    return {
        "first [MASK]": reading.top_tokens[first][0],
        "p of the first": float(reading.statistics.top_p[first, 0]),
        "second [MASK]": reading.top_tokens[second][0],
        "p of the second": float(reading.statistics.top_p[second, 0]),
    }


def one_segment(bundle: ModelBundle, a: str, b: str) -> dict[str, Any]:
    answer = compare_segmentations(bundle, a, b)["one_segment"].nsp
    return {
        "logits": [round(answer.logit_is_next, 4), round(answer.logit_not_next, 4)],
        "margin": answer.margin_nats,
        "P(IsNext)": answer.p_is_next,
    }


def two_segments(bundle: ModelBundle, a: str, b: str) -> dict[str, Any]:
    variants = compare_segmentations(bundle, a, b)
    pair = variants["correct"]
    return {
        "tokens": len(pair.encoded),
        "logits": [round(pair.nsp.logit_is_next, 4), round(pair.nsp.logit_not_next, 4)],
        "margin": pair.nsp.margin_nats,
        "argmax": 0 if pair.nsp.margin_nats > 0 else 1,
        "margin of one segment": variants["one_segment"].nsp.margin_nats,
    }


def _notice_tokens(live: Values) -> str:
    return (
        f"The tokenizer makes {live['tokens']} tokens of the text, the two special ones included. A word that is "
        "not in the vocabulary is cut into pieces that are."
    )


def _notice_logits(live: Values) -> str:
    _, positions, columns = live["shape"]
    return (
        f"Every one of the {positions} positions gets {columns:,} numbers, one for each column of the head: "
        f"{positions * columns:,} in all. Softmax over a row makes it a distribution."
    )


def _notice_one_position(live: Values) -> str:
    same = live["its token"] == live["token"]
    verb = "reads back the token that stands there" if same else f"puts '{live['its token']}' there instead"
    return f"At position 2 stands '{live['token']}', and the head {verb}, with p {p_text(live['p'])}."


def _notice_read_out(live: Values) -> str:
    changed, n = live["read back as something else"], live["positions that count"]
    if changed == 0:
        return f"All {n} tokens come back as they were: seeing the word, this head copies it."
    return f"{n - changed} of {n} tokens come back as they were, {changed} as something else."


def _notice_masks(live: Values) -> str:
    return (
        "Where the word is hidden the head has to guess: "
        f"'{live['first [MASK]']}' with p {p_text(live['p of the first'])} and "
        f"'{live['second [MASK]']}' with p {p_text(live['p of the second'])}. The text had 'election' and 'attacked'."
    )


def _notice_one_segment(live: Values) -> str:
    side = _side(live["margin"])
    return (
        f"With one segment the margin is {margin_text(live['margin'])}{side}. But the head was never trained on a "
        "single segment, so there is no question here that it could answer."
    )


def _notice_two_segments(live: Values) -> str:
    change = live["margin"] - live["margin of one segment"]
    if abs(change) < _FLAT_NATS:
        moved = "leaves the margin where it was"
    else:
        moved = f"{'raises' if change > 0 else 'lowers'} the margin by {abs(change):.2f} nats"
    return (
        f"Cut in two, with its [SEP] and segment ids 0 and 1, the same text has {margin_text(live['margin'])}"
        f"{_side(live['margin'])}. Telling the head where B begins {moved}."
    )


def _side(margin: float) -> str:
    if abs(margin) < _FLAT_NATS:
        return ", neither IsNext nor NotNext"
    return ", on the side of IsNext" if margin > 0 else ", on the side of NotNext"


STEPS = (
    Step(
        "A text becomes tokens",
        "The model knows a fixed vocabulary of pieces. The text is cut into them, and two special tokens frame it.",
        tokens,
        {"tokens": 62},
        _notice_tokens,
    ),
    Step(
        "One pass gives logits for every position",
        "The encoder turns each token into a vector that depends on all the others. The masked-LM head turns each "
        "vector into one number, a logit, for each entry of the vocabulary.",
        logits,
        {"shape": [1, 62, 30522], "first three logits": [-7.6192, -7.5433, -7.6124]},
        _notice_logits,
    ),
    Step(
        "One position",
        "The entry with the largest logit is what the head finds most probable there.",
        one_position,
        {"argmax": 8181, "its token": "abraham"},
        _notice_one_position,
    ),
    Step(
        "The greedy read-out",
        "Take the most probable token at every position and print them in a row. Each position saw its own token.",
        greedy_read_out,
        {
            "read-out": (
                "##ecin although abraham lincolnshire won 1948 november 1860 presidential primaries on his anti - "
                "slavery platform , an initial seven tributary states declared their independence from the country to "
                "form ##ici confederacy ##yre war broke out in april 1861 when ##oya ##ist forces occupied fort sum "
                "##mer for south carolina ##trip just over a month before grant ' s inauguration ; ##tson"
            )
        },
        _notice_read_out,
    ),
    Step(
        "The two masks",
        "This is what such a head is trained for: in BERT's recipe 15 % of the pieces are chosen, most of them shown "
        "as [MASK], and the head has to name them.",
        masks,
        {"first [MASK]": "primaries", "second [MASK]": "occupied"},
        _notice_masks,
    ),
    Step(
        "The next-sentence head, asked wrongly",
        "The second head reads [CLS] and gives two logits: the first for IsNext, the second for NotNext. Here it gets "
        "the whole text as one segment.",
        one_segment,
        {"logits": [2.8256, -1.6897], "margin": 4.5153},
        _notice_one_segment,
        needs_nsp=True,
    ),
    Step(
        "The next-sentence head, asked rightly",
        "Now the text is cut after 'Confederacy.': [CLS] A [SEP] B [SEP], with segment ids 0 for A and 1 for B.",
        two_segments,
        {"tokens": 63, "logits": [6.0915, -5.6939], "margin": 11.7854, "argmax": 0},
        _notice_two_segments,
        needs_nsp=True,
    ),
)


def run(step: Step, bundle: ModelBundle) -> dict[str, Any]:
    """The live values of a step."""
    return step.run(bundle, *texts(bundle))


def texts(bundle: ModelBundle) -> tuple[str, str]:
    """The notebook's two sentences, with the mask token that this model knows."""
    mask = bundle.tokenizer.mask_token
    return NOTEBOOK_A.replace("[MASK]", mask), NOTEBOOK_B.replace("[MASK]", mask)


def preamble(bundle: ModelBundle) -> str:
    """The lines that make every step's code run on its own."""
    a, b = texts(bundle)
    return f"{IMPORTS}\nbundle = load_bundle({bundle.spec!r})\na = {a!r}\nb = {b!r}\n"


def rows(step: Step, live: Values) -> list[tuple[str, str, str]]:
    """``(name, live, published)`` of every value of a step, as text."""
    return [
        (name, _text(value, name), _text(step.published[name], name) if name in step.published else "–")
        for name, value in live.items()
    ]


def _text(value: object, name: str) -> str:
    if isinstance(value, float):
        text = f"{value:.4f}"
        saturated = name.startswith(("p", "P")) and text in {"0.0000", "1.0000"}
        return p_text(value) if saturated else text
    if isinstance(value, list):
        return ", ".join(_text(part, name) for part in value)
    return str(value)
