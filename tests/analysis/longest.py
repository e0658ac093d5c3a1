"""The longest questions that each task allows, and a model whose passes are counted instead of computed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch

from analysis.choices import FILL_ORDERS, MASKINGS
from analysis.kernels import inside
from analysis.limits import MAX_BEAM, MAX_CANDIDATES, MAX_CONTROLS, MAX_MASKS, MAX_PIECES, MAX_SENTENCES, MAX_STEPS
from analysis.models import families
from analysis.models.bundle import ModelBundle
from analysis.questions import (
    Attention,
    Compare,
    Contest,
    Describe,
    Distribution,
    Fill,
    Influence,
    Layers,
    Pairs,
    Patch,
    Percentile,
    Question,
    Read,
    Score,
    Segmentations,
    Splits,
    Table,
    Text,
    Tour,
)

_WORDS = ("cat", "dog", "house", "river", "king", "door", "water", "school", "war", "city", "book", "hand", "room")
"""Each of one piece of the bundled model."""


def words(count: int, first: int = 0) -> str:
    """So many words of one piece, in an order that does not repeat soon."""
    return " ".join(_WORDS[(at * at + first) % len(_WORDS)] for at in range(first, first + count))


def _gapped(count: int, gaps: int) -> str:
    every = count // gaps
    return " ".join(f"[MASK] {words(every - 1, at)}" for at in range(gaps))


LONG = words(468)
"""470 tokens with the template's."""
HYPHENED = " ".join("-".join(words(3, at).split()) for at in range(93))
"""As long, of as few words as every word's influence is read of."""
_CANDIDATES = tuple(words(MAX_PIECES - 1, at) + f" {_WORDS[at // len(_WORDS)]}" for at in range(MAX_CANDIDATES))
_ROWS = "\n".join(words(5 + at % 15, at) for at in range(200))

LONGEST: dict[str, dict[str, Question]] = {
    "read": {
        "hidden": Read(Text(LONG), "word", 50),
        "in windows": Read(Text(words(4_000), in_windows=True), "word_l2r", 50, ("cat",)),
    },
    "distribution": {"in windows": Distribution(Text(words(4_000), in_windows=True), 2_000)},
    "pll": {"every masking": Score(Text(LONG), MASKINGS, 50)},
    "fill": {"every order": Fill(Text(_gapped(448, MAX_MASKS)), FILL_ORDERS, 50, MAX_BEAM)},
    "candidates": {"of many pieces": Contest(Text(_gapped(468, 1)), _CANDIDATES)},
    "nsp": {"a long pair": Segmentations(Text(words(234), words(234, 7)))},
    "splits": {"between tokens": Splits(LONG, "token", controls=MAX_CONTROLS)},
    "pairs": {"long sentences": Pairs(tuple(words(230, at) for at in range(MAX_SENTENCES)), MAX_CONTROLS)},
    "percentile": {"a long pair": Percentile(Text(words(234), words(234, 7)), MAX_CONTROLS)},
    "compare": {
        "hidden": Compare(Text(LONG), Text(words(468, 3)), "hidden", "word", 50),
        "seen": Compare(Text(LONG), Text(words(468, 3)), "seen", k=50),
    },
    "layers": {
        "hidden": Layers(Text(LONG), "hidden", "word", k=50),
        "seen": Layers(Text(LONG), k=50),
    },
    "attention": {"every layer": Attention(Text(LONG))},
    "patch": {"many differ": Patch(Text(LONG), Text(words(400, 3) + " " + LONG.split(" ", 400)[400]))},
    "influence": {
        "curves, of every position too": Influence(Text(HYPHENED), curves=True, shuffles=20, every=True),
        "a long path": Influence(Text(LONG), method="gradients", steps=MAX_STEPS, curves=True, shuffles=20),
    },
    "table": {
        "texts, one of them long": Table(f"{_ROWS}\n{words(300)}", measures=("seen", "pll")),
        "minimal pairs": Table(f"sentence_good,sentence_bad\n{words(9)},{words(8)}\n{words(150)},{words(150, 3)}\n"),
        "candidates": Table(f"text,candidates\n{_gapped(440, 1)},{'|'.join(_CANDIDATES[:40])}\n"),
        "compared": Table(f"text,other\n{words(120)},{words(120, 3)}\n", suite="plain", measures=("compare",)),
    },
    "tour": {"as it is": Tour()},
    "model": {"as it is": Describe()},
}
"""By the name of the command and of the case: 470 tokens where a task takes one input, and of a table rows that are
long enough to be cut."""


