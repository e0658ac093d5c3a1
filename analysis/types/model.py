"""What there is to say of a model."""

from dataclasses import dataclass

from analysis.choices import Dtype
from analysis.types.inputs import Head, Provenance
from analysis.types.nsp import NspMeaning


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The facts of a loaded model; its name, revision and architecture are those of its provenance.

    Attributes
    ----------
    n_layers, n_hidden, n_parameters, weights_bytes
        Its size; the weights as they are in memory.
    max_tokens
        Longest input, special tokens included.
    n_vocabulary, n_entries
        V, the columns of the masked-LM head, and the entries of the tokenizer.
    licence
        None where the checkpoint states none.
    mlm, nsp
        The two heads; ``nsp_meaning`` says what the second was trained on.
    dtype
        Arithmetic of the encoder's products.
    card
        The model card in Markdown; None of a model that does not come with Pretext.
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
