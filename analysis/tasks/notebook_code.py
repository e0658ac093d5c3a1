"""The tour's steps as one types them into a notebook, with plain transformers: source that gives the same values.

Nothing here runs in Pretext; a test runs it. It is written for the heads that a checkpoint has: the names of a model's
outputs depend on them.
"""

from dataclasses import dataclass

from analysis.models.bundle import ModelBundle
from analysis.models.checkpoint import BUNDLED

_BUNDLED_PATH = "analysis/bundled"
_BOTH = {"next sentence": "seq_relationship_logits", "sentence order": "sop_logits"}


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a checkpoint gives in plain transformers: the class to load it with, and the names of its logits.

    A name is "" where the checkpoint has no such head.
    """

    auto_class: str
    mlm: str
    nsp: str

    @property
    def keys(self) -> tuple[str, ...]:
        """``outputs.keys()`` of one pass."""
        return tuple(name for name in (self.mlm, self.nsp) if name)


def outputs_of(bundle: ModelBundle) -> Outputs:
    """Two heads have names of their own, one alone gives ``logits``."""
    mlm, nsp = bundle.mlm.why_absent is None, bundle.nsp.why_absent is None
    if mlm and nsp:
        return Outputs("AutoModelForPreTraining", "prediction_logits", _BOTH[bundle.nsp_meaning])
    if nsp:
        return Outputs("AutoModelForNextSentencePrediction", "", "logits")
    return Outputs("AutoModelForMaskedLM", "logits" if mlm else "", "")


def preamble(bundle: ModelBundle, a: str, b: str) -> str:
    """What every step stands on."""
    auto_class, (name, _, revision) = outputs_of(bundle).auto_class, bundle.spec.partition("@")
    of_revision = f", revision={revision!r}" if revision else ""
    if name == BUNDLED:
        name = _BUNDLED_PATH
    return (
        f"import torch\nfrom transformers import {auto_class}, AutoTokenizer\n\n"
        f"tokenizer = AutoTokenizer.from_pretrained({name!r}{of_revision})\n"
        f"model = {auto_class}.from_pretrained({name!r}{of_revision}, dtype=torch.float32).eval()\n"
        f"a = {a!r}\nb = {b!r}\n"
    )


def code(step: str, bundle: ModelBundle) -> str:
    """The source of a step."""
    outputs, listed = outputs_of(bundle), "token_type_ids" in bundle.tokenizer.model_input_names
    # Some tokenizers leave out the segment ids that their models read, unless they are asked for.
    ids = ", return_token_type_ids=True" if bundle.uses_segment_ids and not listed else ""
    head = "model.cls.predictions" if hasattr(bundle.model, "cls") else "model.lm_head"
    return _CODE[step].format(mlm=outputs.mlm, nsp=outputs.nsp, ids=ids, head=head).strip()


_CODE = {
    "tokens": """
ids = tokenizer(f"{{a}} {{b}}").input_ids
tokens = tokenizer.convert_ids_to_tokens(ids)
values = {{
    "tokens": len(ids),
    "first five": " ".join(tokens[:5]),
    "first five ids": ids[:5],
    "masks at": [i for i, id_ in enumerate(ids) if id_ == tokenizer.mask_token_id],
}}
""",
    "logits": """
inputs = tokenizer(f"{{a}} {{b}}", return_tensors="pt")
with torch.no_grad():
    outputs = model(**inputs)
print(outputs.keys())
values = {{
    "shape": list(outputs.{mlm}.shape),
    "first three logits": [round(logit, 4) for logit in outputs.{mlm}[0, 0, :3].tolist()],
}}
""",
    "one_position": """
inputs = tokenizer(f"{{a}} {{b}}", return_tensors="pt")
with torch.no_grad():
    row = model(**inputs).{mlm}[0, 2]
best = int(row.argmax())
values = {{
    "token": tokenizer.convert_ids_to_tokens(inputs.input_ids[0].tolist())[2],
    "argmax": best,
    "its token": tokenizer.convert_ids_to_tokens(best),
    "p": float(row.softmax(-1)[best]),
}}
""",
    "greedy_read_out": """
inputs = tokenizer(f"{{a}} {{b}}", return_tensors="pt")
with torch.no_grad():
    best = model(**inputs).{mlm}[0].argmax(-1).tolist()
names = ("cls", "sep", "pad", "mask", "bos", "eos")
special = {{getattr(tokenizer, f"{{name}}_token_id") for name in names}}
count = [(stood, read) for stood, read in zip(inputs.input_ids[0].tolist(), best) if stood not in special]
values = {{
    "read-out": " ".join(tokenizer.convert_ids_to_tokens(best)),
    "positions that count": len(count),
    "read back as something else": sum(stood != read for stood, read in count),
}}
""",
    "masks": """
inputs = tokenizer(f"{{a}} {{b}}", return_tensors="pt")
with torch.no_grad():
    rows = model(**inputs).{mlm}[0, inputs.input_ids[0] == tokenizer.mask_token_id]
(p_first, first), (p_second, second) = (row.softmax(-1).max(-1) for row in rows)
values = {{
    "first [MASK]": tokenizer.convert_ids_to_tokens(int(first)),
    "p of the first": float(p_first),
    "second [MASK]": tokenizer.convert_ids_to_tokens(int(second)),
    "p of the second": float(p_second),
}}
""",
    "where_it_forms": """
inputs = tokenizer(f"{{a}} {{b}}", return_tensors="pt")
at = inputs.input_ids[0].tolist().index(tokenizer.mask_token_id)
with torch.no_grad():
    states = model(**inputs, output_hidden_states=True).hidden_states
    firsts = [int({head}(state[0, at]).argmax()) for state in states]
others = [layer for layer, first in enumerate(firsts) if first != firsts[-1]]
values = {{
    "layers": len(states) - 1,
    "first after each": tokenizer.convert_ids_to_tokens(firsts),
    "answer comes first after": firsts.index(firsts[-1]),
    "and stays from": max(others, default=-1) + 1,
}}
""",
    "one_segment": """
with torch.no_grad():
    is_next, not_next = model(**tokenizer(f"{{a}} {{b}}", return_tensors="pt")).{nsp}[0].tolist()
values = {{
    "logits": [round(is_next, 4), round(not_next, 4)],
    "margin (nats)": is_next - not_next,
    "P(IsNext)": float(torch.tensor([is_next, not_next]).softmax(-1)[0]),
}}
""",
    "two_segments": """
pair = tokenizer(a, b, return_tensors="pt"{ids})
with torch.no_grad():
    is_next, not_next = model(**pair).{nsp}[0].tolist()
    one, other = model(**tokenizer(f"{{a}} {{b}}", return_tensors="pt")).{nsp}[0].tolist()
values = {{
    "tokens": pair.input_ids.shape[1],
    "logits": [round(is_next, 4), round(not_next, 4)],
    "margin (nats)": is_next - not_next,
    "argmax": 0 if is_next > not_next else 1,
    "margin of one segment (nats)": one - other,
}}
""",
}
