"""What a model can do and what it can't, each with its reason: one table, which tasks and pages read."""

from collections.abc import Callable

from analysis.kernels import inside
from analysis.models.bundle import ModelBundle
from analysis.models.families import in_parts
from analysis.types import Ability


def _kind(bundle: ModelBundle) -> str:
    return bundle.model.config.model_type


def _no_inside(bundle: ModelBundle) -> str | None:
    if inside.suits(bundle.model):
        return None
    return f"The layers of BERT and RoBERTa are known here, and those of the kind '{_kind(bundle)}' are not."


_WHY_NOT: dict[str, Callable[[ModelBundle], str | None]] = {
    "masked-LM head": lambda bundle: bundle.mlm.why_absent,
    "second head": lambda bundle: bundle.nsp.why_absent,
    "attention mask": lambda bundle: (
        None
        if bundle.uses_mask
        else f"A model of the kind '{_kind(bundle)}' mixes all positions alike and takes no attention mask."
    ),
    "segment ids": lambda bundle: (
        None
        if bundle.uses_segment_ids
        else "Neither this kind of model nor its tokenizer marks two texts by segment ids, so none are given."
    ),
    "each head on some rows only": lambda bundle: (
        None
        if in_parts(bundle.model)
        else f"The parts of the kind '{_kind(bundle)}' are not known here, so the whole model runs on one input after "
        "the other: the same numbers, more slowly."
    ),
    "layers": _no_inside,
    "attention": _no_inside,
    "gradients": _no_inside,
}


def abilities(bundle: ModelBundle) -> tuple[Ability, ...]:
    """All that a model may be able to do, in the order in which it is shown."""
    return tuple(Ability(name, why_not(bundle)) for name, why_not in _WHY_NOT.items())


def ability(bundle: ModelBundle, name: str) -> Ability:
    """One of them."""
    return Ability(name, _WHY_NOT[name](bundle))
