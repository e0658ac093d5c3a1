"""What a page may know of the model in use before it asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from analysis.errors import InputError
from dashboard.texts import CANDIDATES, EXPECTED, NOTEBOOK

if TYPE_CHECKING:
    from analysis.models.bundle import ModelBundle


@dataclass(frozen=True, slots=True)
class About:
    """What a page may know of the model in use before it asks: no weights, no tokenizer.

    ``strange`` are the words of examples for which its vocabulary has no pieces, or nothing but single letters, and
    ``reads_examples`` says whether it has pieces for most of the notebook's text, which is English as they all are;
    ``letters`` are those that its tokenizer can't part where they stand together, of a vocabulary of single letters;
    ``expected`` are the words of ``EXPECTED`` that are one piece of it;
    ``lacks`` says in one sentence of each head and ability that it has not, by its name in ``Page.needs``, what to do.
    """

    spec: str
    mask_token: str
    max_tokens: int
    n_vocabulary: int
    strange: frozenset[str] = frozenset()
    reads_examples: bool = True
    lacks: Mapping[str, str] = field(default_factory=dict)
    letters: frozenset[str] = frozenset()
    expected: tuple[str, ...] = ()
    n_layers: int = 0

    @classmethod
    def of(cls, bundle: ModelBundle) -> About:
        """What there is to know of a loaded model."""
        # It brings torch, which no page needs before a model is there.
        from analysis.models.inside import require
        from analysis.texts.pieces import has_pieces, is_one_piece, reads

        lacks, heads = {}, {"mlm": bundle.mlm.require, "nsp": bundle.nsp.require}
        inside = {name: partial(require, bundle, name) for name in ("layers", "attention", "gradients")}
        for name, demand in (heads | inside).items():
            try:
                if name == "layers":
                    # What stands after a layer is what the head says of it.
                    bundle.mlm.require()
                demand()
            except InputError as error:
                lacks[name] = str(error)
        return cls(
            bundle.spec,
            bundle.tokenizer.mask_token,
            bundle.max_tokens,
            bundle.n_vocabulary,
            frozenset(word for words in CANDIDATES for word in words if not has_pieces(bundle, word)),
            reads(bundle, NOTEBOOK),
            lacks,
            bundle.letters,
            tuple(word for word in EXPECTED if is_one_piece(bundle, word)),
            bundle.n_layers,
        )
