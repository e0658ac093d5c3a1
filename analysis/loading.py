"""The owner of the models: from a spec to a ``ModelBundle``, loaded once and kept within a budget of bytes.

A spec is ``bundled``, a Hugging Face id (``bert-base-uncased``, ``owner/name``, with ``@revision`` if one is meant) or
a folder. Weights are read from safetensors only, no remote code is run, and a head whose weights the checkpoint lacks
is reported as absent instead of being used at random.
"""

import hashlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub.utils import logging as hub_logging
from transformers import AutoConfig, AutoModelForMaskedLM, AutoModelForPreTraining, AutoTokenizer
from transformers.utils import logging as transformers_logging

from analysis import hub
from analysis.errors import InputError, ModelError
from analysis.limits import DEFAULT_MODEL_MEMORY_BYTES, FORWARDS_AT_ONCE, MAX_SPEC_CHARS, MAX_WEIGHTS_BYTES
from analysis.types import Head, NspMeaning, Provenance
from analysis.version import SCHEMA_VERSION, __version__

BUNDLED = "bundled"
BUNDLED_FOLDER = Path(__file__).parent / "bundled"
BUNDLED_LICENCE = "Apache-2.0 (weights); trained on CC BY 4.0 and CC0 texts"

_TWO_HEADED: dict[str, NspMeaning] = {
    "bert": "next sentence",
    "mobilebert": "next sentence",
    "ernie": "next sentence",
    "megatron-bert": "next sentence",
    "fnet": "next sentence",
    "big_bird": "next sentence",
    "albert": "sentence order",
}
"""Architectures whose pre-training class has both heads in transformers, and what the second one was trained on."""

_NSP_HEAD_NAMES = ("pooler", "seq_relationship", "sop_classifier")
_MLM_HEAD_NAMES = frozenset(
    {"predictions", "lm_head", "cls", "vocab_transform", "vocab_layer_norm", "vocab_projector", "head", "decoder"}
)
_POSITIONS_AFTER_PADDING = frozenset(
    {"roberta", "camembert", "xlm-roberta", "xlm-roberta-xl", "data2vec-text", "mpnet"}
)
"""Architectures that number positions from the padding id on, so that fewer are left than the config says."""


_TURNS = threading.BoundedSemaphore(FORWARDS_AT_ONCE)
_READING = threading.Lock()
"""``from_pretrained`` changes torch for the whole process meanwhile: two at once gave models without their weights."""


class Gate:
    """Lets a bounded number of forward passes run at once, over all models, and counts the callers of one model."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._present = 0

    @property
    def present(self) -> int:
        """How many callers are computing with this model or waiting to."""
        return self._present

    @contextmanager
    def __call__(self) -> Generator[None]:
        with self._lock:
            self._present += 1
        try:
            with _TURNS:
                yield
        finally:
            with self._lock:
                self._present -= 1


@dataclass(frozen=True, slots=True, eq=False)
class ModelBundle:
    """A loaded checkpoint with everything a computation needs, and which of its heads are real.

    Attributes
    ----------
    spec, revision
        What was asked for, and the hub's commit or ``sha256:`` of the weights.
    mlm, nsp
        The two heads; ``nsp_meaning`` says what the second was trained on.
    max_tokens
        Longest input, special tokens included.
    n_vocabulary
        V: columns of the masked-LM head, which may exceed the tokenizer's entries.
    vocabulary_hash
        SHA-256 over the tokenizer's entries by id: equal hashes, equal tokens.
    outside_ids
        Ids of [CLS], [SEP], [PAD] and [MASK]: the positions that don't count.
    uses_segment_ids
        False for architectures without segment embeddings.
    gate
        Every forward pass goes through it; while someone is inside, the model is not put away.
    tokenizer_lock
        Held during the tokenizer's only call: a fast tokenizer is not safe to share without it.
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
    unk_id: int
    pad_id: int
    uses_segment_ids: bool
    licence: str | None
    gate: Gate = field(default_factory=Gate, repr=False)
    tokenizer_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def n_bits(self) -> float:
        """log2 V: the largest entropy a position can have, in bits."""
        return float(np.log2(self.n_vocabulary))

    def tokens_of(self, ids: Iterable[int] | np.ndarray) -> tuple[str, ...]:
        """The vocabulary's strings of these ids; a column beyond the tokenizer's entries reads ``<id>``."""
        found = self.tokenizer.convert_ids_to_tokens([int(i) for i in ids])
        return tuple(token if token is not None else f"<{int(i)}>" for i, token in zip(ids, found, strict=True))

    def provenance(self, truncation: str = "none") -> Provenance:
        """The record that goes with every number of this model."""
        return Provenance(
            spec=self.spec,
            revision=self.revision,
            architecture=self.architecture,
            dtype="float32",
            schema=SCHEMA_VERSION,
            versions=library_versions(),
            truncation=truncation,
        )

    def require_mlm(self) -> None:
        """Raise InputError when the masked-LM head's weights are not the checkpoint's."""
        if not self.mlm.real:
            raise _asked_without(self.mlm)

    def require_nsp(self) -> None:
        """Raise InputError when the next-sentence head's weights are not the checkpoint's."""
        if not self.nsp.real:
            raise _asked_without(self.nsp)


