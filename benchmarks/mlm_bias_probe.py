"""mlm-bias at work in an environment of its own: reads a line of JSON, answers with one, until nobody asks.

A request is ``{"measure": "aul", "texts": [...]}`` or ``{"measure": "csps", "pairs": [[a, b], ...]}``, the answer the
list of scores. Its own entrypoint, ``BiasMLM``, makes the model by ``from_config``, with random weights: here its
functions are given the checkpoint's. It imports nothing of the project.
"""

import json
import sys
from typing import Any


def main(folder: str, threads: str) -> None:
    """Load a checkpoint and answer."""
    import torch
    from mlm_bias.utils import compute_aul, compute_csps, get_span
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    torch.set_num_threads(int(threads))
    # As BiasMLM configures it: its functions read the attentions of every input.
    model: Any = AutoModelForMaskedLM.from_pretrained(
        folder, attn_implementation="eager", output_attentions=True, output_hidden_states=True, dtype=torch.float32
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def ids(text: str) -> torch.Tensor:
        return tokenizer.encode(text, return_tensors="pt")

    def crows(a: str, b: str) -> list[float]:
        both = ids(a), ids(b)
        spans = get_span(both[0][0], both[1][0], "equal")
        return [
            compute_csps(model, own, span, tokenizer.mask_token_id)["csps"]
            for own, span in zip(both, spans, strict=True)
        ]

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["measure"] == "aul":
            scores = [compute_aul(model, ids(text))["aul"] for text in asked["texts"]]
        else:
            scores = [score for a, b in asked["pairs"] for score in crows(a, b)]
        sys.stdout.write(json.dumps(scores) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
