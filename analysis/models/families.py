"""What is known of the families of models: one record each in ``FAMILIES``, and what any model says of itself.

A model whose layout is known comes in parts: the encoder, and each head apart, so that a head runs on the rows asked
for and no others. BERT's parts are those of ``analysis.kernels.bert``; of other families the encoder is the model's
own, on padded batches. Of any other model only the whole forward is left.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForMaskedLM, AutoModelForPreTraining

from analysis.kernels import bert
from analysis.types import NspMeaning, Tensors

_Head = Callable[[Any, torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Parts:
    """A model in three steps.

    ``hidden_rows`` is one pass of the encoder: (model, inputs, rows, pad id, whether it reads segment ids) to float32
    [R, n_hidden]; rows are pairs (input, position). ``mlm_logits`` goes from (model, [R, n_hidden]) to the masked-LM
    head's logits [R, V]; ``nsp_logits`` from (model, [B, n_hidden]) of the first tokens to the second head's logits [B,
    2]; None without such a head.
    """

    hidden_rows: Callable[[Any, Sequence[Tensors], Sequence[tuple[int, int]], int, bool], torch.Tensor]
    mlm_logits: _Head
    nsp_logits: _Head | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """Architectures that are loaded and run alike: ``kinds`` are their names, ``model_type`` of a configuration.

    ``parts`` is None when the layout is not known; ``suits`` says whether the parts compute what this very model does,
    else it is run whole. ``nsp_meaning`` says what the second head was trained on; None without such a head.
    ``nsp_weights`` are modules that only the second head reads: it is real when none of their weights is missing. Some
    classes without that head have a pooler all the same. ``on_pairs`` says that it was trained on two texts told apart
    by segment ids, whether or not a tokenizer lists them. ``pinned`` are settings that a configuration must have for
    an input to get the same numbers whatever was read before; ``longest`` says of the configuration as it came up to
    how many tokens they change none.
    ``refused`` says of a configuration, in half a sentence, why such a model can't be read; None when it can.
    """

    kinds: tuple[str, ...]
    parts: Parts | None = None
    suits: Callable[[Any], bool] = lambda _model: True
    nsp_meaning: NspMeaning | None = None
    nsp_weights: tuple[str, ...] = ("pooler",)
    on_pairs: bool = False
    pinned: Mapping[str, object] = field(default_factory=dict)
    longest: Callable[[Any], float] = lambda _config: math.inf
    refused: Callable[[Any], str | None] = lambda _config: None

    @property
    def loader(self) -> Any:
        """Transformers' finder of the class to load: only the classes for pre-training have a second head."""
        return AutoModelForMaskedLM if self.nsp_meaning is None else AutoModelForPreTraining


def family_of(config: Any) -> Family:
    """The family of a configuration; of an architecture in no record, one without parts and without a second head."""
    kind = config.model_type
    return next((family for family in FAMILIES if kind in family.kinds), Family((kind,)))


def parts_of(model: Any) -> Parts | None:
    """The model in parts, or None when it can only be run whole."""
    family = family_of(model.config)
    return family.parts if family.suits(model) else None


def in_parts(model: Any) -> bool:
    """Whether the model comes in parts."""
    return parts_of(model) is not None


def padded(
    model: Any, inputs: Sequence[Tensors], pad_id: int, uses_segment_ids: bool, uses_mask: bool = True
) -> dict[str, torch.Tensor]:
    """Keyword arguments for a model, [B, T] each, where it is: passing a mask by position is how segment ids become
    masks."""
    shape = (len(inputs), max(len(each) for each in inputs))
    ids = np.full(shape, pad_id, np.int64)
    segment_ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, each in enumerate(inputs):
        ids[row, : len(each)] = each.ids
        segment_ids[row, : len(each)] = each.segment_ids
        mask[row, : len(each)] = each.attention_mask
    tensors = {"input_ids": torch.from_numpy(ids)}
    if uses_mask:
        tensors["attention_mask"] = torch.from_numpy(mask)
    if uses_segment_ids:
        tensors["token_type_ids"] = torch.from_numpy(segment_ids)
    return {name: each.to(bert.device_of(model)) for name, each in tensors.items()}


# --- what any model says of itself ---


def n_positions(model: Any) -> float:
    """How many tokens the model says it has positions for; infinite when it names no bound."""
    table = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    if isinstance(table, torch.nn.Embedding):
        # RoBERTa's family numbers positions from the one after the padding index.
        return table.num_embeddings - (0 if table.padding_idx is None else table.padding_idx + 1)
    return getattr(model.config.get_text_config(), "max_position_embeddings", None) or math.inf


def n_layers(model: Any) -> int:
    """Layers of the encoder; where the configuration does not say, those of the longest list of modules."""
    lists = (len(each) for each in model.modules() if isinstance(each, torch.nn.ModuleList))
    return int(getattr(model.config.get_text_config(), "num_hidden_layers", None) or max(lists, default=1))


