"""The notebook *How BERT is Trained* as steps: code that runs, what it gave, and what the notebook published.

Each step is a function of the notebook's two sentences. Its source is what is shown and it is what is called, so the
code on a page is the code that ran; ``notebook_code`` has the same in plain transformers.
"""

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis import export
from analysis.errors import InputError, PretextError
from analysis.models.bundle import ModelBundle
from analysis.models.forward import Rows, forward
from analysis.passages.notebook import NOTEBOOK_A, NOTEBOOK_B
from analysis.questions import Tour
from analysis.task import Task, of_one
from analysis.tasks import notebook_code
from analysis.tasks.layers import read_layers
from analysis.tasks.readings import read_seen
from analysis.tasks.segmentations import compare_segmentations
from analysis.texts.encoding import encode
from analysis.texts.pieces import reads
from analysis.types import CodeKind, Encoded, LayerReading, LogitRow, SeenReading, TourStep, TourSteps
from analysis.types.inputs import frozen

_PLACES, _BARS = 5, 40
"""Predictions of a position, and bars of a row of logits, in the figures."""
_IMPORTS = """\
from analysis import compare_segmentations, load_bundle, read_layers, read_seen
from analysis.models.forward import Rows, forward
from analysis.texts.encoding import encode
"""


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


def where_it_forms(bundle: ModelBundle, a: str, b: str) -> dict[str, Any]:
    found = read_layers(bundle, f"{a} {b}", mask=1)
    return {
        "layers": found.n_layers,
        "first after each": [words[0][0] for words in found.top_tokens],
        "answer comes first after": int(found.first_at[0]),
        "and stays from": int(found.settles_at[0]),
    }


def one_segment(bundle: ModelBundle, a: str, b: str) -> dict[str, Any]:
    answer = compare_segmentations(bundle, a, b)["one_segment"].nsp
    return {
        "logits": [round(answer.logit_is_next, 4), round(answer.logit_not_next, 4)],
        "margin (nats)": answer.margin_nats,
        "P(IsNext)": answer.p_is_next,
    }


def two_segments(bundle: ModelBundle, a: str, b: str) -> dict[str, Any]:
    variants = compare_segmentations(bundle, a, b)
    pair = variants["correct"]
    return {
        "tokens": len(pair.encoded),
        "logits": [round(pair.nsp.logit_is_next, 4), round(pair.nsp.logit_not_next, 4)],
        "margin (nats)": pair.nsp.margin_nats,
        "argmax": 0 if pair.nsp.margin_nats > 0 else 1,
        "margin of one segment (nats)": variants["one_segment"].nsp.margin_nats,
    }


def _seen(bundle: ModelBundle, a: str, b: str) -> SeenReading:
    return read_seen(bundle, f"{a} {b}", k=_PLACES)


def _layers(bundle: ModelBundle, a: str, b: str) -> LayerReading:
    return read_layers(bundle, f"{a} {b}", mask=1, k=1)


def _row(bundle: ModelBundle, a: str, b: str) -> LogitRow:
    """The row of the position that the next step looks at."""
    kept: list[Any] = []
    forward(
        bundle,
        [encode(bundle, f"{a} {b}")],
        mlm=(Rows(inputs=[0], positions=[2]), lambda chunk, start: kept.append(chunk[0].cpu().numpy())),
    )
    counts, edges = np.histogram(kept[0], bins=_BARS)
    best = int(kept[0].argmax())
    (token,) = bundle.tokens_of([best])
    return LogitRow(frozen(edges.astype(np.float32)), frozen(counts.astype(np.int32)), float(kept[0][best]), token)


@dataclass(frozen=True, slots=True)
class _Step:
    """A function of this file, the head that it asks, and what the notebook printed of its values."""

    run: Callable[[ModelBundle, str, str], dict[str, Any]]
    head: Literal["mlm", "nsp", "none"]
    published: Mapping[str, Any]
    basis: Callable[[ModelBundle, str, str], Encoded | LayerReading | LogitRow | SeenReading | None] = lambda *_given: (
        None
    )

    @property
    def code(self) -> str:
        """The source of what runs, without the function around it."""
        body = inspect.getsource(self.run).split("\n", 1)[1]
        return textwrap.dedent(body).rstrip().replace("return ", "values = ", 1)


