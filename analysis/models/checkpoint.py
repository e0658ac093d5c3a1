"""From a spec to what a checkpoint holds: its folder and revision, configuration, tokenizer, weights, and which heads.

Weights are read from safetensors only, no code of a repository is run, and weights that the checkpoint lacks are found
out, so that a head is never used at random.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoTokenizer

from analysis import hosting
from analysis.errors import InputError, ModelError
from analysis.limits import MAX_SPEC_CHARS
from analysis.lines import one_a_line
from analysis.models import hub, preflight
from analysis.models.families import Family, family_of
from analysis.types import Head

BUNDLED = hosting.BUNDLED
BUNDLED_FOLDER = Path(__file__).parents[1] / "bundled"
_BUNDLED_LICENCE = "Apache-2.0 (weights); trained on CC BY 4.0 and CC0 texts"

_NOT_FAST = "has no fast tokenizer, which leads tokens back to the text: choose another model."
_CARD_BYTES = 64 * 2**10

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Where a checkpoint lies, which one it is, what to call it in a sentence, and what its weights hold."""

    folder: Path
    revision: str
    called: str
    held: preflight.Held


def find(spec: str, progress: hub.Progress | None = None) -> Found:
    """Find a checkpoint on this machine, or fetch it.

    InputError if the spec can't name a model, or not here, ModelError if there is none, or it can't be fetched or
    opened.
    """
    hosting.in_force().check_model(spec)
    if spec == BUNDLED:
        # Its other files change only with a version of Pretext, which stands beside the revision wherever this does.
        return _found(BUNDLED_FOLDER, "The bundled model", preflight.weight_files)
    if not spec or len(spec) > MAX_SPEC_CHARS or not spec.isprintable():
        hub.refuse_spec(spec)
    if folder := _existing_folder(spec):
        return _found(folder, "This folder", _files)
    if spec.startswith((".", "~", os.sep)) or os.path.isabs(spec):
        raise InputError("There is no such folder: give the one that holds config.json and model.safetensors.")
    repo_id, revision = hub.parse_hub_spec(spec)
    called = f"The model '{spec}'"

    def check(folder: Path) -> None:
        preflight.check_settings(folder, called)
        _read_config(folder, called)
        _read_tokenizer(folder, called)

    snapshot = hub.cached_snapshot(repo_id, revision) or hub.fetch(repo_id, revision, progress, check)
    preflight.check_settings(snapshot, called)
    return Found(snapshot, snapshot.name, called, preflight.held_by(snapshot, called))


def _found(folder: Path, called: str, files_of: Callable[[Path], list[Path]]) -> Found:
    """A folder of this machine, looked at before it is read: what it holds, and its revision."""
    preflight.check_settings(folder, called)
    held = preflight.held_by(folder, called)
    return Found(folder, _digest(folder, files_of, called), called, held)


