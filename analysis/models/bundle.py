"""A loaded model with everything that a computation needs, and the gate that its forward passes go through."""

import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np

from analysis.choices import Device, Dtype
from analysis.limits import FORWARDS_AT_ONCE
from analysis.models.turns import Turns
from analysis.types import Head, Kernel, NspMeaning, PieceKind, Provenance
from analysis.version import SCHEMA_VERSION, __version__

_TURNS = Turns(FORWARDS_AT_ONCE)

_DTYPE_IN_WORDS: dict[Dtype, str] = {"fp32": "float32", "bf16": "bfloat16 encoder, float32 heads"}


class Gate:
    """Gives forward passes their turns, over all models, and counts the callers of one model."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.present = 0
        """How many callers are computing with this model or waiting to."""

    @contextmanager
    def __call__(self, size: int = 0) -> Generator[None]:
        """Hold a turn; ``size`` is how many tokens go through the model in it."""
        with self._lock:
            self.present += 1
        try:
            with _TURNS.turn(size):
                yield
        finally:
            with self._lock:
                self.present -= 1


@dataclass(frozen=True, slots=True, eq=False)
class ModelBundle:
    """A loaded checkpoint with everything a computation needs, and which of its heads are real.

    Attributes
    ----------
    spec, revision
        What was asked for, and the hub's commit or ``sha256:`` of the folder's files (of the bundled one's weights).
    nsp_meaning
        What the second head was trained on.
    max_tokens
        Longest input, special tokens included: one that runs.
    n_vocabulary
        V: columns of the masked-LM head's logits, which may exceed the tokenizer's entries.
    vocabulary_hash
        SHA-256 over the tokenizer's entries by id: equal hashes, equal tokens.
    outside_ids
        Ids of [CLS], [SEP], [PAD] and [MASK], and of what marks begin and end: as the template's tokens, they don't
        count where somebody typed them.
    writes
        How the vocabulary writes its pieces.
    letters
        Of a vocabulary of single letters whose tokenizer can't part them where they stand together, these letters.
    uses_segment_ids, on_pairs
        Whether the model is given segment ids, and whether its family was trained on two texts told apart by them.
    uses_mask
        Whether it is given an attention mask.
    device
        Where it computes.
    dtype, why_dtype
        Arithmetic of the encoder's products, and why it is that one.
    kernels
        Who makes the products, where the weights were laid out for it.
    gate
        Every forward pass goes through it; while someone is inside, the model is not put away.
    tokenizer_lock
        Held during the tokenizer's only call: a fast tokenizer is not safe to share without it.
    normal_forms, strings, pieces
        What the tokenizer has been asked for of characters, of ids and of the bank's texts (ids int32 [n] and where
        each begins), so that a corpus or the next visitor need not ask for each again.
    """

    spec: str
    revision: str
    model: Any
    tokenizer: Any
    architecture: str
    mlm: Head
    nsp: Head
    nsp_meaning: NspMeaning
    max_tokens: int
    n_layers: int
    n_hidden: int
    n_vocabulary: int
    n_parameters: int
    n_bytes: int
    vocabulary_hash: str
    outside_ids: tuple[int, ...]
    mask_id: int
    unk: str
    unk_id: int
    pad_id: int
    uses_segment_ids: bool
    on_pairs: bool
    writes: PieceKind
    uses_mask: bool
    licence: str | None
    letters: frozenset[str] = frozenset()
    device: Device = "cpu"
    dtype: Dtype = "fp32"
    why_dtype: str = "as asked for"
    kernels: tuple[Kernel, ...] = ()
    gate: Gate = field(default_factory=Gate, repr=False)
    tokenizer_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    normal_forms: dict[str, str] = field(default_factory=dict, repr=False)
    strings: dict[int, str] = field(default_factory=dict, repr=False)
    pieces: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict, repr=False)

    def tokens_of(self, ids: Iterable[int] | np.ndarray) -> tuple[str, ...]:
        """The vocabulary's strings of these ids; a column beyond the tokenizer's entries reads ``<id>``."""
        asked, known = ids.tolist() if isinstance(ids, np.ndarray) else [int(i) for i in ids], self.strings
        if not known.keys() >= set(asked):
            found = self.tokenizer.convert_ids_to_tokens(asked)
            known.update({i: f"<{i}>" if token is None else token for i, token in zip(asked, found, strict=True)})
        return tuple([known[i] for i in asked])

    def provenance(self, truncation: str = "none") -> Provenance:
        """The record that goes with every number of this model."""
        return Provenance(
            spec=self.spec,
            revision=self.revision,
            heads=(("mlm", self.mlm.real), ("nsp", self.nsp.real)),
            architecture=self.architecture,
            dtype=_DTYPE_IN_WORDS[self.dtype] + ("" if self.device == "cpu" else f", on {self.device}"),
            schema=SCHEMA_VERSION,
            versions=library_versions(),
            truncation=truncation,
        )


@cache
def library_versions() -> tuple[tuple[str, str], ...]:
    """Versions of Pretext and of the libraries that the numbers depend on."""
    return (
        ("pretext", __version__),
        *((name, version(name)) for name in ("torch", "transformers", "tokenizers", "numpy")),
    )
