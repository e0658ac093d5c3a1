"""What people use today, as they would write or call it: notebook code, minicons, and transformers' own pipeline.

Libraries are used unmodified. All of it computes in fp32.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer, BertForPreTraining

from analysis.errors import InputError

Floats = np.ndarray
K = 10


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the notebook computes of each position: [T], the last two [T, K]."""

    entropy_nats: Floats
    surprisal_nats: Floats
    rank: np.ndarray
    top_ids: np.ndarray
    top_p: Floats


@dataclass(frozen=True, slots=True)
class Notebook:
    """A model and a tokenizer, loaded as a notebook loads them."""

    model: Any
    tokenizer: Any

    @classmethod
    def of(cls, folder: Path) -> "Notebook":
        model = BertForPreTraining.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval()
        return cls(model, tokenizer_of(folder))

    def seen(self, text: str) -> Statistics:
        """Every position's statistics with the text as it is, from one forward pass, vectorised."""
        encoded = self.tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            logits = self.model(**encoded).prediction_logits[0]
        found = statistics(logits, encoded["input_ids"][0])
        for row in found.top_ids:
            self.tokenizer.convert_ids_to_tokens(row)
        return found

    def log_p(self, text: str) -> Floats:
        """ln p of every token with [MASK] in its place, one forward pass after the other: [T - 2]."""
        encoded = self.tokenizer(text, return_tensors="pt")
        ids = encoded["input_ids"]
        found = []
        for position in range(1, ids.shape[1] - 1):
            masked = ids.clone()
            masked[0, position] = self.tokenizer.mask_token_id
            with torch.no_grad():
                logits = self.model(**{**encoded, "input_ids": masked}).prediction_logits
            found.append(logits[0, position].log_softmax(-1)[ids[0, position]].item())
        return np.array(found)

    def hidden_logits(self, text: str) -> torch.Tensor:
        """The masked-LM logits [T - 2, V] of every token with [MASK] in its place, all of one text in a batch."""
        ids = self.tokenizer(text, return_tensors="pt")["input_ids"]
        positions = torch.arange(1, ids.shape[1] - 1)
        rows = torch.arange(len(positions))
        masked = ids.repeat(len(positions), 1)
        masked[rows, positions] = self.tokenizer.mask_token_id
        with torch.no_grad():
            return self.model(input_ids=masked).prediction_logits[rows, positions]

    def seen_logits(self, text: str) -> torch.Tensor:
        """The masked-LM logits [T, V] of a text as it is."""
        with torch.no_grad():
            return self.model(**self.tokenizer(text, return_tensors="pt")).prediction_logits[0]

    def occlusion(self, text: str, position: int, words: Sequence[Sequence[int]]) -> Floats:
        """By how much ln p of a hidden token falls when a word is masked, too, one forward pass a word: [W]."""
        encoded = self.tokenizer(text, return_tensors="pt")
        target = encoded["input_ids"][0, position].item()

        def log_p(masked: Sequence[int]) -> float:
            ids = encoded["input_ids"].clone()
            ids[0, [position, *masked]] = self.tokenizer.mask_token_id
            with torch.no_grad():
                logits = self.model(**{**encoded, "input_ids": ids}).prediction_logits
            return logits[0, position].log_softmax(-1)[target].item()

        base = log_p([])
        return np.array([base - log_p(word) for word in words])

    def nsp(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """The next-sentence logits [B, 2], one pair after the other."""
        found = []
        for a, b in pairs:
            with torch.no_grad():
                found.append(self.model(**self.tokenizer(a, b, return_tensors="pt")).seq_relationship_logits)
        return torch.cat(found).numpy()

    def nsp_in_batches(self, pairs: Sequence[tuple[str, str]], size: int = 16) -> Floats:
        """The same, a padded batch at a time."""
        found = []
        for start in range(0, len(pairs), size):
            first, second = (list(texts) for texts in zip(*pairs[start : start + size], strict=True))
            batch = self.tokenizer(first, second, padding=True, return_tensors="pt")
            with torch.no_grad():
                found.append(self.model(**batch).seq_relationship_logits)
        return torch.cat(found).numpy()


def statistics(logits: torch.Tensor, ids: torch.Tensor) -> Statistics:
    """Entropy, surprisal, rank and top-k of logits [T, V] with observed ids [T], the way a notebook writes it."""
    log_p = logits.log_softmax(-1)
    p = log_p.exp()
    entropy = -(p * log_p).sum(-1)
    surprisal = -log_p.gather(1, ids[:, None]).squeeze(1)
    order = logits.argsort(-1, descending=True)
    rank = (order == ids[:, None]).nonzero()[:, 1] + 1
    top = p.topk(K)
    return Statistics(entropy.numpy(), surprisal.numpy(), rank.numpy(), top.indices.numpy(), top.values.numpy())


def tokenizer_of(folder: Path) -> Any:
    """The tokenizer in a folder."""
    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


_BATCH = 32
"""Texts of a padded batch."""


def padded_corpus(notebook: Notebook, source: Path, output: Path) -> Path:
    """A CSV file of texts to a Parquet file with the statistics of every token, a padded batch at a time."""
    texts = pd.read_csv(source)["text"].tolist()
    words = notebook.tokenizer.convert_ids_to_tokens
    tables = []
    for start in range(0, len(texts), _BATCH):
        batch = notebook.tokenizer(texts[start : start + _BATCH], padding=True, return_tensors="pt")
        with torch.no_grad():
            logits = notebook.model(**batch).prediction_logits
        for number, (ids, mask) in enumerate(zip(batch["input_ids"], batch["attention_mask"], strict=True)):
            length = int(mask.sum())
            found = statistics(logits[number, :length], ids[:length])
            tables.append(
                pd.DataFrame(
                    {
                        "row": start + number + 1,
                        "token": words(ids[:length]),
                        "entropy_nats": found.entropy_nats,
                        "surprisal_nats": found.surprisal_nats,
                        "rank": found.rank,
                        "top": [words(row) for row in found.top_ids],
                        "top_p": list(found.top_p),
                    }
                )
            )
    pd.concat(tables).to_parquet(output)
    return output


class Minicons:
    """``MaskedLMScorer.token_score`` of minicons."""

    def __init__(self, folder: Path) -> None:
        try:
            from minicons.scorer import MaskedLMScorer
        except ImportError:
            raise InputError(
                "This workload is timed against minicons, which is not installed: type "
                "pip install -r requirements.txt -r benchmarks/requirements-peers.txt."
            ) from None
        model = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
        self.model: Any = model
        self._scorer = MaskedLMScorer(model, "cpu", tokenizer=tokenizer_of(folder))

    def log_p(self, texts: Sequence[str], metric: str = "original") -> Floats:
        """ln p of every token of every text, all in one batch, under one of minicons' PLL metrics.

        The batch is tokenised here: ``token_score`` takes it so, and minicons 0.3.39 tokenises text itself by a method
        (``batch_encode_plus``) that transformers 5 no longer has.
        """
        return np.array([score for scores in self._scored(texts, metric) for _, score in scores])

    def plls(self, texts: Sequence[str]) -> Floats:
        """The PLL of every text, all in one batch: [N]."""
        return np.array([sum(score for _, score in scores) for scores in self._scored(texts, "original")])

    def _scored(self, texts: Sequence[str], metric: str) -> list[list[tuple[str, float]]]:
        batch = self._scorer.tokenizer(list(texts), padding=True)
        return self._scorer.token_score(batch, PLL_metric=metric)


class Captum:
    """``IntegratedGradients`` of captum over a whole ``BertForPreTraining``."""

    def __init__(self, notebook: Notebook) -> None:
        try:
            from captum.attr import IntegratedGradients
        except ImportError:
            raise InputError(
                "This workload is timed against captum, which is not installed: type "
                "pip install -r requirements.txt -r benchmarks/requirements-peers.txt."
            ) from None
        self._notebook, self._kind = notebook, IntegratedGradients

    def attributions(
        self, text: str, position: int, words: Sequence[Sequence[int]], steps: int, at_once: int
    ) -> Floats:
        """Of ln p of a hidden token, from [MASK] in the place of every word, summed by word: [W]."""
        model, tokenizer = self._notebook.model, self._notebook.tokenizer
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        target = ids[0, position].item()
        ids[0, position] = tokenizer.mask_token_id
        start = ids.clone()
        start[0, [at for word in words for at in word]] = tokenizer.mask_token_id
        embed = model.get_input_embeddings()

        def log_p(embeddings: torch.Tensor) -> torch.Tensor:
            return model(inputs_embeds=embeddings).prediction_logits[:, position].log_softmax(-1)[:, target]

        of_position = (
            self._kind(log_p)
            .attribute(
                embed(ids).detach(),
                embed(start).detach(),
                n_steps=steps,
                method="gausslegendre",
                internal_batch_size=at_once,
            )[0]
            .sum(-1)
        )
        return np.array([of_position[list(word)].sum().item() for word in words])


class FillMask:
    """transformers' fill-mask pipeline."""

    def __init__(self, folder: Path) -> None:
        from transformers import pipeline

        model = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
        self._tokenizer = tokenizer_of(folder)
        self._pipeline = pipeline("fill-mask", model=model, tokenizer=self._tokenizer, device="cpu")

    def top_p(self, text: str) -> Floats:
        """The five largest probabilities at each token with [MASK] in its place: [T - 2, 5].

        Only for texts of whole words: typed in the place of a piece, a [MASK] would change how the rest is cut.
        """
        spans = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        masked = [f"{text[:start]}[MASK]{text[end:]}" for start, end in spans]
        return np.array([[each["score"] for each in best] for best in self._pipeline(masked)])


PIPELINE_START = """
import sys, torch
torch.set_num_threads(int(sys.argv[3]))
from transformers import pipeline
fill = pipeline("fill-mask", model=sys.argv[1], dtype="float32", device="cpu")
print(fill(sys.argv[2])[0]["token_str"], flush=True)
"""
"""A whole program: from nothing to the most probable word of one gap."""
