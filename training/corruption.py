"""How BERT's masked-language-modelling task spoils a text (Devlin et al. 2019, section 3.1).

Some tokens are chosen as targets. Of those, 80 % become [MASK], 10 % become a random token and 10 % stay as they are:
at use there is no [MASK], so the model must not learn that only masked places are asked for.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from training.vocabulary import Vocabulary

IGNORED = -100
"""Label of a position that is no target; torch's cross-entropy leaves it out."""

SHARE_CHOSEN = 0.15
P_MASKED = 0.8
P_MASKED_OR_REPLACED = 0.9


@dataclass(frozen=True, slots=True)
class Corruption:
    """A text as the model gets to see it, and what it is asked.

    Attributes
    ----------
    input_ids
        The ids after corruption, as long as the text.
    labels
        The original id at each chosen position, ``IGNORED`` elsewhere.
    masked, replaced, kept
        Chosen positions in ascending order: those that now hold [MASK], those that hold a random token (which may by
        chance be the original one), and those that hold what they held.
    """

    input_ids: tuple[int, ...]
    labels: tuple[int, ...]
    masked: tuple[int, ...]
    replaced: tuple[int, ...]
    kept: tuple[int, ...]

    @property
    def chosen(self) -> tuple[int, ...]:
        """All targets, ascending."""
        return tuple(sorted(self.masked + self.replaced + self.kept))


def corrupt(ids: Sequence[int], vocabulary: Vocabulary, rng: random.Random, share: float = SHARE_CHOSEN) -> Corruption:
    """Choose targets and corrupt them 80/10/10.

    Parameters
    ----------
    ids
        Token ids of one input, special tokens included.
    share
        Share of the ordinary tokens that become targets, rounded to a whole number of them and at least one.

    Returns
    -------
    Corruption
        With no target at all if ``ids`` holds nothing but special tokens.
    """
    candidates = [position for position, token in enumerate(ids) if token not in vocabulary.never_chosen]
    n_chosen = min(len(candidates), max(1, round(share * len(candidates))))
    corrupted, labels = list(ids), [IGNORED] * len(ids)
    masked: list[int] = []
    replaced: list[int] = []
    kept: list[int] = []
    for position in rng.sample(candidates, n_chosen):
        labels[position] = ids[position]
        draw = rng.random()
        if draw < P_MASKED:
            corrupted[position] = vocabulary.mask_id
            masked.append(position)
        elif draw < P_MASKED_OR_REPLACED:
            corrupted[position] = rng.randrange(vocabulary.first_word, vocabulary.size)
            replaced.append(position)
        else:
            kept.append(position)
    return Corruption(
        input_ids=tuple(corrupted),
        labels=tuple(labels),
        masked=tuple(sorted(masked)),
        replaced=tuple(sorted(replaced)),
        kept=tuple(sorted(kept)),
    )
