"""What each figure is to reach, by workload, model, arithmetic and the figure's name.

Ratios are theirs / ours; theirs is always fp32, whatever ours is.
"""

from benchmarks.results import Target

NOTEBOOK = "notebook code"
MINICONS = "minicons"
FILL_MASK = "fill-mask pipeline"
LOOP = "loop over BertForPreTraining"
BATCHES = "batches of 16"
EAGER = "eager output_attentions"
ONE_CALL = "one call a word"
CAPTUM = "captum"
PADDED = "padded batches of 32"
AUL, CROWS = "mlm-bias, AUL", "mlm-bias, CrowS-Pairs"
ONE_PROCESS = "one process"
RAY = "Ray, 2 actors"

PLL, NSP, SEEN = "PLL", "NSP", "seen reading"
LAYERS = "every layer"

_RATIOS = {
    ("W1", "small", "fp32"): {NOTEBOOK: 45},
    ("W2", "small", "fp32"): {NOTEBOOK: 5.5},
    ("W2", "small", "bf16"): {NOTEBOOK: 6.8},
    ("W2", "base", "fp32"): {NOTEBOOK: 2.0},
    ("W2", "base", "bf16"): {NOTEBOOK: 3.3},
    ("W3", "small", "fp32"): {MINICONS: 3.3, FILL_MASK: 4.2, LOOP: 4.2},
    ("W3", "small", "bf16"): {MINICONS: 6.3, FILL_MASK: 8, LOOP: 8},
    ("W3", "base", "fp32"): {MINICONS: 1.4, FILL_MASK: 1.5, LOOP: 2.2},
    ("W3", "base", "bf16"): {MINICONS: 3.0, FILL_MASK: 3.2, LOOP: 4.8},
    ("W4", "small", "fp32"): {MINICONS: 6},
    ("W4", "small", "bf16"): {MINICONS: 11},
    ("W4", "base", "fp32"): {MINICONS: 2.6},
    ("W4", "base", "bf16"): {MINICONS: 5.4},
    ("W5", "small", "fp32"): {"three runs": 2.5},
    ("W6", "small", "fp32"): {LOOP: 4, BATCHES: 2.8},
    ("W6", "small", "bf16"): {LOOP: 8, BATCHES: 5.8},
    ("W6", "base", "fp32"): {LOOP: 1.9, BATCHES: 1.5},
    ("W6", "base", "bf16"): {LOOP: 3.8, BATCHES: 3.1},
    ("W7", "small", "fp32"): {PADDED: 8},
    ("W7", "small", "bf16"): {PADDED: 14},
    ("W7", "base", "fp32"): {PADDED: 4},
    ("W7", "base", "bf16"): {PADDED: 8},
    ("W8", "small", "fp32"): {PLL: 0.90, NSP: 0.90, SEEN: 0.80},
    ("W8", "base", "fp32"): {PLL: 0.90, NSP: 0.90, SEEN: 0.80},
    ("W8", "small", "bf16"): {PLL: 0.80, NSP: 0.80, SEEN: 0.80},
    ("W8", "base", "bf16"): {PLL: 0.80, NSP: 0.80, SEEN: 0.80},
    ("W11", "small", "fp32"): {ONE_PROCESS: 1.8, RAY: 0.9},
    ("W12", "small", "bf16"): {"top-1 agreement, seen": 0.995, "top-1 agreement, hidden": 0.995},
    ("W13", "small", "fp32"): {FILL_MASK: 1.0},
    ("W15", "small", "fp32"): {LAYERS: 0.70},
    ("W16", "small", "fp32"): {EAGER: 2},
    ("W16", "base", "fp32"): {EAGER: 2},
    ("W17", "small", "fp32"): {ONE_CALL: 3.3, CAPTUM: 1.5},
    ("W17", "base", "fp32"): {ONE_CALL: 1.8},
    ("W18", "small", "fp32"): {MINICONS: 6, AUL: 6, CROWS: 6},
}

_BOUNDS = {
    ("W9", "small", "fp32"): {"ours": 150},
    ("W9", "base", "fp32"): {"ours": 300},
    ("W10", "small", "fp32"): {SEEN: 0.05, PLL: 0.05, NSP: 0.05},
    ("W12", "small", "fp32"): {
        "largest surprisal error, seen": 1e-4,
        "largest surprisal error, hidden": 1e-4,
        "ranks off by more than ties, seen": 0,
        "ranks off by more than ties, hidden": 0,
        "largest PLL difference per token, original": 1e-3,
        "largest PLL difference per token, within_word_l2r": 1e-3,
    },
    ("W16", "small", "fp32"): {"ours": 60},
    ("W16", "base", "fp32"): {"ours": 120},
    ("W12", "small", "bf16"): {"mean surprisal error, seen": 0.01, "mean surprisal error, hidden": 0.01},
}


def target(workload: str, model: str, dtype: str, name: str) -> Target | None:
    """The target of a figure, None when it has none."""
    key = (workload, model, dtype)
    if name in _RATIOS.get(key, {}):
        return Target(_RATIOS[key][name])
    if name in _BOUNDS.get(key, {}):
        return Target(_BOUNDS[key][name], at_least=False)
    return None
