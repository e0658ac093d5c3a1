"""How near our own computations come to the limit of the machine."""

from collections.abc import Callable, Mapping

import numpy as np

from analysis.limits import PASS_TOKENS
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Shape, distinct_tokens, least_flops
from analysis.tasks.readings import read_seen
from analysis.tasks.scores import score_texts
from benchmarks.checks import close_on_average
from benchmarks.peers import tokenizer_of
from benchmarks.race import Contender, race
from benchmarks.results import Result
from benchmarks.roofline import Streamed, flops_per_second, least_seconds, products, streamed_seconds
from benchmarks.setting import Setting, ours
from benchmarks.targets import NSP, PLL, SEEN
from benchmarks.texts import WHOLE_WORDS, passage
from benchmarks.where import where_time_goes
from benchmarks.workloads import pll, seen, splits


def share_of_roofline(setting: Setting) -> Result:
    """W8: PLL, NSP and seen reading, each from text to result, on the inputs of W3, W6 and W2."""
    tokenizer = tokenizer_of(setting.folder)
    text, n_tokens = pll.pll_text(setting), pll.TOKENS[setting.model]
    long_text, split_text = passage(tokenizer, WHOLE_WORDS, seen.TOKENS - 2), splits.split_text(setting)
    bundles = {dtype: setting.bundle(dtype) for dtype in setting.dtypes}
    any_bundle = bundles[setting.dtypes[0]]
    shape, pairs = Shape.of(any_bundle), splits.split_inputs(setting, any_bundle, split_text)
    n_splits = len(pairs)
    # Each place of the text has its own token in all inputs but one, and [MASK] in that.
    hidden = 2 * n_tokens - 2
    least = {
        PLL: least_flops(shape, [(n_tokens, 1)] * (n_tokens - 2), mlm_rows=n_tokens - 2, distinct=hidden),
        NSP: least_flops(shape, [(splits.TOKENS, 1)] * n_splits, mlm_rows=0, distinct=distinct_tokens(pairs)),
        SEEN: least_flops(shape, [(seen.TOKENS, seen.TOKENS)], mlm_rows=seen.TOKENS),
    }

    def work_of(bundle: ModelBundle) -> dict[str, Callable[[], np.ndarray]]:
        return {
            PLL: lambda: score_texts(bundle, [text], masking="token")[0].logp_nats[1:-1],
            NSP: lambda: splits.run_splits(setting, bundle, split_text),
            SEEN: lambda: read_seen(bundle, long_text).statistics.surprisal_bits,
        }

    contenders = [
        Contender(f"{what} {dtype}", run) for dtype, bundle in bundles.items() for what, run in work_of(bundle).items()
    ]

    def check(answers: Mapping[str, np.ndarray]) -> list[str]:
        """What each answer is worth against plain transformers is checked by W2, W3 and W6."""
        return [
            close_on_average(f"{ours(dtype)}, {what}", answers[f"{what} {setting.dtypes[0]}"], found, mean=0.2)
            for dtype in setting.dtypes
            for what, found in ((what, answers[f"{what} {dtype}"]) for what in least)
        ]

    rows = {PLL: PASS_TOKENS, NSP: PASS_TOKENS, SEEN: seen.TOKENS}
    head = Streamed.of(any_bundle, None)
    encoders = {
        (dtype, n): Streamed.of(bundle, n) for dtype, bundle in bundles.items() for n in dict.fromkeys(rows.values())
    }
    beside = [*products(setting.dtypes), *(each.contender for each in (head, *encoders.values()))]
    went = race(contenders, check, setting.rounds, beside=beside)
    roofline = flops_per_second(went)
    streamed = {
        f"{what} {dtype}": streamed_seconds(flops, encoders[dtype, rows[what]], head, went)
        for dtype in setting.dtypes
        for what, flops in least.items()
    }
    return setting.result(
        f"PLL of {n_tokens} tokens, {n_splits} pairs of {splits.TOKENS}, a seen reading of {seen.TOKENS}",
        [
            setting.figure(name, dtype, seconds / went.seconds(f"{what} {dtype}"), "share")
            for dtype in setting.dtypes
            for what, flops in least.items()
            for name, seconds in (
                (what, least_seconds(flops, dtype, roofline)),
                (f"{what}, of the streamed roofline", streamed[f"{what} {dtype}"]),
            )
        ],
        checks=went.checks,
        timings=went.timings,
        roofline=roofline,
        notes=tuple(where_time_goes(each, streamed[each.name]) for each in contenders),
    )
