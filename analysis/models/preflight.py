"""A checkpoint looked at before any library opens it: kinds and sizes of files, their numbers, what would be built.

Whatever a configuration claims, no more is built than its weights account for, and nothing is opened that could block
or grow. Names of weights are not compared here: how those of old checkpoints are mapped to new ones is transformers'
business.
"""

import json
import math
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from analysis.errors import ModelError, quoted
from analysis.limits import (
    MAX_HEADER_BYTES,
    MAX_MODULES,
    MAX_SETTING,
    MAX_SETTING_BYTES,
    MAX_VOCABULARY_BYTES,
    MAX_WEIGHTS_BYTES,
)
from analysis.models import hub
from analysis.models.families import Family

CLOSED = "{} has files that may not be opened: check their permissions."
_LENGTH_BYTES = 8
_SMALLEST_BITS = 8
"""A number of a tensor in four bits takes half a byte; of the kinds that can be loaded none takes less."""
_REPEATED = re.compile(r"(layers|hidden_groups|blocks|group_num|block_sizes|networks)$")
"""Settings by which modules are repeated."""
_LENGTH = re.compile(r"max_(len|length)$")
"""What tokenizers set to a number beyond all texts where there is no bound."""
_REPEATS_PER_TENSOR = 20
"""Modules that a configuration may ask for per tensor of the file: ALBERT's layers share theirs."""
_SPARE_TABLES, _SPARE_SQUARES = 2, 16
"""What may be missing of a model: a matrix as large as the word embeddings, for a head, and some dense layers."""
_BYTES_FP32 = 4


@dataclass(frozen=True, slots=True)
class Held:
    """How many tensors the weights of a checkpoint are, and how many numbers those hold."""

    tensors: int
    numbers: int


def weight_files(folder: Path) -> list[Path]:
    """The files of weights that a folder's checkpoint consists of."""
    whole = folder / "model.safetensors"
    return [whole] if os.path.lexists(whole) else sorted(folder.glob("model-*-of-*.safetensors"))


def check_settings(folder: Path, called: str) -> None:
    """ModelError unless the files beside the weights are plain files of sizes that can be, with numbers that can be."""
    for name in sorted(hub.SIDE_FILES):
        if not os.path.lexists(folder / name):
            continue
        size = _size(folder / name, called)
        most = MAX_VOCABULARY_BYTES if name in hub.VOCABULARIES else MAX_SETTING_BYTES
        if size > most:
            raise ModelError(
                f"{called} has a file {name} of {size / 2**20:,.0f} MiB; at most {most / 2**20:.0f} MiB are read: "
                "fetch the checkpoint again, or choose another model."
            )
        if name.endswith("config.json"):
            for setting, value in _numbers(folder / name):
                most_of_it = MAX_MODULES if _REPEATED.search(setting) else MAX_SETTING
                if value > most_of_it and not _LENGTH.search(setting):
                    raise ModelError(
                        f"{called} has '{quoted(setting)}' = {quoted(f'{value:,}')} in its {name}; at most "
                        f"{most_of_it:,} can be: fetch the checkpoint again."
                    )


def held_by(folder: Path, called: str) -> Held:
    """What the weights hold, from the headers alone; ModelError if they are none, too many, or not what they say."""
    files = weight_files(folder)
    if not files:
        raise ModelError(
            f"{called} has no weights in safetensors, the only format loaded: it needs a file model.safetensors."
        )
    size = sum(_size(file, called) for file in files)
    if size > MAX_WEIGHTS_BYTES:
        raise ModelError(
            f"{called} holds {size / 2**30:.1f} GiB of weights; at most {MAX_WEIGHTS_BYTES / 2**30:.0f} GiB are "
            "loaded: choose a smaller one."
        )
    try:
        numbers = [each for file in files for each in _of_header(file)]
    except OSError:
        raise ModelError(CLOSED.format(called)) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ModelError(
            f"{called} has weights that can't be read or don't fit its configuration: fetch the checkpoint again."
        ) from None
    return Held(len(numbers), sum(numbers))


