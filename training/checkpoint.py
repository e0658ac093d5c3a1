"""Loading and saving a BERT with its two pre-training heads."""

import copy
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoTokenizer, BertConfig, BertForPreTraining, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from analysis.errors import InputError
from training.examples import MAX_INPUT_TOKENS

WEIGHTS = "model.safetensors"
REQUIRED_FILES = ("config.json", WEIGHTS, "tokenizer.json")
SEGMENTS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A model in float32 with its tokenizer.

    Attributes
    ----------
    random_weights
        Names of the weights that the folder lacks and that therefore start at random.
    """

    model: BertForPreTraining
    tokenizer: PreTrainedTokenizerBase
    random_weights: tuple[str, ...]


def load_checkpoint(folder: Path) -> Checkpoint:
    """Load ``BertForPreTraining`` from a folder, without dropout, as float32.

    Raises
    ------
    InputError
        If a file is missing or damaged, or the model is no BERT.
    """
    missing = [name for name in REQUIRED_FILES if not (folder / name).is_file()]
    if missing:
        raise InputError(f"{folder} lacks {', '.join(missing)}; a checkpoint folder has {', '.join(REQUIRED_FILES)}.")
    # Its load report is a table about missing keys; `random_weights` says the same to the caller.
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        # With the report, which its annotation leaves out, a pair comes back.
        loaded: Any = BertForPreTraining.from_pretrained(
            folder,
            config=_config(folder),
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{folder} can't be loaded as a BERT; its files are damaged or don't fit together.") from error
    model, report = loaded
    tokenizer = load_tokenizer(folder)
    if len(tokenizer) > model.config.vocab_size:
        raise InputError(f"{folder} has a tokenizer of {len(tokenizer)} entries for {model.config.vocab_size} rows.")
    return Checkpoint(model, tokenizer, tuple(sorted(report["missing_keys"])))


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a checkpoint folder."""
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} has no tokenizer that can be loaded.") from error
    return tokenizer


def save_checkpoint(
    model: BertForPreTraining, tokenizer: PreTrainedTokenizerBase, folder: Path, dtype: torch.dtype
) -> None:
    """Write config, tokenizer and weights, the weights rounded to ``dtype``; replace what an earlier call wrote.

    Everything is written beside the folder first, so that an interrupted save leaves the earlier checkpoint whole.
    """
    partial = folder / ".partial"
    # A copy: rounding the model itself would round it in the middle of its training.
    rounded = copy.deepcopy(model).to(dtype)
    try:
        rounded.save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        for file in partial.iterdir():
            os.replace(file, folder / file.name)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{folder} can't be written; has it room and may it be written to?") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _config(folder: Path) -> BertConfig:
    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder / 'config.json'} is damaged; it should be JSON with a model_type.") from error
    if kind != "bert":
        raise InputError(f"{folder} holds a {kind} model; only a BERT has the two heads that are trained here.")
    config = BertConfig.from_pretrained(folder, local_files_only=True)
    if config.max_position_embeddings < MAX_INPUT_TOKENS or config.type_vocab_size < SEGMENTS:
        raise InputError(
            f"{folder} has {config.max_position_embeddings} positions and {config.type_vocab_size} segment ids; "
            f"the examples need {MAX_INPUT_TOKENS} and {SEGMENTS}."
        )
    # A few passes over little text at a small size: the model underfits, and dropout would only slow it down.
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    config.architectures = ["BertForPreTraining"]
    return config