_STEPS = {
    "tokens": _Step(tokens, "none", {"tokens": 62}, lambda bundle, a, b: encode(bundle, f"{a} {b}")),
    "logits": _Step(logits, "mlm", {"shape": [1, 62, 30522], "first three logits": [-7.6192, -7.5433, -7.6124]}, _row),
    "one_position": _Step(one_position, "mlm", {"argmax": 8181, "its token": "abraham"}, _seen),
    "greedy_read_out": _Step(
        greedy_read_out,
        "mlm",
        {
            "read-out": (
                "##ecin although abraham lincolnshire won 1948 november 1860 presidential primaries on his anti - "
                "slavery platform , an initial seven tributary states declared their independence from the country "
                "to form ##ici confederacy ##yre war broke out in april 1861 when ##oya ##ist forces occupied fort "
                "sum ##mer for south carolina ##trip just over a month before grant ' s inauguration ; ##tson"
            )
        },
    ),
    "masks": _Step(masks, "mlm", {"first [MASK]": "primaries", "second [MASK]": "occupied"}),
    "where_it_forms": _Step(where_it_forms, "mlm", {}, _layers),
    "one_segment": _Step(one_segment, "nsp", {"logits": [2.8256, -1.6897], "margin (nats)": 4.5153}),
    "two_segments": _Step(
        two_segments,
        "nsp",
        {"tokens": 63, "logits": [6.0915, -5.6939], "margin (nats)": 11.7854, "argmax": 0},
    ),
}


def _read(bundle: ModelBundle, _plan: tuple[str, ...], name: str) -> TourStep:
    step = _STEPS[name]
    values: dict[str, Any] = {}
    basis, why_absent = None, None if step.head == "none" else getattr(bundle, step.head).why_absent
    if why_absent is None:
        try:
            values, basis = step.run(bundle, *_texts(bundle)), step.basis(bundle, *_texts(bundle))
        except PretextError as error:
            # A step that fails says why, and leaves the others as they are.
            why_absent, values = str(error), {}
    # What asks a head that is not there, or layers that are not known, has no code in plain transformers.
    plain = notebook_code.code(name, bundle) if why_absent is None else ""
    code: dict[CodeKind, str] = {"transformers": plain, "pretext": step.code}
    return TourStep(name, step.head, code, values, deepcopy(step.published), why_absent, basis)


def _assemble(bundle: ModelBundle, _plan: tuple[str, ...], parts: Sequence[TourStep]) -> TourSteps | None:
    if not parts:
        return None
    a, b = _texts(bundle)
    preamble: dict[CodeKind, str] = {
        "transformers": notebook_code.preamble(bundle, a, b),
        "pretext": f"{_IMPORTS}\nbundle = load_bundle({bundle.spec!r})\na = {a!r}\nb = {b!r}\n",
    }
    outputs = notebook_code.outputs_of(bundle).keys
    return TourSteps(tuple(parts), preamble, outputs, bundle.nsp_meaning, bundle.provenance())


def _texts(bundle: ModelBundle) -> tuple[str, str]:
    """The notebook's two sentences, with the mask token that this model knows."""
    mask = bundle.tokenizer.mask_token
    return NOTEBOOK_A.replace("[MASK]", mask), NOTEBOOK_B.replace("[MASK]", mask)


def _plan(bundle: ModelBundle, _question: Tour) -> tuple[str, ...]:
    if not reads(bundle, *_texts(bundle)):
        raise InputError(
            "The tour reads the notebook's text, which is English, and this model has no pieces for most of it: choose "
            "a model that reads English, such as 'bundled'."
        )
    return tuple(_STEPS)


TOUR = Task(
    plan=of_one(_plan),
    chunks=lambda _models, plan, _tokens: plan,
    read=of_one(_read),
    assemble=of_one(_assemble),
    export=export.tour_steps,
    unit="steps",
    size=len,
)
