"""NSP at word boundaries: the text before against the text after, and the two swapped."""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from analysis.models.bundle import ModelBundle
from analysis.models.forward import forward
from analysis.texts.encoding import encode, rearrange
from analysis.texts.words import words_of
from analysis.types import Encoded, Floats
from benchmarks.checks import close, close_on_average
from benchmarks.peers import Notebook, tokenizer_of
from benchmarks.race import Contender, race
from benchmarks.results import Result
from benchmarks.roofline import flops_per_second, products
from benchmarks.setting import Setting, ours
from benchmarks.targets import BATCHES, LOOP
from benchmarks.texts import WHOLE_WORDS, passage

TOKENS = 64
"""Of each pair, [CLS] and both [SEP] included."""

_EVERY = {"small": 2, "base": 6}
"""Only every second or sixth boundary: what a pair takes does not depend on how many there are."""


def both_orders(setting: Setting) -> Result:
    """W6: both logits of each split and of its swap."""
    text = split_text(setting)
    pairs = text_pairs(setting, text)
    notebook = Notebook.of(setting.folder)
    contenders: list[Contender[Floats]] = [
        Contender(LOOP, lambda: notebook.nsp(pairs)),
        Contender(BATCHES, lambda: notebook.nsp_in_batches(pairs)),
    ]
    for dtype in setting.dtypes:
        bundle = setting.bundle(dtype)
        contenders.append(Contender(ours(dtype), lambda bundle=bundle: run_splits(setting, bundle, text)))

    def check(answers: Mapping[str, Floats]) -> list[str]:
        said = [close("batches of 16 against the loop, z", answers[LOOP], answers[BATCHES], largest=1e-3, unit="nat")]
        for dtype in setting.dtypes:
            what, found = f"{ours(dtype)} against the loop, z", answers[ours(dtype)]
            said.append(
                close(what, answers[LOOP], found, largest=1e-3, unit="nat")
                if dtype == "fp32"
                else close_on_average(what, answers[LOOP], found, mean=0.2, unit="nat")
            )
        return said

    went = race(contenders, check, setting.rounds, beside=products(setting.dtypes))
    return setting.result(
        f"{len(pairs)} pairs of {TOKENS} tokens",
        [
            setting.figure(peer, dtype, went.seconds(peer) / went.seconds(ours(dtype)), "times")
            for dtype in setting.dtypes
            for peer in (LOOP, BATCHES)
        ],
        checks=went.checks,
        timings=went.timings,
        roofline=flops_per_second(went),
    )


def split_text(setting: Setting) -> str:
    """The text that is split."""
    return passage(tokenizer_of(setting.folder), WHOLE_WORDS, TOKENS - 3)


def text_pairs(setting: Setting, text: str) -> list[tuple[str, str]]:
    """Each split and its swap as two texts."""
    words = text.split()
    cuts = range(1, len(words), _EVERY[setting.model])
    splits = [(" ".join(words[:cut]), " ".join(words[cut:])) for cut in cuts]
    return [pair for a, b in splits for pair in ((a, b), (b, a))]


def run_splits(setting: Setting, bundle: ModelBundle, text: str) -> Floats:
    """Our z of each split and its swap, tokenised once: float32 [B, 2]."""
    return cast("Floats", forward(bundle, split_inputs(setting, bundle, text), nsp=True))


def split_inputs(setting: Setting, bundle: ModelBundle, text: str) -> list[Encoded]:
    """The inputs of each split and its swap, all made of one tokenisation."""
    first, _, others = text.partition(" ")
    whole = encode(bundle, first, others)
    words = [list(word.positions) for word in words_of(whole)]
    middle, end = words[0][-1] + 1, len(whole) - 1
    inputs = []
    for cut in range(1, len(words), _EVERY[setting.model]):
        before, after = _joined(words[:cut]), _joined(words[cut:])
        for a, b in ((before, after), (after, before)):
            segment_ids = [0] * (len(a) + 2) + [1] * (len(b) + 1)
            inputs.append(rearrange(whole, [0, *a, middle, *b, end], segment_ids))
    return inputs


def _joined(words: Sequence[list[int]]) -> list[int]:
    return np.concatenate(words).tolist()