def _asked_without(head: Head) -> InputError:
    why = (head.why_absent or "").removesuffix(".")
    return InputError(f"{why}: choose a model that has it, such as 'bundled'.")


def quiet_transformers() -> None:
    """Keep the libraries' progress bars and reports off the terminal; for entrypoints, it is process-wide."""
    hub_logging.set_verbosity(hub_logging.CRITICAL)
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()


@cache
def bundled_revision() -> str:
    """The bundled checkpoint's revision."""
    return _weights_digest(BUNDLED_FOLDER, "The bundled model")


@cache
def library_versions() -> tuple[tuple[str, str], ...]:
    """Versions of Pretext and of the libraries that the numbers depend on."""
    return (
        ("pretext", __version__),
        *((name, version(name)) for name in ("torch", "transformers", "tokenizers", "numpy")),
    )


def default_spec() -> str:
    """The model used when none is named: ``PRETEXT_MODEL``, else the bundled one."""
    return os.environ.get("PRETEXT_MODEL", "").strip() or BUNDLED


def load_bundle(spec: str | None = None, progress: hub.Progress | None = None) -> ModelBundle:
    """Load a model, or hand out the one already loaded.

    Parameters
    ----------
    spec
        ``bundled``, a Hugging Face id, or a folder; None means ``default_spec()``.
    progress
        Called with (bytes so far, bytes in all) while weights are downloaded.

    Raises
    ------
    InputError
        If the spec can't name a model.
    ModelError
        If the model can't be found, fetched or loaded.
    """
    return MODELS.get(spec if spec is not None else default_spec(), progress)


class ModelStore:
    """Loaded models, the least recently used put away first when their weights exceed the budget.

    The bundled model stays, and so do a model that is computing and the one that was asked for last.
    """

    def __init__(self, budget_bytes: int | None = None) -> None:
        self._budget = budget_bytes
        self._bundles: OrderedDict[str, ModelBundle] = OrderedDict()
        self._loading: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, spec: str, progress: hub.Progress | None = None) -> ModelBundle:
        """The bundle of ``spec``, loaded by the first caller while later ones wait for it."""
        spec = spec.strip()
        with self._lock:
            if spec in self._bundles:
                self._bundles.move_to_end(spec)
                return self._bundles[spec]
            turn = self._loading.setdefault(spec, threading.Lock())
        with turn:
            with self._lock:
                if spec in self._bundles:
                    return self._bundles[spec]
            bundle = _load(spec, progress)
            with self._lock:
                self._bundles[spec] = bundle
                self._loading.pop(spec, None)
                self._put_away()
            return bundle

    def loaded(self) -> tuple[str, ...]:
        """Specs of the models in memory, the least recently used first."""
        with self._lock:
            return tuple(self._bundles)

    def computing(self) -> int:
        """How many callers are inside a forward pass or waiting for one, over all models."""
        with self._lock:
            return sum(bundle.gate.present for bundle in self._bundles.values())

    def _put_away(self) -> None:
        budget = self._budget if self._budget is not None else _memory_budget()
        *older, _newest = self._bundles
        for spec in older:
            if sum(bundle.n_bytes for bundle in self._bundles.values()) <= budget:
                return
            if spec != BUNDLED and not self._bundles[spec].gate.present:
                del self._bundles[spec]


MODELS = ModelStore()
"""The models of this process."""


