"""Model: what is loaded, which of its heads are real, where the numbers come from."""

from analysis.questions import Describe
from dashboard.glossary import MARGIN, TOKEN_MEASURES
from dashboard.page import Page

PAGE = Page(
    key="model",
    title="Model",
    icon=":material/deployed_code:",
    group="Model",
    tip="What is loaded, which of its heads are real, and where the numbers come from.",
    asks="Which model made these numbers?",
    questions=lambda _view, _about: {"model": Describe()},
    prints=lambda _view: [
        "source = model.provenance",
        'print(f"{source.spec}, revision {source.revision}")',
        'print(f"{source.architecture}, {source.dtype}, {model.weights_bytes / 1e6:.0f} MB")',
        'print(f"at most {model.max_tokens} tokens, {model.n_vocabulary:,} columns")',
        'for name, head in (("masked-LM", model.mlm), ("next-sentence", model.nsp)):',
        '    state = "its weights came with the checkpoint" if head.real else head.why_absent',
        '    print(f"{name} head: {state}")',
    ],
    measures=(*TOKEN_MEASURES.values(), MARGIN),
)
