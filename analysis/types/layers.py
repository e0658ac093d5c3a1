"""What both heads say after every layer of the model."""

from dataclasses import dataclass

import numpy as np

from analysis.choices import Masking, ReadingKind
from analysis.types.inputs import Bools, Encoded, Floats, Ints, Provenance, Record, frozen
from analysis.types.notices import Notices
from analysis.types.nsp import NspMeaning


@dataclass(frozen=True, slots=True)
class Followed(Record):
    """Some tokens at one position, after every layer.

    Attributes
    ----------
    position
        Where they are followed.
    ids, tokens
        int32 [W] and W strings: what comes first after some layer, the last layer's first; the position's own token;
        the words that were asked for; each once.
    p, log_p_nats
        float32 [L + 1, W]: probability and ln p, which is a number where p is too small for one.
    rank
        int32 [L + 1, W]: 1 + how many logits are larger.
    """

    position: int
    ids: Ints
    tokens: tuple[str, ...]
    p: Floats
    log_p_nats: Floats
    rank: Ints


@dataclass(frozen=True, slots=True)
class LayerReading(Record):
    """Both complete heads on the states before the first of L layers and after each: the raw lens, layer 0 first.

    The heads were trained on the last layer's states alone. A row that has not been read is no numbers, and rank 0.

    Attributes
    ----------
    encoded
        The input, nothing hidden.
    kind, masking
        Whether the positions of C see their tokens, and what is hidden with each; None where nothing is. At a [MASK] of
        the text and at the template's tokens nothing is hidden in either reading.
    positions
        int32 [P]: what was read, all T or a single one.
    known
        bool [P]: False where a reading that was stopped has not come.
    n_vocabulary
        V, the columns of the masked-LM head.
    entropy_bits
        float32 [L + 1, P]: entropy of the whole distribution, in [0, log2 V].
    p_observed, surprisal_bits, rank
        float32, float32 and int32 [L + 1, P]: of the position's own token, as in ``TokenStatistics``.
    kl_bits
        float32 [L + 1, P]: D(last || layer), the bits that the layer's distribution costs on top where the last layer's
        is true; 0 at the last layer.
    top_ids, top_p, top_tokens
        int32 and float32 [L + 1, P, K] and [L + 1][P][K] strings: the K most probable, ties by the smaller id.
    z
        float32 [L + 1, 2]: logits of the second head for the input, nothing hidden; None without that head.
    meaning
        What the second head's two answers stand for.
    followed
        Some tokens at the position, where one alone was asked for and has come.
    """

    encoded: Encoded
    kind: ReadingKind
    masking: Masking | None
    positions: Ints
    known: Bools
    n_vocabulary: int
    entropy_bits: Floats
    p_observed: Floats
    surprisal_bits: Floats
    rank: Ints
    kl_bits: Floats
    top_ids: Ints
    top_p: Floats
    top_tokens: tuple[tuple[tuple[str, ...], ...], ...]
    z: Floats | None
    meaning: NspMeaning
    followed: Followed | None
    notices: Notices
    provenance: Provenance

    @property
    def complete(self) -> bool:
        """True when every position has been read."""
        return bool(self.known.all())

    @property
    def n_layers(self) -> int:
        """L."""
        return len(self.rank) - 1

    @property
    def answers(self) -> Bools:
        """bool [L + 1, P]: whether what comes first there is what comes first after the last layer."""
        first = self.top_ids[:, :, 0]
        return frozen(first == first[-1])

    @property
    def first_at(self) -> Ints:
        """int32 [P]: the first layer after which the last layer's answer comes first; -1 where nothing has come."""
        return frozen(np.where(self.known, self.answers.argmax(axis=0), -1).astype(np.int32))

    @property
    def settles_at(self) -> Ints:
        """int32 [P]: the first layer from which on the last one's answer stays first; -1 where nothing has come."""
        stays = np.logical_and.accumulate(self.answers[::-1]).sum(axis=0)
        return frozen(np.where(self.known, len(self.rank) - stays, -1).astype(np.int32))

    @property
    def margin_nats(self) -> Floats | None:
        """float32 [L + 1]: z_0 - z_1 after each layer; None without a second head."""
        return None if self.z is None else frozen(self.z[:, 0] - self.z[:, 1])

    def at(self, position: int) -> int | None:
        """The column of a position; None where it was not asked for or has not come."""
        (found,) = np.nonzero((self.positions == position) & self.known)
        return int(found[0]) if len(found) else None