def _memory_budget() -> int:
    given = os.environ.get("PRETEXT_MODEL_MEMORY", "")
    return int(given) if given.isdecimal() else DEFAULT_MODEL_MEMORY_BYTES


def _load(spec: str, progress: hub.Progress | None) -> ModelBundle:
    folder, revision, called = _resolve(spec, progress)
    with _READING:
        config = _read_config(folder, called)
        tokenizer = _read_tokenizer(folder, called)
        model, missing = _read_weights(folder, config, called)
    meaning = _TWO_HEADED.get(config.model_type, "next sentence")
    mlm, nsp = _heads(config, missing, called)
    special = [tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id, tokenizer.mask_token_id]
    return ModelBundle(
        spec=spec,
        revision=revision,
        model=model,
        tokenizer=tokenizer,
        architecture=type(model).__name__,
        mlm=mlm,
        nsp=nsp,
        nsp_meaning=meaning,
        max_tokens=_max_tokens(config, tokenizer),
        n_layers=config.num_hidden_layers,
        n_hidden=config.hidden_size,
        n_vocabulary=_head_columns(model, config),
        n_parameters=sum(p.numel() for p in model.parameters()),
        n_bytes=sum(p.numel() * p.element_size() for p in model.parameters()),
        vocabulary_hash=_vocabulary_hash(tokenizer),
        outside_ids=tuple(sorted({i for i in special if i is not None})),
        unk_id=tokenizer.unk_token_id if tokenizer.unk_token_id is not None else -1,
        pad_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0,
        uses_segment_ids=_uses_segment_ids(model, config),
        licence=_licence(spec, folder),
    )


def _resolve(spec: str, progress: hub.Progress | None) -> tuple[Path, str, str]:
    """Folder, revision and a name to use in sentences."""
    if spec == BUNDLED:
        return BUNDLED_FOLDER, bundled_revision(), "The bundled model"
    if not spec or len(spec) > MAX_SPEC_CHARS or not spec.isprintable():
        hub.refuse_spec(spec)
    if folder := _existing_folder(spec):
        return folder, _weights_digest(folder, "This folder"), "This folder"
    if spec.startswith((".", "~", os.sep)) or os.path.isabs(spec):
        raise InputError("There is no such folder: give the one that holds config.json and model.safetensors.")
    repo_id, revision = hub.parse_hub_spec(spec)
    snapshot = hub.cached_snapshot(repo_id, revision) or hub.fetch(repo_id, revision, progress)
    return snapshot.folder, snapshot.commit, f"The model '{spec}'"


def _existing_folder(spec: str) -> Path | None:
    try:
        folder = Path(spec).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError):
        # A name longer than file systems take, or the home of a user who does not exist.
        return None


def _weight_files(folder: Path) -> list[Path]:
    whole = folder / "model.safetensors"
    return [whole] if whole.is_file() else sorted(folder.glob("model-*-of-*.safetensors"))


def _weights_digest(folder: Path, called: str) -> str:
    files = _weight_files(folder)
    if not files:
        raise ModelError(
            f"{called} has no weights in safetensors, the only format loaded: it needs a file model.safetensors."
        )
    size = sum(file.stat().st_size for file in files)
    if size > MAX_WEIGHTS_BYTES:
        raise ModelError(
            f"{called} holds {size / 2**30:.1f} GiB of weights; at most {MAX_WEIGHTS_BYTES / 2**30:.0f} GiB are "
            "loaded: choose a smaller one."
        )
    digest = hashlib.sha256()
    try:
        for file in files:
            with file.open("rb") as stream:
                while block := stream.read(2**20):
                    digest.update(block)
    except OSError:
        raise ModelError(f"{called} has weights that may not be opened: check the permissions of its files.") from None
    return f"sha256:{digest.hexdigest()}"


def _read_config(folder: Path, called: str) -> Any:
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception:
        # A wrong value in a config.json fails in as many ways as there are fields; the person needs one sentence.
        raise ModelError(
            f"{called} has no configuration that transformers knows: it needs a config.json of a BERT-like model."
        ) from None
    if type(config) not in AutoModelForMaskedLM._model_mapping:
        raise ModelError(
            f"{called} is of the kind '{config.model_type}', which has no masked-LM head: choose a BERT-like model "
            "(BERT, DistilBERT, RoBERTa, ALBERT, ModernBERT ...)."
        )
    return config


