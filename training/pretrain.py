"""Pre-train both heads of a BERT on a corpus: ``python -m training.pretrain``."""

import argparse
import itertools
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import BertForPreTraining

from analysis.errors import InputError
from training.batches import Batch, Losses, corrupted_batch, losses, read_heads
from training.checkpoint import WEIGHTS, Checkpoint, load_checkpoint, save_checkpoint
from training.command import BUNDLED_FOLDER, Parser, count, exit_status, fraction, say, whole
from training.corruption import IGNORED, SHARE_CHOSEN
from training.documents import is_kept, read_documents, split_held_out, usable_sentences
from training.examples import Document, draw_batches, draw_examples
from training.schedule import rate_at, share_at
from training.vocabulary import Vocabulary, vocabulary_of

BETAS = (0.9, 0.98)
WEIGHT_DECAY = 0.01
MAX_GRADIENT_NORM = 1.0
REPORT_EVERY = 25
EVALUATION_SEED = 1234
EVALUATION_TOKENS = 8192
MIN_TRAINING_DOCUMENTS = 2

_EXAMPLES = """  python -m training.pretrain corpus.jsonl --out continued --steps 1000
  python -m training.pretrain corpus.jsonl --init all-MiniLM-L6-v2 --out phase1 --steps 2478 \\
      --rate 4e-4 --warmup 100 --mask 0.15 --seed 0 --bf16 --fp16
  python -m training.pretrain corpus.jsonl --init phase1 --out phase2 --steps 3868 \\
      --rate 3e-4 --warmup 60 --mask 0.25 --seed 1 --bf16 --fp16

The optimizer starts anew in every run. The same seed and number of threads give the same weights on one machine.
Losses are in nats; a rate is Adam's learning rate.
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides a run besides its model and its documents.

    Attributes
    ----------
    steps
        Updates of the weights.
    peak_rate, warmup_steps
        Highest learning rate, and the steps it takes to reach it.
    mask_share
        Share of the tokens chosen until 70 % of the steps.
    batch_tokens
        Most tokens in a batch, padding included.
    bf16
        Whether matrix products round to bfloat16.
    """

    steps: int
    peak_rate: float
    warmup_steps: int
    mask_share: float
    batch_tokens: int
    seed: int
    bf16: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One update: its number from 1, tokens seen so far, the two losses in nats, the learning rate."""

    number: int
    tokens: int
    mlm_nats: float
    nsp_nats: float
    rate: float


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How the model does on drawn examples of held-out documents.

    Attributes
    ----------
    mlm_nats
        Mean cross-entropy over all targets.
    p_mlm_correct, p_nsp_correct
        Shares of targets and of pairs predicted right.
    """

    mlm_nats: float
    p_mlm_correct: float
    p_nsp_correct: float


def endless_batches(documents: Sequence[Document], vocabulary: Vocabulary, settings: Settings) -> Iterator[Batch]:
    """Yield a corrupted batch for each step, epoch after epoch."""
    rng = random.Random(settings.seed)
    epochs = (draw_examples(documents, vocabulary, rng) for _ in itertools.count())
    batches = itertools.chain.from_iterable(draw_batches(epoch, settings.batch_tokens, rng) for epoch in epochs)
    for step, examples in enumerate(batches):
        yield corrupted_batch(examples, vocabulary, rng, share_at(step, settings.steps, settings.mask_share))