@dataclass
class Counted:
    """What went through a model, in tokens through all of its layers.

    A row of the masked-LM head counts as the tokens that take as long, a pass with its way back as three.
    """

    bundle: ModelBundle
    work: list[float] = field(default_factory=list)

    def encoder(self, tokens: float, times: int = 1) -> None:
        """Note tokens of the encoder."""
        self.work.append(tokens * times)

    def head(self, rows: int) -> None:
        """Note rows of the masked-LM head: 2 n_hidden V operations beside 24 n_hidden^2 n_layers of a token."""
        self.work.append(rows * self.bundle.n_vocabulary / (12 * self.bundle.n_hidden * self.bundle.n_layers))

    def taken(self) -> float:
        """What has been noted since this was asked last."""
        sum_ = sum(self.work)
        self.work.clear()
        return sum_


@contextmanager
def counting(bundle: ModelBundle) -> Iterator[Counted]:
    """Let the model's passes be counted, and come to numbers that mean nothing."""
    of_bert, *others = families.FAMILIES
    assert of_bert.parts is not None
    counted, n_layers, n_hidden = Counted(bundle), bundle.n_layers, bundle.n_hidden
    logits = torch.arange(bundle.n_vocabulary, dtype=torch.float32)
    attentions = inside.attentions

    def hidden_rows(_model: Any, inputs: Any, rows: Any, *_more: Any) -> torch.Tensor:
        counted.encoder(sum(map(len, inputs)))
        return torch.zeros(len(rows), n_hidden)

    def mlm_logits(_model: Any, rows: torch.Tensor) -> torch.Tensor:
        counted.head(len(rows))
        # With a way back to the rows, for those who want gradients.
        return logits.repeat(len(rows), 1) + 0 * rows[:, :1]

    def nsp_logits(_model: Any, rows: torch.Tensor) -> torch.Tensor:
        return 0 * rows[:, :2]

    def layer_states(_model: Any, inputs: Any, rows: Any, depth: int | None = None) -> torch.Tensor:
        depth = n_layers if depth is None else depth
        counted.encoder(sum(map(len, inputs)) * depth / n_layers)
        return torch.zeros(depth + 1, len(rows), n_hidden)

    def rows_of_words(_model: Any, _tensors: Any, given: torch.Tensor, position: int) -> torch.Tensor:
        counted.encoder(given.shape[0] * given.shape[1], times=3)
        return given[:, position]

    def rows_of_states(_model: Any, _tensors: Any, states: torch.Tensor, layer: int, position: int) -> torch.Tensor:
        counted.encoder(states.shape[0] * states.shape[1] * (n_layers - layer) / n_layers)
        return states[:, position]

    def of_every_layer(model: Any, tensors: Any) -> Iterator[torch.Tensor]:
        counted.encoder(len(tensors))
        return attentions(model, tensors)

    parts = replace(of_bert.parts, hidden_rows=hidden_rows, mlm_logits=mlm_logits, nsp_logits=nsp_logits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(families, "FAMILIES", (replace(of_bert, parts=parts), *others))
        for stand_in in (layer_states, rows_of_words, rows_of_states):
            patch.setattr(inside, stand_in.__name__, stand_in)
        patch.setattr(inside, "attentions", of_every_layer)
        yield counted