def stamp(spec: str) -> Stamp:
    """Name, size and time of a folder's files, to notice that one was written anew; empty for other specs.

    InputError if this process is not to look at what is named.
    """
    hosting.in_force().check_model(spec)
    folder = None if spec == BUNDLED else _existing_folder(spec)
    if folder is None:
        return ()
    try:
        return tuple((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in _files(folder))
    except OSError:
        return ()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was read: ``longest`` is the number of tokens up to which the model computes as it was meant to."""

    tokenizer: Any
    model: Any
    mlm: Head
    nsp: Head
    longest: float


def read(found: Found) -> Checkpoint:
    """Read a checkpoint from its folder, not from two threads at once.

    ModelError if a part is missing, damaged, or of a kind without a masked-LM head or that can't be read here.
    """
    config = _read_config(found.folder, found.called)
    family = family_of(config)
    if found.folder != BUNDLED_FOLDER:
        # Nobody else wrote that one, and to build a model on no memory takes its time at every start.
        preflight.check_fits(found.held, config, family, found.called)
    tokenizer = _read_tokenizer(found.folder, found.called)
    longest = family.longest(config)
    for name, value in family.pinned.items():
        setattr(config, name, value)
    model, missing = _read_weights(found.folder, config, family, found.called)
    return Checkpoint(tokenizer, model, *_heads(model, family, missing, found.called), longest)


def _existing_folder(spec: str) -> Path | None:
    if hosting.in_force().public:
        # An id of the list may be the name of a folder beside this process, too.
        return None
    try:
        folder = Path(spec).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError):
        # A name longer than file systems take, or the home of a user who does not exist.
        return None


def _files(folder: Path) -> list[Path]:
    """Everything that a number depends on: weights, configuration, tokenizer."""
    beside = [folder / name for name in sorted(hub.SIDE_FILES - {"README.md"})]
    return [*preflight.weight_files(folder), *(file for file in beside if file.is_file())]


def _digest(folder: Path, files_of: Callable[[Path], list[Path]], called: str) -> str:
    """``sha256:`` and the digest of the bytes of a folder's files: its revision."""
    digest = hashlib.sha256()
    try:
        weights = preflight.weight_files(folder)
        for file in files_of(folder):
            if file not in weights:
                # So that what moves from the end of one file to the start of the next changes the digest, too.
                digest.update(f"{file.name} {file.stat().st_size} ".encode())
            with file.open("rb") as stream:
                while block := stream.read(2**20):
                    digest.update(block)
    except OSError:
        raise ModelError(preflight.CLOSED.format(called)) from None
    return f"sha256:{digest.hexdigest()}"


def _read_config(folder: Path, called: str) -> Any:
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception:
        # A wrong value in a config.json fails in as many ways as there are fields; the person needs one sentence.
        raise ModelError(
            f"{called} has no configuration that transformers knows: it needs a config.json of a BERT-like model."
        ) from None
    if type(config) not in family_of(config).loader._model_mapping:
        raise ModelError(
            f"{called} is of the kind '{config.model_type}', which has no masked-LM head: choose a BERT-like model "
            "(BERT, DistilBERT, RoBERTa, ALBERT, ModernBERT ...)."
        )
    if (why := family_of(config).refused(config)) is not None:
        raise ModelError(f"{called} is of the kind '{config.model_type}', which {why}: choose another model.")
    # What a configuration can ask of a model's output or its pieces, and what the one call of a model relies on.
    config.return_dict, config.output_hidden_states, config.output_attentions = True, False, False
    if getattr(config, "chunk_size_feed_forward", 0):
        config.chunk_size_feed_forward = 0
    return config


def _read_weights(folder: Path, config: Any, family: Family, called: str) -> tuple[Any, frozenset[str]]:
    try:
        # Named here, because a configuration may name a repository of kernels instead, which would be fetched and run.
        kind: Any = family.loader._model_mapping[type(config)]
        attention = "sdpa" if kind._supports_sdpa else "eager"
        model, report = family.loader.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            attn_implementation=attention,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except Exception:
        # What a configuration asks for (an activation, a quantisation, a size) is first tried out here.
        if not _can_be_built(family, config):
            raise ModelError(
                f"{called} has a configuration that transformers {version('transformers')} can't build a model from: "
                "correct its config.json, or use the version of transformers that it was saved with."
            ) from None
        raise ModelError(
            f"{called} has weights that can't be read or don't fit its configuration: fetch the checkpoint again."
        ) from None
    return model.eval(), frozenset(report["missing_keys"])


def _can_be_built(family: Family, config: Any) -> bool:
    """Whether transformers makes a model of a configuration alone, weights left out."""
    if getattr(config, "quantization_config", None):
        return False
    try:
        with torch.device("meta"):
            family.loader.from_config(config, trust_remote_code=False)
    except Exception:
        # It fails in as many ways as there are fields.
        return False
    return True


def _heads(model: Any, family: Family, missing: frozenset[str], called: str) -> tuple[Head, Head]:
    """Which heads the checkpoint brought; weights missing elsewhere make the whole model useless."""
    nsp_missing = {key for key in missing if not set(family.nsp_weights).isdisjoint(key.split("."))}
    body_missing = {key for key in missing - nsp_missing if key.startswith(f"{model.base_model_prefix}.")}
    mlm_missing = missing - nsp_missing - body_missing
    if body_missing:
        raise ModelError(f"{called} lacks {len(body_missing)} of its encoder's weights: fetch the checkpoint again.")
    if family.nsp_meaning is None:
        kind = model.config.model_type
        nsp = Head(f"{called} is of the kind '{kind}', which has no next-sentence head that can be read here.")
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


def _read_tokenizer(folder: Path, called: str) -> Any:
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        # Tokenizer files fail in as many ways as there are formats; whatever it was, the person needs one sentence.
        raise ModelError(f"{called} {_why_unread(folder, error)}") from None
    if not tokenizer.is_fast:
        raise ModelError(f"{called} {_NOT_FAST}")
    if len(tokenizer) <= len(tokenizer.all_special_ids):
        # Without vocabulary files transformers makes up a tokenizer that knows only its special tokens.
        raise ModelError(f"{called} has a tokenizer without a vocabulary: it needs a file tokenizer.json.")
    if tokenizer.mask_token_id is None:
        raise ModelError(f"{called} has no mask token, so it is no masked language model: choose a BERT-like model.")
    if not isinstance(tokenizer.model_max_length, int | float) or tokenizer.model_max_length < 1:
        raise ModelError(f"{called} has no valid model_max_length in its tokenizer_config.json: correct that entry.")
    return tokenizer


def _why_unread(folder: Path, error: Exception) -> str:
    """What is wrong with tokenizer files that could not be read, and what to do."""
    if isinstance(error, ImportError):
        # Only tokenizers written in Python (of Japanese words, for example) call libraries: none of them is fast.
        return _NOT_FAST
    if find_spec("sentencepiece") is None and any(folder.glob("*.model")) and not (folder / "tokenizer.json").exists():
        return (
            "has a SentencePiece tokenizer, whose library is not installed here: add it with pip install -r "
            "requirements-tokenizers.txt."
        )
    return "has no tokenizer that can be read: it needs a file tokenizer.json."


def stated_licence(found: Found) -> str | None:
    """The licence that the checkpoint's own card states in its front matter, if any."""
    if found.folder == BUNDLED_FOLDER:
        return _BUNDLED_LICENCE
    try:
        with (found.folder / "README.md").open("rb") as card:
            first, *lines = one_a_line(card.read(_CARD_BYTES).decode("utf-8", errors="replace")) or [""]
    except OSError:
        return None
    header = takewhile(lambda line: line.strip() != "---", lines if first.strip() == "---" else ())
    entries = (line.partition(":") for line in header)
    return next((value.strip() or None for key, _, value in entries if key == "license"), None)
