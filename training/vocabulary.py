"""The ids of a BERT vocabulary that training needs to know."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

RESERVED_IDS = 1000
"""BERT's vocabularies keep their special tokens and [unused] slots below this id.

The uncased one has a single word there, the exclamation mark (999), which therefore never replaces another token.
"""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Ids of the special tokens, and the range that a random token is drawn from.

    Attributes
    ----------
    cls_id, sep_id, pad_id, mask_id
        Ids of [CLS], [SEP], [PAD] and [MASK].
    first_word
        Smallest id that may replace a token at random.
    size
        Number of the tokenizer's entries; ids run to ``size - 1``.
    """

    cls_id: int
    sep_id: int
    pad_id: int
    mask_id: int
    first_word: int
    size: int

    @property
    def never_chosen(self) -> frozenset[int]:
        """Ids that are no training targets. [UNK] is not among them: it stands for a word of the text."""
        return frozenset({self.cls_id, self.sep_id, self.pad_id, self.mask_id})


def vocabulary_of(tokenizer: "PreTrainedTokenizerBase") -> Vocabulary:
    """Read the ids from a tokenizer.

    Raises
    ------
    InputError
        If it lacks one of BERT's four special tokens.
    """
    named = {name: getattr(tokenizer, f"{name}_token_id") for name in ("cls", "sep", "pad", "mask")}
    missing = [f"[{name.upper()}]" for name, token_id in named.items() if token_id is None]
    if missing:
        raise InputError(f"The tokenizer has no {', '.join(missing)}; a BERT tokenizer has all four special tokens.")
    size = len(tokenizer)
    after_specials = max(tokenizer.all_special_ids) + 1
    return Vocabulary(
        cls_id=named["cls"],
        sep_id=named["sep"],
        pad_id=named["pad"],
        mask_id=named["mask"],
        # A small vocabulary of someone's own has no reserved block.
        first_word=RESERVED_IDS if size > RESERVED_IDS else min(after_specials, size - 1),
        size=size,
    )
