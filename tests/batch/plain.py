"""The published definitions of suites' scores, over plain transformers: nothing of ``analysis`` computes here."""

import difflib
import string
from collections.abc import Callable, Sequence

import numpy as np
import torch

from tests.analysis.oracle import Plain


def log_p(plain: Plain, ids: Sequence[int], at: int, target: int | None = None) -> float:
    """ln p of what stands at a position (or of another id), it masked, one pass."""
    masked = list(ids)
    masked[at] = plain.tokenizer.mask_token_id
    return float(plain.run(input_ids=torch.tensor([masked])).log_p[at, ids[at] if target is None else target])


def ids_of(plain: Plain, text: str) -> list[int]:
    return plain.tokenizer(text)["input_ids"]


def pll(plain: Plain, text: str, completion: str | None = None) -> list[float]:
    """BabyLM 2025, masked models: each token whose characters end inside the completion, one at a time."""
    encoding = plain.tokenizer(text, return_offsets_mapping=True)
    start = len(text) - len(text if completion is None else completion)
    ids, offsets = encoding["input_ids"], encoding["offset_mapping"]
    return [log_p(plain, ids, at) for at, (_, end) in enumerate(offsets) if end > start]


def pll_word_l2r(plain: Plain, text: str) -> list[float]:
    """Kauf & Ivanova: a token and the later ones of its word are masked together."""
    encoding = plain.tokenizer(text)
    ids, words = encoding["input_ids"], encoding.word_ids(0)
    found = []
    for at, word in enumerate(words):
        if word is not None:
            masked = [
                plain.tokenizer.mask_token_id if each >= at and words[each] == word else id_
                for each, id_ in enumerate(ids)
            ]
            found.append(float(plain.run(input_ids=torch.tensor([masked])).log_p[at, ids[at]]))
    return found


def aul(plain: Plain, text: str) -> list[float]:
    """Kaneko & Bollegala: ln p of every token of the text, which sees itself."""
    answer = plain.answer(text)
    return [float(answer.log_p[at, id_]) for at, id_ in enumerate(answer.ids)][1:-1]


def crows(plain: Plain, a: str, b: str, operation: str) -> tuple[list[float], list[float]]:
    """Nangia et al. (shared tokens but the first and the last), bias-bench (the differing ones): ln p of each."""
    ids = [ids_of(plain, a.lower()), ids_of(plain, b.lower())]
    spans: tuple[list[int], list[int]] = ([], [])
    matcher = difflib.SequenceMatcher(None, [str(x) for x in ids[0]], [str(x) for x in ids[1]])
    for op in matcher.get_opcodes():
        if (operation == "equal") == (op[0] == "equal"):
            spans[0].extend(range(op[1], op[2]))
            spans[1].extend(range(op[3], op[4]))
    cut = slice(1, -1) if operation == "equal" else slice(None)
    first, second = ([log_p(plain, own, at) for at in span[cut]] for own, span in zip(ids, spans, strict=True))
    return first, second


def stereoset_word(plain: Plain, context: str, sentence: str) -> float:
    """Nadeem et al.: piece by piece of the word at BLANK, the mean of the probabilities."""
    place = [at for at, word in enumerate(context.split(" ")) if "BLANK" in word][-1]
    word = sentence.split(" ")[place].translate(str.maketrans("", "", string.punctuation))
    pieces = plain.tokenizer.encode(word, add_special_tokens=False)
    p = []
    for number, piece in enumerate(pieces):
        before = plain.tokenizer.decode(pieces[:number])
        ids = ids_of(plain, context.replace("BLANK", f"{before}{plain.tokenizer.mask_token}"))
        at = ids.index(plain.tokenizer.mask_token_id)
        p.append(float(np.exp(log_p(plain, ids, at, piece))))
    return float(np.mean(p))


def margin(plain: Plain, a: str, b: str) -> float:
    z = plain.answer(a, b).z
    assert z is not None
    return float(z[0] - z[1])


def at_mask(plain: Plain, text: str, word: str) -> tuple[float, int]:
    """p and rank of a word of one token at the first mask."""
    answer = plain.answer(text)
    at = answer.ids.tolist().index(plain.tokenizer.mask_token_id)
    (id_,) = plain.tokenizer.encode(word, add_special_tokens=False)
    row = answer.logits[at]
    return float(np.exp(answer.log_p[at, id_])), 1 + int((row > row[id_]).sum())


def bootstrapped(values: Sequence[float], of: Callable[[np.ndarray], float], seed: int = 7) -> tuple[float, float]:
    """The obvious bootstrap: a loop that draws items."""
    random, own = np.random.default_rng(seed), np.array(values)
    found = [of(own[random.integers(0, len(own), len(own))]) for _ in range(2000)]
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)