def check_fits(held: Held, config: Any, family: Family, called: str) -> None:
    """ModelError if the configuration asks for more than the weights can hold; not from two threads at once."""
    counts = [value for name, value in _walk(config.to_dict()) if _REPEATED.search(name)]
    repeats = math.prod(max(1, count) for count in counts)
    if max(counts, default=0) > held.tensors or repeats > _REPEATS_PER_TENSOR * held.tensors:
        raise ModelError(
            f"{called} has a configuration of {max(counts):,} layers and weights of {held.tensors:,} tensors, which "
            "can't fill them: fetch both from the same checkpoint."
        )
    built = _built(config, family)
    if built is None:
        return
    spare = _SPARE_TABLES * built.table + _SPARE_SQUARES * built.width**2
    most = max(built.parameters, built.buffers)
    if built.table > held.numbers or most > held.numbers + spare:
        raise ModelError(
            f"{called} has a configuration of a model of {most:,} numbers and weights of {held.numbers:,}: fetch both "
            "from the same checkpoint."
        )
    if most * _BYTES_FP32 > MAX_WEIGHTS_BYTES:
        raise ModelError(
            f"{called} takes {most * _BYTES_FP32 / 2**30:.1f} GiB when it is loaded; at most "
            f"{MAX_WEIGHTS_BYTES / 2**30:.0f} GiB are: choose a smaller one."
        )


def _size(file: Path, called: str) -> int:
    try:
        found = file.stat()
    except OSError:
        raise ModelError(CLOSED.format(called)) from None
    if not stat.S_ISREG(found.st_mode):
        raise ModelError(f"{called} has something else than a file in the place of {file.name}: put the file there.")
    return found.st_size


def _numbers(file: Path) -> Iterator[tuple[str, int]]:
    """The whole numbers of a JSON file by the names that they go by; none of one that is no JSON."""
    try:
        yield from _walk(json.loads(file.read_bytes()))
    except (OSError, ValueError, RecursionError):
        # What is wrong with it is said by whoever reads it.
        return


def _walk(value: Any, name: str = "") -> Iterator[tuple[str, int]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _walk(each, str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _walk(each, name)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield name, value


def _of_header(file: Path) -> Iterator[int]:
    """How many numbers each tensor of a file has; ValueError and its like where the header does not fit the file."""
    with file.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        length = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
        if not 1 < length <= min(MAX_HEADER_BYTES, size - _LENGTH_BYTES):
            raise ValueError("a header of that length does not fit the file")
        header = json.loads(stream.read(length))
    header.pop("__metadata__", None)
    ends = [0]
    for each in header.values():
        numbers, (start, end) = math.prod(each["shape"]), each["data_offsets"]
        if start < 0 or end < start or not 0 <= numbers <= (end - start) * _SMALLEST_BITS:
            raise ValueError("a tensor of that shape is not in those bytes")
        ends.append(end)
        yield numbers
    if max(ends) != size - _LENGTH_BYTES - length:
        raise ValueError("the header does not account for the file's bytes")


@dataclass(frozen=True, slots=True)
class _Built:
    """How many numbers a model has: parameters, buffers, its word embeddings; and its width."""

    parameters: int
    buffers: int
    table: int
    width: int


def _built(config: Any, family: Family) -> _Built | None:
    """What transformers would make of a configuration, on no memory; None where it can't, which is said on loading."""
    try:
        with torch.device("meta"):
            model = family.loader.from_config(config, trust_remote_code=False)
        parameters, buffers = (sum(each.numel() for each in all_of()) for all_of in (model.parameters, model.buffers))
        table = model.get_input_embeddings().weight
        return _Built(parameters, buffers, table.numel(), table.shape[-1])
    except Exception:
        # It fails in as many ways as a configuration has fields.
        return None
