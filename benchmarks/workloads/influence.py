"""Which words an answer rests on: each of them masked, and the gradients of its embeddings integrated."""

from collections.abc import Mapping

import numpy as np

from analysis.choices import InfluenceMethod
from analysis.models.bundle import ModelBundle
from analysis.tasks.influence import find_influence
from benchmarks.checks import close
from benchmarks.peers import Captum, Notebook, tokenizer_of
from benchmarks.race import Contender, race
from benchmarks.results import Result
from benchmarks.roofline import flops_per_second, products
from benchmarks.setting import Setting, ours
from benchmarks.targets import CAPTUM, ONE_CALL
from benchmarks.texts import WHOLE_WORDS, passage

TOKENS = {"small": 64, "base": 32}
"""Of the one text, [CLS] and [SEP] included."""
STEPS = 64
_AT_ONCE = 16
"""Points that captum takes at a time: all of them at once need gigabytes and are no faster."""


def occlusion_and_gradients(setting: Setting) -> Result:
    """W17: of one target in the middle of a text, with its own token hidden, every word's influence in both ways."""
    text = passage(tokenizer_of(setting.folder), WHOLE_WORDS, TOKENS[setting.model] - 2)
    bundle, notebook = setting.bundle("fp32"), Notebook.of(setting.folder)
    position = TOKENS[setting.model] // 2
    words = [word.positions for word in find_influence(bundle, text, target=f"{position}").words]
    by_gradients = setting.model == "small"
    contenders = [
        Contender(ONE_CALL, lambda: notebook.occlusion(text, position, words)),
        Contender(_ours("occlusion"), lambda: _influence(bundle, text, position, "occlusion")),
    ]
    if by_gradients:
        captum = Captum(notebook)
        contenders += [
            Contender(CAPTUM, lambda: captum.attributions(text, position, words, STEPS, _AT_ONCE)),
            Contender(_ours("gradients"), lambda: _influence(bundle, text, position, "gradients")),
        ]

    def check(answers: Mapping[str, np.ndarray]) -> list[str]:
        pairs: list[tuple[str, InfluenceMethod]] = [
            (ONE_CALL, "occlusion"),
            *([(CAPTUM, "gradients")] if by_gradients else []),
        ]
        return [
            close(f"{_ours(method)} against {peer}", answers[peer], answers[_ours(method)], largest=1e-3, unit="nat")
            for peer, method in pairs
        ]

    went = race(contenders, check, setting.rounds, beside=products(setting.dtypes))
    figures = [setting.figure(ONE_CALL, "fp32", went.seconds(ONE_CALL) / went.seconds(_ours("occlusion")), "times")]
    if by_gradients:
        figures.append(setting.figure(CAPTUM, "fp32", went.seconds(CAPTUM) / went.seconds(_ours("gradients")), "times"))
    return setting.result(
        f"a text of {TOKENS[setting.model]} tokens, the target in its middle; {STEPS} points of the path",
        figures,
        checks=went.checks,
        timings=went.timings,
        roofline=flops_per_second(went),
    )


def _influence(bundle: ModelBundle, text: str, position: int, method: InfluenceMethod) -> np.ndarray:
    return find_influence(bundle, text, target=f"{position}", method=method, steps=STEPS).influence_nats


def _ours(method: InfluenceMethod) -> str:
    return f"{ours('fp32')}, {method}"