def _read_weights(folder: Path, config: Any, called: str) -> tuple[Any, frozenset[str]]:
    family = AutoModelForPreTraining if config.model_type in _TWO_HEADED else AutoModelForMaskedLM
    try:
        model, report = family.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except Exception:
        # What a configuration asks for (an activation, a quantisation, a size) is first tried out here.
        raise ModelError(
            f"{called} has weights that can't be read or don't fit its configuration: fetch the checkpoint again."
        ) from None
    return model.eval(), frozenset(report["missing_keys"])


def _heads(config: Any, missing: frozenset[str], called: str) -> tuple[Head, Head]:
    """Which heads the checkpoint brought; weights missing elsewhere make the whole model useless."""
    nsp_missing = {key for key in missing if any(part in key.split(".") for part in _NSP_HEAD_NAMES)}
    mlm_missing = {key for key in missing - nsp_missing if _is_mlm_head(key)}
    if body := missing - nsp_missing - mlm_missing:
        raise ModelError(f"{called} lacks {len(body)} of its encoder's weights: fetch the checkpoint again.")
    if config.model_type not in _TWO_HEADED:
        nsp = Head(f"{called} ({config.model_type}) was trained without a next-sentence task, so it has no such head.")
    elif nsp_missing:
        nsp = Head(f"{called} came without a trained pooler and next-sentence classifier, so that head is not shown.")
    else:
        nsp = Head()
    mlm = (
        Head(f"{called} came without trained masked-LM weights, so that head is not shown.") if mlm_missing else Head()
    )
    if not mlm.real and not nsp.real:
        raise ModelError(
            f"{called} holds an encoder without either pre-training head: choose a checkpoint saved with its "
            "masked-LM head."
        )
    return mlm, nsp


def _is_mlm_head(key: str) -> bool:
    parts = key.split(".")
    return parts[0] in _MLM_HEAD_NAMES or "predictions" in parts


def _read_tokenizer(folder: Path, called: str) -> Any:
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception:
        # Tokenizer files fail in as many ways as there are formats; whatever it was, the person needs one sentence.
        raise ModelError(f"{called} has no tokenizer that can be read: it needs a file tokenizer.json.") from None
    if not tokenizer.is_fast:
        raise ModelError(f"{called} has no fast tokenizer, which leads tokens back to the text: choose another model.")
    if len(tokenizer) <= len(tokenizer.all_special_ids):
        # Without vocabulary files transformers makes up a tokenizer that knows only its special tokens.
        raise ModelError(f"{called} has a tokenizer without a vocabulary: it needs a file tokenizer.json.")
    if tokenizer.mask_token_id is None:
        raise ModelError(f"{called} has no mask token, so it is no masked language model: choose a BERT-like model.")
    if not isinstance(tokenizer.model_max_length, int | float) or tokenizer.model_max_length < 1:
        raise ModelError(f"{called} has no valid model_max_length in its tokenizer_config.json: correct that entry.")
    return tokenizer


def _max_tokens(config: Any, tokenizer: Any) -> int:
    positions = getattr(config, "max_position_embeddings", None) or tokenizer.model_max_length
    if config.model_type in _POSITIONS_AFTER_PADDING:
        positions -= (config.pad_token_id or 0) + 1
    return int(min(positions, tokenizer.model_max_length))


def _uses_segment_ids(model: Any, config: Any) -> bool:
    """The model says so: ALBERT's and BigBird's tokenizer classes don't list the segment ids that their models read."""
    return "token_type_ids" in signature(model.forward).parameters and getattr(config, "type_vocab_size", 0) > 1


def _head_columns(model: Any, config: Any) -> int:
    head = model.get_output_embeddings()
    return int(head.weight.shape[0]) if head is not None else int(config.vocab_size)


def _vocabulary_hash(tokenizer: Any) -> str:
    entries = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    return hashlib.sha256(json.dumps(entries, ensure_ascii=True).encode()).hexdigest()


def _licence(spec: str, folder: Path) -> str | None:
    """The licence that the checkpoint's own card states in its header, if any."""
    if spec == BUNDLED:
        return BUNDLED_LICENCE
    card = folder / "README.md"
    if not card.is_file():
        return None
    _, _, header = card.read_text(encoding="utf-8", errors="replace").partition("---")
    lines = header.partition("---")[0].splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("license:")), None)