def n_hidden(model: Any) -> int:
    """Width of the encoder's states; where the configuration does not say, that of the word embeddings."""
    width = getattr(model.config.get_text_config(), "hidden_size", None)
    embeddings = model.get_input_embeddings()
    return int(width or getattr(embeddings, "weight", embeddings).shape[1])


def reads_segment_ids(model: Any, *, listed: bool) -> bool:
    """Whether the model was trained with segment ids: its family was, or its tokenizer lists them among the inputs.

    A table of two kinds of segments is no sign of it: RoBERTa's has two rows on paper, and the second was never used.
    """
    told_apart = getattr(model.config, "type_vocab_size", 2) > 1
    return told_apart and _takes(model, "token_type_ids") and (family_of(model.config).on_pairs or listed)


def reads_mask(model: Any) -> bool:
    """Whether the model takes an attention mask."""
    return _takes(model, "attention_mask")


def _takes(model: Any, argument: str) -> bool:
    return argument in signature(model.forward).parameters


# --- the parts, by family ---


def _own_rows(
    model: Any, inputs: Sequence[Tensors], rows: Sequence[tuple[int, int]], pad_id: int, uses_segment_ids: bool
) -> torch.Tensor:
    of_input, position = (list(each) for each in zip(*rows, strict=True))
    return model.base_model(**padded(model, inputs, pad_id, uses_segment_ids)).last_hidden_state[of_input, position]


def _albert_order_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    albert = model.albert
    return model.sop_classifier(albert.pooler_activation(albert.pooler(hidden)))


def _distilbert_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    return model.vocab_projector(model.vocab_layer_norm(model.activation(model.vocab_transform(hidden))))


def _always_in_full(config: Any) -> float:
    """Tokens up to which a BigBird attends to all of them, however it is set."""
    in_blocks = config.attention_type != "original_full"
    return (5 + 2 * config.num_random_blocks) * config.block_size if in_blocks else math.inf


def _without_language(config: Any) -> str | None:
    named = getattr(config, "default_language", None)
    return None if named else "has layers for each language and names none to read in (default_language)"


def _hashing(config: Any) -> str | None:
    chance = not getattr(config, "use_expectation", False)
    return "compares tokens by random hashes, so one text gets other numbers every time" if chance else None


FAMILIES: tuple[Family, ...] = (
    Family(
        kinds=("bert",),
        parts=Parts(
            lambda model, inputs, rows, *_padding: bert.hidden_rows(model, inputs, rows),
            bert.mlm_logits,
            bert.nsp_logits,
        ),
        suits=bert.suits,
        nsp_meaning="next sentence",
        nsp_weights=("pooler", "seq_relationship"),
        on_pairs=True,
    ),
    Family(
        kinds=("mobilebert", "ernie", "megatron-bert", "fnet"),
        nsp_meaning="next sentence",
        nsp_weights=("pooler", "seq_relationship"),
        on_pairs=True,
    ),
    Family(
        kinds=("big_bird",),
        nsp_meaning="next sentence",
        nsp_weights=("pooler", "seq_relationship"),
        on_pairs=True,
        # After one short input it attends to everything for good. Up to this length it always does, beyond it only
        # some blocks are attended to, by a model that has read nothing short.
        pinned={"attention_type": "original_full"},
        longest=_always_in_full,
    ),
    Family(
        kinds=("albert",),
        parts=Parts(_own_rows, lambda model, hidden: model.predictions(hidden), _albert_order_head),
        nsp_meaning="sentence order",
        nsp_weights=("pooler", "sop_classifier"),
        on_pairs=True,
    ),
    Family(
        kinds=("roberta", "xlm-roberta", "camembert"),
        parts=Parts(_own_rows, lambda model, hidden: model.lm_head(hidden)),
    ),
    Family(kinds=("distilbert",), parts=Parts(_own_rows, _distilbert_head)),
    Family(kinds=("modernbert",), parts=Parts(_own_rows, lambda model, hidden: model.decoder(model.head(hidden)))),
    Family(kinds=("electra", "convbert", "squeezebert"), on_pairs=True),
    Family(kinds=("xmod",), refused=_without_language),
    Family(kinds=("reformer", "yoso"), refused=_hashing),
    Family(kinds=("mra",), refused=lambda _config: "attends only where a GPU's own code is installed, else to nothing"),
    Family(
        kinds=("roc_bert",),
        refused=lambda _config: "reads the shape and the sound of every character beside its token",
    ),
    Family(kinds=("tapas",), refused=lambda _config: "reads a table with its rows and columns, not a text alone"),
)
"""The families of which more is known than what any model says of itself; any other model is run whole."""