def train(
    model: BertForPreTraining, documents: Sequence[Document], vocabulary: Vocabulary, settings: Settings
) -> Iterator[Step]:
    """Update ``model`` in place, one step for each ``Step`` taken from the iterator.

    Raises
    ------
    InputError
        As soon as a loss is not finite, before it reaches the weights.
    """
    optimizer = _optimizer(model)
    batches = endless_batches(documents, vocabulary, settings)
    tokens = 0
    for step, batch in enumerate(itertools.islice(batches, settings.steps)):
        rate = rate_at(step, settings.steps, settings.peak_rate, settings.warmup_steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        # Whoever takes the steps may evaluate between two of them.
        model.train()
        both = losses(read_heads(model, batch, bf16=settings.bf16), batch)
        _update(model, optimizer, both, step + 1)
        tokens += batch.tokens
        yield Step(step + 1, tokens, both.mlm.item(), both.nsp.item(), rate)


def evaluate_held_out(
    model: BertForPreTraining, documents: Sequence[Document], vocabulary: Vocabulary, *, bf16: bool
) -> HeldOut:
    """Measure the model on examples drawn and corrupted with a seed of their own, the same ones each time."""
    rng = random.Random(EVALUATION_SEED)
    n_targets = n_correct = n_pairs = n_right = 0
    nats = 0.0
    model.eval()
    for examples in draw_batches(draw_examples(documents, vocabulary, rng), EVALUATION_TOKENS, rng):
        batch = corrupted_batch(examples, vocabulary, rng, SHARE_CHOSEN)
        with torch.inference_mode():
            outputs = read_heads(model, batch, bf16=bf16)
            nats += losses(outputs, batch).mlm.item() * len(outputs.mlm_targets)
        n_targets += len(outputs.mlm_targets)
        n_correct += int((outputs.mlm_logits.argmax(-1) == outputs.mlm_targets).sum())
        labelled = batch.nsp_labels != IGNORED
        n_pairs += int(labelled.sum())
        n_right += int((outputs.nsp_logits.argmax(-1) == batch.nsp_labels)[labelled].sum())
    return HeldOut(nats / max(1, n_targets), n_correct / max(1, n_targets), n_right / max(1, n_pairs))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    # The heads that a bare encoder lacks start from torch's own generator.
    torch.manual_seed(options.seed)
    texts = read_documents(options.corpus)
    checkpoint = load_checkpoint(BUNDLED_FOLDER if options.init == "bundled" else Path(options.init))
    # Now, not after hours of training, is the time to find out.
    _claim(options.out)
    vocabulary = vocabulary_of(checkpoint.tokenizer)
    sentences = [usable_sentences(text, checkpoint.tokenizer) for text in texts]
    training, held_out = split_held_out([document for document in sentences if is_kept(document)])
    if len(training) < MIN_TRAINING_DOCUMENTS:
        raise InputError(
            f"{options.corpus} leaves {len(training)} documents to train on once the held-out ones are set aside; "
            "a random second segment needs at least 2 (of two sentences of 4 tokens each)."
        )
    say(
        f"{len(training):,} documents to train on, {sum(map(len, itertools.chain(*training))):,} tokens; "
        f"{len(held_out):,} held out; {options.threads} threads"
    )
    if checkpoint.random_weights:
        say(f"starting at random: {', '.join(checkpoint.random_weights)}")
    settings = Settings(
        steps=options.steps,
        peak_rate=options.rate,
        warmup_steps=options.warmup,
        mask_share=options.mask,
        batch_tokens=options.tokens,
        seed=options.seed,
        bf16=options.bf16,
    )
    _train_and_save(checkpoint, (training, held_out), vocabulary, settings, options)


def _train_and_save(
    checkpoint: Checkpoint,
    documents: tuple[Sequence[Document], Sequence[Document]],
    vocabulary: Vocabulary,
    settings: Settings,
    options: argparse.Namespace,
) -> None:
    training, held_out = documents
    dtype = torch.float16 if options.fp16 else torch.float32
    started = time.monotonic()
    since_report: list[Step] = []
    for step in train(checkpoint.model, training, vocabulary, settings):
        since_report.append(step)
        pause = step.number == settings.steps or step.number % options.evaluate_every == 0
        if pause or step.number % REPORT_EVERY == 0:
            say(_progress(since_report, settings.steps, time.monotonic() - started))
            since_report = []
        if pause:
            # A single held-out document can't lend itself a random second segment.
            if len(held_out) >= MIN_TRAINING_DOCUMENTS:
                say(_held_out_line(evaluate_held_out(checkpoint.model, held_out, vocabulary, bf16=settings.bf16)))
            save_checkpoint(checkpoint.model, checkpoint.tokenizer, options.out, dtype)
            say(f"saved {options.out} ({str(dtype).removeprefix('torch.')})")


def _progress(steps: Sequence[Step], total: int, seconds: float) -> str:
    last = steps[-1]
    minutes_left = seconds / last.number * (total - last.number) / 60
    return (
        f"step {last.number:,} of {total:,}: {last.tokens / 1e6:.3f} M tokens, {last.tokens / seconds:,.0f} tokens/s, "
        f"MLM {sum(step.mlm_nats for step in steps) / len(steps):.3f} nats, "
        f"NSP {sum(step.nsp_nats for step in steps) / len(steps):.3f} nats, "
        f"rate {last.rate:.2e}, {minutes_left:.0f} min left"
    )


def _held_out_line(held_out: HeldOut) -> str:
    return (
        f"held out: MLM {held_out.mlm_nats:.3f} nats, top-1 {held_out.p_mlm_correct:.3f}, "
        f"NSP accuracy {held_out.p_nsp_correct:.3f}"
    )


def _optimizer(model: BertForPreTraining) -> torch.optim.AdamW:
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    # Biases and layer-norm gains are not what overfits: pulling them to zero only shifts the activations.
    vectors = [weight for weight in model.parameters() if weight.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, betas=BETAS)


def _update(model: BertForPreTraining, optimizer: torch.optim.Optimizer, both: Losses, number: int) -> None:
    total = both.mlm + both.nsp
    if not bool(torch.isfinite(total)):
        raise InputError(f"The loss of step {number} is not finite; start again with a lower --rate.")
    optimizer.zero_grad()
    total.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
    optimizer.step()


def _claim(folder: Path) -> None:
    if (folder / WEIGHTS).exists():
        raise InputError(f"{folder} already holds a model; name another folder with --out.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} can't be made: {error.strerror}.") from error


def _parser() -> Parser:
    parser = Parser(
        "training.pretrain", "Pre-train the MLM and the NSP head of a BERT on a corpus, on the CPU.", _EXAMPLES
    )
    add = parser.add_argument
    add("corpus", type=Path, help="JSON lines of documents, .jsonl or .jsonl.xz; every 50th is held out")
    add("--out", type=Path, required=True, help="folder for the checkpoint; must not hold a model yet")
    add("--steps", type=count, required=True, help="number of updates; the whole schedule follows from it")
    add("--init", default="bundled", help="'bundled' or a checkpoint folder; heads it lacks start at random")
    add("--rate", type=fraction, default=3e-4, help="peak learning rate, falling to 2 %% along a cosine (%(default)s)")
    add("--warmup", type=count, default=60, help="steps to reach the peak rate (%(default)s)")
    add("--mask", type=fraction, default=0.25, help="share of tokens chosen in the first 70 %% of steps (%(default)s)")
    add("--tokens", type=count, default=6144, help="most tokens in a batch, padding included (%(default)s)")
    add("--seed", type=whole, default=0, help="of the examples, the corruption and new heads (%(default)s)")
    add("--threads", type=count, default=2, help="CPU threads (%(default)s)")
    add("--evaluate-every", type=count, default=300, help="steps between evaluations and checkpoints (%(default)s)")
    add("--bf16", action="store_true", help="round matrix products to bfloat16: faster where the CPU can")
    add("--fp16", action="store_true", help="save the weights as float16, half the size, as the bundled ones are")
    return parser


if __name__ == "__main__":
    sys.exit(main())
