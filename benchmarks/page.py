"""The page of the suite: how to run it, and tables from saved results."""

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.load.figures import section
from benchmarks.results import Figure, Report, Result
from benchmarks.workloads import WORKLOADS

_TOP = """# Benchmarks

Pretext against what people use today for the same numbers. Ratios are theirs / ours, from the shortest time of each;
they carry over from machine to machine much better than seconds do. This page is written by
`python -m benchmarks page`: change the suite or run it again rather than editing here.

## Running it

From the project's folder, in an environment of its own so that the peers' dependencies stay out of the project's:

```sh
python3 -m venv ../peers
../peers/bin/pip install -r requirements.txt -r benchmarks/requirements-peers.txt
../peers/bin/python -m benchmarks list
../peers/bin/python -m benchmarks run W3 --model small --threads 1 --dtype fp32 --rounds 5 --json w3.json
../peers/bin/python -m benchmarks run all --model small base --dtype fp32 bf16 --json all.json
../peers/bin/python -m benchmarks kernels --model small --threads 1
../peers/bin/python -m benchmarks page all.json
```

`kernels` says which library makes each product on this machine and what each took: that is chosen by timing when a
model is loaded.

For torch without GPU libraries add `--extra-index-url` with the index of its CPU builds to the second line; the pins
stay. `all` on both models takes about a quarter of an hour. Nothing is downloaded while it runs. `small` is the
bundled checkpoint; `base` has the size of bert-base (`BertForPreTraining(BertConfig())`) and random weights from a
fixed seed, which time does not depend on. Texts are the held-out ones of `training/`.

## What is fair about it

- Contenders take turns in one process, in an order that moves on by one each round, for at least five rounds. Short
  ones are run several times within a turn. Cold start and memory are taken in a new process each time. Ratios are by
  the clock; processor time stands beside it, and much less of it means that other programs were in the way.
- Before anything is timed every contender answers once, which warms it up, and the answers are compared; a contender
  that is wrong ends the run.
- The peers' libraries are unmodified. They compute in fp32; bf16 is said of ours alone, and compares our bf16 with
  their fp32. What bf16 costs in accuracy is W12.
- minicons 0.3.39 tokenises text by a method that transformers 5 no longer has (`batch_encode_plus`). Its
  `token_score` also takes a batch that is already tokenised, so it is given that; its scorer is made from a loaded
  model and tokenizer, as its constructor allows.
- Notebook code, the loop and the batches (`peers.py`) are written as one writes them: `BertForPreTraining`'s own
  forward, `log_softmax`, `argsort` for ranks, `topk`.
- The roofline is a product of [2048, 768] and [768, 768] in the same rounds, by torch and by oneDNN, the faster of the
  two. W8 and W15 divide the least arithmetic that an answer takes (`analysis.estimate`) by it and by the time.
  "Of the streamed roofline" is the same with the model's own products in the order of a pass, whose weights no cache
  holds, by the libraries chosen here: what is missing there is everything but products.
  Attention over short texts, normalisation and the statistics of the vocabulary weigh more the narrower the model is,
  and count as little or nothing in that limit: where they fall short, the profiled runs beside it say what else took
  the time.
- mlm-bias needs numpy below 2: it has an environment of its own (`benchmarks/requirements-mlm-bias.txt`, named in
  `PRETEXT_MLM_BIAS_PYTHON`) and a process that lives from turn to turn. Its functions are given the checkpoint: its own
  entrypoint, `BiasMLM` of 0.1.7, makes the model by `from_config`, with random weights. They sort the whole vocabulary
  for ranks and read the attentions of every input, as there.
- W7, W10 and W11 go from file to file by the command's own run, with all that it keeps for `--resume`. Of two processes
  against one the page says beside it what the machine's own products gain from a second one.
- Nothing here is a test, and no build fails over a time.
"""

_NO_RESULTS = """
## Results

None yet.
"""

_VISITORS = """
## Visitors of the dashboard

`make load` (or `python -m benchmarks.load --help`) starts the server as `make run` does, on a port of its own, and lets
1, 10 and 30 visitors use it for two minutes each: `--think saturated` with 1 to 3 s between a page at rest and the next
text, `--think class` with 15 to 30 s. They speak Streamlit's own protocol, keep what a browser keeps, and fetch the
scripts of a first page as one that has none of them. All first pages are opened within 8 s and then the time begins.

- A visitor changes the text of Tokens (40 %), Next sentence (30 %), Fill (10 %) or of another page (20 % together);
  changes of page are acts of their own. Texts have about 60 tokens, and no two are equal.
- "answer" is the time until the message with the sentence that stays, "at rest" until the end of the last run with
  nothing left to be read. A page that asks whether to read the rest is told to at once.
- "texts/s" counts the changed texts whose page was at rest within the two minutes; "processor s/text" are the server's
  seconds of all its cores per changed text, with the changes of page between them.
- What a page shows in the end, its answer and its numbers, is compared with what `analysis` says of the same texts,
  computed when the server has ended. A wrong one fails the run. "last digit" counts those where a number lies one
  beside in the last place, which the size of a batch can do to a rounded number; counts and positions may not.
- Memory is resident memory in MB of 10^6 bytes; "after" is 20 s after everybody has left, when Streamlit still keeps
  the visits for whoever comes back. The visitors share the machine with the server.
"""


