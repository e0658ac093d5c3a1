"""The two models of the suite, both from folders: nothing is downloaded."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from analysis.models.checkpoint import BUNDLED_FOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence

MODELS = ("small", "base")
"""The bundled checkpoint (6 layers of 384), and the size of bert-base with random weights (12 of 768)."""

_SEED = 20251


@contextmanager
def folders(models: "Sequence[str]") -> Iterator[dict[str, Path]]:
    """The folder of each model asked for; the random one is made for as long as this lasts."""
    with TemporaryDirectory(prefix="pretext-benchmarks-") as temporary:
        found = {"small": BUNDLED_FOLDER} if "small" in models else {}
        if "base" in models:
            found["base"] = _random_base(Path(temporary))
        yield found


def _random_base(folder: Path) -> Path:
    import torch
    from transformers import BertConfig, BertForPreTraining

    torch.manual_seed(_SEED)
    BertForPreTraining(BertConfig()).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(BUNDLED_FOLDER / name, folder / name)
    return folder
