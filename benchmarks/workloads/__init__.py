"""The workloads by their ids: what is computed, against whom, on which models and in which arithmetics."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from analysis.choices import Dtype
from benchmarks.results import Result
from benchmarks.setting import Setting


@dataclass(frozen=True, slots=True)
class Workload:
    """An entry of the suite; ``home`` is the module and the function that runs it."""

    id: str
    title: str
    against: str
    models: tuple[str, ...]
    dtypes: tuple[Dtype, ...]
    home: tuple[str, str]

    def run(self, setting: Setting) -> Result:
        """Run it."""
        # torch and the peers take seconds to import, which the list of workloads need not wait for.
        module, name = self.home
        function: Callable[[Setting], Result] = getattr(import_module(f"benchmarks.workloads.{module}"), name)
        return function(setting)


_BOTH: tuple[Dtype, ...] = ("fp32", "bf16")
_MODELS = ("small", "base")

WORKLOADS = {
    each.id: each
    for each in (
        Workload(
            "W1",
            "entropy, surprisal, rank and top 10 of 512 rows of logits",
            "notebook code with argsort",
            ("small",),
            ("fp32",),
            ("seen", "row_statistics"),
        ),
        Workload(
            "W2",
            "seen reading of a text, end to end",
            "vectorised notebook code",
            _MODELS,
            _BOTH,
            ("seen", "end_to_end"),
        ),
        Workload(
            "W3",
            "PLL of one text",
            "minicons token_score; fill-mask pipeline on each masked text; loop over BertForPreTraining",
            _MODELS,
            _BOTH,
            ("pll", "one_text"),
        ),
        Workload(
            "W4",
            "PLL of many sentences in file order",
            "minicons token_score, all in one batch",
            _MODELS,
            _BOTH,
            ("pll", "sentences_in_file_order"),
        ),
        Workload(
            "W5",
            "three masking variants of one text together",
            "three runs of our own",
            ("small",),
            ("fp32",),
            ("pll", "three_maskings"),
        ),
        Workload(
            "W6",
            "NSP at word boundaries, both orders",
            "loop over BertForPreTraining; batches of 16 of it",
            _MODELS,
            _BOTH,
            ("splits", "both_orders"),
        ),
        Workload(
            "W7",
            "sentences from a CSV file to a Parquet file of their tokens, seen reading",
            "batches of 32, padded; notebook code; pandas",
            _MODELS,
            _BOTH,
            ("corpus", "file_to_file"),
        ),
        Workload(
            "W8",
            "least FLOPs / time / roofline of our PLL, NSP and seen reading",
            "the limit, 1",
            _MODELS,
            _BOTH,
            ("efficiency", "share_of_roofline"),
        ),
        Workload(
            "W9",
            "peak memory above the loaded model, PLL",
            "minicons token_score on a shorter text",
            _MODELS,
            ("fp32",),
            ("memory", "peak"),
        ),
        Workload(
            "W10",
            "share of a run over a file that is not spent in the model",
            "nothing, 0",
            ("small",),
            ("fp32",),
            ("corpus", "beside_the_model"),
        ),
        Workload(
            "W11",
            "PLL of many sentences in two processes; on Ray with two actors, if it is installed",
            "one process; two of our own",
            ("small",),
            ("fp32",),
            ("processes", "two_at_once"),
        ),
        Workload(
            "W12",
            "accuracy on the trained checkpoint",
            "BertForPreTraining in fp32, one text at a time",
            ("small",),
            _BOTH,
            ("accuracy", "against_plain_transformers"),
        ),
        Workload(
            "W13",
            "cold start: process start to first result",
            "fill-mask pipeline in a process of its own",
            ("small",),
            ("fp32",),
            ("start", "cold"),
        ),
        Workload(
            "W15",
            "least FLOPs / time / roofline of both heads after every layer",
            "the limit, 1",
            _MODELS,
            ("fp32",),
            ("layers", "share_of_roofline"),
        ),
        Workload(
            "W16",
            "peak memory above the loaded model, attention of all layers",
            "eager output_attentions",
            _MODELS,
            ("fp32",),
            ("memory", "attention"),
        ),
        Workload(
            "W17",
            "influence of every word on one target: occlusion; integrated gradients, 64 steps",
            "one call of BertForPreTraining a word; captum over the whole model (small)",
            _MODELS,
            ("fp32",),
            ("influence", "occlusion_and_gradients"),
        ),
        Workload(
            "W18",
            "scores of a corpus: PLL; AUL and CrowS-Pairs' score",
            "minicons token_score in padded batches of 32; mlm-bias in its own environment",
            ("small",),
            ("fp32",),
            ("corpus_scores", "against_libraries"),
        ),
    )
}
