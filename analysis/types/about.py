"""The tour through the notebook, as it went on one model, and what there is to say of a model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from analysis.choices import Device, Dtype
from analysis.types.inputs import Encoded, Floats, Head, Ints, Provenance
from analysis.types.layers import LayerReading
from analysis.types.mlm import SeenReading
from analysis.types.nsp import NspMeaning


@dataclass(frozen=True, slots=True)
class LogitRow:
    """The logits of one position over the whole vocabulary: how many of them lie where, and the largest.

    ``counts``, int32 [B], are the columns between the ``edges``, float32 [B + 1].
    """

    edges: Floats
    counts: Ints
    largest: float
    token: str


CodeKind = Literal["transformers", "pretext"]
"""In what a step can be typed: in plain transformers, or with this project's functions."""


@dataclass(frozen=True, slots=True)
class TourStep:
    """One step of the tour: ``name`` is what it is about, in a word, ``head`` the one that it asks, if any.

    ``code`` is Python, by its kind, that gives ``values`` (numbers, words and lists of them by name) once the tour's
    preamble of that kind has run; ``published`` are those of the names that the notebook printed, with its values;
    ``why_absent`` says in one sentence why the model could not take the step, which then has no values; None when it
    could. ``basis`` is what its figure is drawn from, where the values are not enough, nor the reading that an earlier
    step brought.
    """

    name: str
    head: Literal["mlm", "nsp", "none"]
    code: Mapping[CodeKind, str]
    values: Mapping[str, Any]
    published: Mapping[str, Any]
    why_absent: str | None
    basis: Encoded | LayerReading | LogitRow | SeenReading | None = None


@dataclass(frozen=True, slots=True)
class TourSteps:
    """The steps in their order, those that have come.

    ``preamble`` is Python, by its kind, that makes what every step's code stands on; ``outputs`` are the keys of what
    plain transformers give for one pass; ``meaning`` says what the second head's answers stand for.
    """

    steps: tuple[TourStep, ...]
    preamble: Mapping[CodeKind, str]
    outputs: tuple[str, ...]
    meaning: NspMeaning
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Ability:
    """Something that a model may be able to do; ``why_not`` says in one sentence why it isn't, None when it is."""

    name: str
    why_not: str | None = None


Library = Literal["torch", "oneDNN", "MKL"]
"""Who makes a product: torch as it comes, or one of the two on weights in their own order."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """Which library makes the products of rows of ``n_in`` numbers by weights [n_out, n_in] here, in which arithmetic.

    ``seconds`` is what each library took when they were timed, for ``n_rows`` and ``n_columns`` of the n_out; empty
    where nothing was to be chosen.
    """

    n_in: int
    n_out: int
    dtype: Dtype
    library: Library
    n_rows: int
    n_columns: int
    seconds: tuple[tuple[Library, float], ...]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The facts of a loaded model; its name, revision and architecture are those of its provenance.

    ``weights_bytes`` are those in memory; ``max_tokens`` is the longest input, special tokens included;
    ``n_vocabulary`` is V, the columns of the masked-LM head, ``n_entries`` those of the tokenizer; ``licence`` is None
    where the checkpoint states none; ``nsp_meaning`` says what the second head was trained on; ``device`` is where it
    computes, ``dtype`` the arithmetic of the encoder's products, ``why_dtype`` why it is that one; ``kernels`` are who
    makes the products of a model whose weights were laid out for this processor, none of any other's; ``abilities`` are
    what it can do and what it can't; ``card`` is the model card in Markdown, None of a model that does not come with
    Pretext.
    """

    n_layers: int
    n_hidden: int
    n_parameters: int
    weights_bytes: int
    max_tokens: int
    n_vocabulary: int
    n_entries: int
    licence: str | None
    mlm: Head
    nsp: Head
    nsp_meaning: NspMeaning
    device: Device
    dtype: Dtype
    why_dtype: str
    kernels: tuple[Kernel, ...]
    abilities: tuple[Ability, ...]
    card: str | None
    provenance: Provenance
