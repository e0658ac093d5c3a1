"""The hidden reading and what is summed from it: one text, many sentences, three maskings."""

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.choices import MASKINGS
from analysis.models.bundle import ModelBundle
from analysis.tasks.hidden import plan_hidden
from analysis.tasks.readings import read_hidden
from analysis.tasks.scores import read_maskings, score, score_texts
from analysis.texts.encoding import encode
from analysis.types import HiddenReading
from benchmarks.checks import close, close_on_average
from benchmarks.peers import FillMask, Minicons, Notebook, tokenizer_of
from benchmarks.race import Contender, Race, race
from benchmarks.results import Figure, Result
from benchmarks.roofline import flops_per_second, products
from benchmarks.setting import Setting, ours
from benchmarks.targets import FILL_MASK, LOOP, MINICONS
from benchmarks.texts import ORDINARY, TYPICAL_PADDING, WHOLE_WORDS, passage, sentences

TOKENS = {"small": 64, "base": 32}
"""Of the one text, [CLS] and [SEP] included."""

_SENTENCES = {"small": 32, "base": 16}
"""Half as many for base: all of them would take minutes a round."""

_TOP = 5

Answers = Mapping[str, np.ndarray]


def one_text(setting: Setting) -> Result:
    """W3: ln p of each token of a text, that token hidden."""
    text = pll_text(setting)
    minicons, fill_mask, notebook = Minicons(setting.folder), FillMask(setting.folder), Notebook.of(setting.folder)
    contenders: list[Contender[Answers]] = [
        Contender(MINICONS, lambda: {"ln p": minicons.log_p([text])}),
        Contender(FILL_MASK, lambda: {"p": fill_mask.top_p(text)}),
        Contender(LOOP, lambda: {"ln p": notebook.log_p(text)}),
    ]
    for dtype in setting.dtypes:
        bundle = setting.bundle(dtype)
        contenders.append(Contender(ours(dtype), lambda bundle=bundle: _log_p(bundle, [text])))
        contenders.append(Contender(_with_top(dtype), lambda bundle=bundle: _top(bundle, text)))

    def check(answers: Mapping[str, Answers]) -> list[str]:
        said = [
            close("minicons against the loop", *_both(answers, LOOP, MINICONS), largest=1e-4, unit="nat"),
        ]
        for dtype in setting.dtypes:
            said.append(_compare(answers, MINICONS, dtype))
        if "fp32" in setting.dtypes:
            theirs, found = answers[FILL_MASK]["p"], answers[_with_top("fp32")]["p"]
            said.append(close("ours fp32 against the pipeline, p of the top 5", theirs, found, largest=3e-5))
        return said

    went = race(contenders, check, setting.rounds, beside=products(setting.dtypes))
    return _result(setting, went, f"a text of {TOKENS[setting.model]} tokens", (MINICONS, FILL_MASK, LOOP))


def sentences_in_file_order(setting: Setting) -> Result:
    """W4: ln p of each token of many sentences, that token hidden, all sentences handed over at once."""
    count = _SENTENCES[setting.model]
    texts = sentences(*TYPICAL_PADDING, count)
    lengths = [len(ids) for ids in tokenizer_of(setting.folder)(texts)["input_ids"]]
    minicons = Minicons(setting.folder)
    contenders: list[Contender[Answers]] = [Contender(MINICONS, lambda: {"ln p": minicons.log_p(texts)})]
    for dtype in setting.dtypes:
        bundle = setting.bundle(dtype)
        contenders.append(Contender(ours(dtype), lambda bundle=bundle: _log_p(bundle, texts)))

    def check(answers: Mapping[str, Answers]) -> list[str]:
        return [_compare(answers, MINICONS, dtype) for dtype in setting.dtypes]

    went = race(contenders, check, setting.rounds, beside=products(setting.dtypes))
    return _result(
        setting,
        went,
        f"{count} sentences of {min(lengths)} to {max(lengths)} tokens, {np.mean(lengths):.1f} on average",
        (MINICONS,),
    )


def three_maskings(setting: Setting) -> Result:
    """W5: what the three maskings have in common, computed once."""
    bundle = setting.bundle("fp32")
    text = passage(bundle.tokenizer, ORDINARY, TOKENS["small"] - 2)
    together, apart = "together", "three runs"

    def values(readings: Sequence[HiddenReading]) -> Answers:
        return {"ln p": np.stack([score(each).logp_nats for each in readings])[:, 1:-1]}

    def check(answers: Mapping[str, Answers]) -> list[str]:
        return [close("together against three runs", *_both(answers, apart, together), largest=1e-4, unit="nat")]

    went = race(
        [
            Contender(apart, lambda: values([read_hidden(bundle, text, masking=each) for each in MASKINGS])),
            Contender(together, lambda: values(read_maskings(bundle, text, maskings=MASKINGS))),
        ],
        check,
        setting.rounds,
        beside=products(setting.dtypes),
    )
    encoded = encode(bundle, text)
    n_together = len(plan_hidden(bundle, encoded, MASKINGS).inputs)
    n_apart = sum(len(plan_hidden(bundle, encoded, (each,)).inputs) for each in MASKINGS)
    split = sum(token.startswith("##") for token in encoded.tokens)
    return setting.result(
        f"a text of {len(encoded)} tokens, {split} of them continuations: {n_together} inputs together, "
        f"{n_apart} in three runs",
        [setting.figure(apart, "fp32", went.seconds(apart) / went.seconds(together), "times")],
        checks=went.checks,
        timings=went.timings,
        roofline=flops_per_second(went),
    )


def pll_text(setting: Setting) -> str:
    """The one text."""
    return passage(tokenizer_of(setting.folder), WHOLE_WORDS, TOKENS[setting.model] - 2)


def _log_p(bundle: ModelBundle, texts: Sequence[str]) -> Answers:
    """ln p of every token of every text, that token hidden, all texts handed over at once."""
    return {"ln p": np.concatenate([each.logp_nats[1:-1] for each in score_texts(bundle, texts, masking="token")])}


def _top(bundle: ModelBundle, text: str) -> Answers:
    """The largest probabilities at each token, that token hidden: what the pipeline gives."""
    return {"p": read_hidden(bundle, text, masking="token", k=_TOP).statistics.top_p[1:-1]}


def _with_top(dtype: str) -> str:
    return f"{ours(dtype)}, top {_TOP}"


def _both(answers: Mapping[str, Answers], theirs: str, found: str) -> tuple[np.ndarray, np.ndarray]:
    return answers[theirs]["ln p"], answers[found]["ln p"]


def _compare(answers: Mapping[str, Answers], theirs: str, dtype: str) -> str:
    what = f"{ours(dtype)} against {theirs}, ln p"
    if dtype == "fp32":
        return close(what, *_both(answers, theirs, ours(dtype)), largest=1e-4, unit="nat")
    return close_on_average(what, *_both(answers, theirs, ours(dtype)), mean=0.05, unit="nat")


def _result(setting: Setting, went: Race, input_: str, peers: Sequence[str]) -> Result:
    figures: list[Figure] = [
        setting.figure(
            peer,
            dtype,
            went.seconds(peer) / went.seconds(_with_top(dtype) if peer == FILL_MASK else ours(dtype)),
            "times",
        )
        for dtype in setting.dtypes
        for peer in peers
    ]
    return setting.result(input_, figures, checks=went.checks, timings=went.timings, roofline=flops_per_second(went))
