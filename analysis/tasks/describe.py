"""The model itself: how large it is, which of its heads are real, how it computes."""

from analysis import export
from analysis.models.abilities import abilities
from analysis.models.bundle import ModelBundle
from analysis.models.checkpoint import BUNDLED, BUNDLED_FOLDER
from analysis.task import Task, of_one
from analysis.types import ModelFacts


def _read(bundle: ModelBundle, _plan: None, _chunk: int) -> ModelFacts:
    card = (BUNDLED_FOLDER / "README.md").read_text(encoding="utf-8") if bundle.spec == BUNDLED else None
    return ModelFacts(
        n_layers=bundle.n_layers,
        n_hidden=bundle.n_hidden,
        n_parameters=bundle.n_parameters,
        weights_bytes=bundle.n_bytes,
        max_tokens=bundle.max_tokens,
        n_vocabulary=bundle.n_vocabulary,
        n_entries=len(bundle.tokenizer),
        licence=bundle.licence,
        mlm=bundle.mlm,
        nsp=bundle.nsp,
        nsp_meaning=bundle.nsp_meaning,
        device=bundle.device,
        dtype=bundle.dtype,
        why_dtype=bundle.why_dtype,
        kernels=bundle.kernels,
        abilities=abilities(bundle),
        card=card,
        provenance=bundle.provenance(),
    )


DESCRIBE = Task(
    plan=lambda _models, _question: None,
    chunks=lambda _models, _plan, _tokens: (0,),
    read=of_one(_read),
    assemble=lambda _models, _plan, parts: parts[0] if parts else None,
    export=export.model_facts,
    unit="models",
    size=lambda _plan: 1,
)
