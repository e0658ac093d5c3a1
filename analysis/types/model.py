"""What there is to say of a model."""

from dataclasses import dataclass

from analysis.choices import Dtype
from analysis.types.inputs import Head, Provenance
from analysis.types.nsp import NspMeaning


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The facts of a loaded model; its name, revision and architecture are those of its provenance.

    ``weights_bytes`` are those in memory; ``max_tokens`` is the longest input, special tokens included;
    ``n_vocabulary`` is V, the columns of the masked-LM head, ``n_entries`` those of the tokenizer; ``licence`` is None
    where the checkpoint states none; ``nsp_meaning`` says what the second head was trained on; ``dtype`` is the
    arithmetic of the encoder's products; ``card`` the model card in Markdown, None of a model that does not come with
    Pretext.
    """

    n_layers: int
    n_hidden: int
    n_parameters: int
    weights_bytes: int
    max_tokens: int
    n_vocabulary: int
    n_entries: int
    licence: str | None
    mlm: Head
    nsp: Head
    nsp_meaning: NspMeaning
    dtype: Dtype
    card: str | None
    provenance: Provenance