def page(reports: Sequence[Report], loads: Sequence[dict[str, Any]] = ()) -> str:
    """The whole page, Markdown; ``loads`` are saved reports of ``benchmarks.load``."""
    results = [line for report in reports for line in _section(report)] or [_NO_RESULTS]
    visitors = [line for load in loads for line in section(load)] or ["None yet.\n"]
    return "\n".join([_TOP, *results, _VISITORS, *visitors])


def lines(result: Result) -> Iterator[str]:
    """A result in plain lines, for the terminal."""
    yield result.input
    for check in result.checks:
        yield f"checked: {check}"
    yield from result.notes
    for timing in result.timings:
        yield (
            f"{timing.contender:32} min {_seconds(timing.minimum)}  median {_seconds(timing.median)}  "
            f"processor min {_seconds(min(timing.processor_seconds))}"
        )
    for figure in result.figures:
        yield f"{_name(figure)}, {figure.dtype}: {_value(figure)}{_against_target(figure)}"


def _section(report: Report) -> Iterator[str]:
    machine = report.machine
    yield f"## Results of {report.date}"
    yield ""
    yield (
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_gib} GiB, "
        f"{'with' if machine.bf16 else 'without'} bf16 instructions, {machine.system}. "
        f"Load average when it began: {report.load:.2f}."
    )
    yield ""
    yield f"{', '.join(f'{name} {version}' for name, version in report.versions)}."
    yield ""
    yield "| | model | arithmetic | figure | value | target | |"
    yield "|---|---|---|---|---|---|---|"
    for result in report.results:
        for figure in result.figures:
            yield (
                f"| {result.workload} | {result.model} | {figure.dtype} | {_title(result, figure)} | "
                f"{_value(figure)} | {_target(figure)} | {_verdict(figure)} |"
            )
    yield ""
    for result in report.results:
        yield from _details(result)


def _details(result: Result) -> Iterator[str]:
    workload = WORKLOADS.get(result.workload)
    yield f"### {result.workload} on {result.model}{f': {workload.title}' if workload else ''}"
    yield ""
    threads = "1 thread" if result.threads == 1 else f"{result.threads} threads"
    yield f"Input: {result.input}. {threads.capitalize()}, {result.rounds} rounds."
    if result.roofline:
        limits = ", ".join(f"{value:.0f} GFLOP/s in {dtype}" for dtype, value in result.roofline)
        yield f"Roofline: {limits}."
    yield ""
    if result.timings:
        yield "| contender | min | median | of processor, min | runs |"
        yield "|---|---|---|---|---|"
        for timing in result.timings:
            yield (
                f"| {timing.contender} | {_seconds(timing.minimum)} | {_seconds(timing.median)} | "
                f"{_seconds(min(timing.processor_seconds))} | {len(timing.seconds)} |"
            )
        yield ""
    if result.checks:
        yield f"Checked before: {'; '.join(result.checks)}."
        yield ""
    for note in result.notes:
        yield f"- {note}"
    if result.notes:
        yield ""


def _title(result: Result, figure: Figure) -> str:
    workload = WORKLOADS.get(result.workload)
    what = f"{workload.title}: " if workload else ""
    return f"{what}{_name(figure)}"


def _name(figure: Figure) -> str:
    return f"{figure.name} / ours" if figure.unit == "times" else figure.name


def _value(figure: Figure) -> str:
    return f"{_number(figure, figure.value)}"


def _number(figure: Figure, value: float) -> str:
    match figure.unit:
        case "times":
            return f"{value:.2f} x"
        case "share":
            return f"{100 * value:.2f} %" if "agreement" in figure.name else f"{value:.2f}"
        case "MB":
            return f"{value:.0f} MB"
        case "nat":
            return f"{value:.2g} nat"
        case "rows":
            return f"{value:.0f} rows"


def _target(figure: Figure) -> str:
    if figure.target is None:
        return "–"
    return f"{'≥' if figure.target.at_least else '≤'} {_number(figure, figure.target.value)}"


def _verdict(figure: Figure) -> str:
    if figure.met is None:
        return ""
    word = "met" if figure.met else "**missed**"
    if figure.beyond is None:
        return word
    return f"{word}, {abs(figure.beyond):.0%} {'to spare' if figure.met else 'short'}"


def _against_target(figure: Figure) -> str:
    return "" if figure.target is None else f" (target {_target(figure)}: {_verdict(figure).replace('*', '')})"


def _seconds(value: float) -> str:
    return f"{1000 * value:.1f} ms" if value < 1 else f"{value:.2f} s"
