"""The report of one text or pair: what both heads say of it, in the order of the pages."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.choices import Dtype, Masking
from analysis.tasks.scores import score
from analysis.tasks.seen import summarise
from analysis.types import Encoded, HiddenReading, SeenReading, SegmentationComparison
from dashboard import glossary
from dashboard.drawing import strip, tables
from dashboard.drawing.palette import palette
from dashboard.glossary import Units
from dashboard.pages.next_sentence import figures as nsp
from dashboard.pages.next_sentence.variants import TITLES
from dashboard.pages.tokens import heatmap, windows
from dashboard.pages.tokens import predictions as tokens
from dashboard.paper.report import Report, Section, Table, Wide, definitions

_UNITS: Units = "usual"
_LIGHT = palette("light")
_MAP_PIXELS, _MAP_ROW_PIXELS, _MAP_HEAD_PIXELS = 1_250, 22, 30
"""A top-k map of at most this height, about a page of paper, and the heights of its parts."""


@dataclass(frozen=True, slots=True)
class TextResults:
    """Everything that was read of one text or pair.

    Attributes
    ----------
    seen
        The reading with nothing hidden.
    hidden
        The hidden readings, complete, one per masking; empty when only the seen one was asked for.
    comparison
        The pair in all its segmentations; None for a single text, and without a next-sentence head.
    why_no_nsp
        Why the model has no next-sentence head, or None.
    dtype
        The arithmetic that was asked for.
    """

    seen: SeenReading
    hidden: tuple[HiddenReading, ...]
    comparison: SegmentationComparison | None
    why_no_nsp: str | None
    dtype: Dtype


def text_report(results: TextResults, *, masking: Masking, measure: str, made: str) -> Report:
    """Put the results of one text together.

    Parameters
    ----------
    masking
        Which of the hidden readings is drawn.
    measure
        A key of ``TOKEN_MEASURES``: what colours the strip.
    made
        The moment, ISO 8601 in UTC.
    """
    seen, encoded = results.seen, results.seen.encoded
    unseen = next((reading for reading in results.hidden if reading.masking == masking), None)
    pair = encoded.text_b is not None
    question = "What does the head expect at each position"
    return Report(
        title=f"{question}, and does it think B follows A?" if pair else f"{question}?",
        inputs=(("Text A", encoded.text_a), ("Text B", encoded.text_b))
        if encoded.text_b is not None
        else (("Text", encoded.text_a),),
        settings=_settings(seen, unseen, measure),
        sections=(
            *_of_tokens(seen, unseen, measure, results.why_no_nsp),
            *_of_scores(results.hidden),
            *_of_the_pair(results),
            *_every_position(seen, unseen),
        ),
        notes=_notes(seen, unseen, results.comparison),
        provenance=seen.provenance,
        snippet=_snippet(results),
        link=None,
        made=made,
    )


def _settings(seen: SeenReading, unseen: HiddenReading | None, measure: str) -> tuple[tuple[str, str], ...]:
    encoded = seen.encoded
    edits = "; ".join(f"{encoded.tokens[position]} at position {position}" for position, _ in encoded.edits)
    return (
        ("reading", "seen" if unseen is None else f"hidden: {glossary.MASKING_NAMES[unseen.masking]}, beside seen"),
        ("predictions per position", str(seen.statistics.top_p.shape[1])),
        ("colour of the strip", glossary.TOKEN_MEASURES[measure].name),
        ("edits", edits or "none"),
        ("units", "bits for entropy, surprisal and copy gap; nats for PLL and margins"),
    )


def _of_tokens(
    seen: SeenReading, unseen: HiddenReading | None, measure: str, why_no_nsp: str | None
) -> tuple[Section, ...]:
    """The strip, the summary and the figures of the masked-LM head."""
    shown, length = unseen or seen, len(seen.encoded)
    chosen = tokens.telling_position(seen)
    span = _map_span(chosen, length, seen.statistics.top_p.shape[1])
    part = f"The map shows positions {span[0]} to {span[1] - 1} of {length}; the last tables have all of them."
    two = unseen is not None and not seen.encoded.outside[chosen]
    return (
        *seen.notices,
        strip.strip(shown, measure, _LIGHT, _UNITS),
        _summary(seen, unseen, why_no_nsp),
        Wide(heatmap.entropy_heatmap(seen, unseen, _LIGHT, _UNITS, chosen), heatmap.heat_width(length)),
        *([windows.windows(seen, _LIGHT)] if seen.windows else []),
        *([] if span == (0, length) else [part]),
        Wide(tokens.top_k_map(shown, _LIGHT, span, chosen), tokens.map_width(span)),
        tokens.position_bars(seen, chosen, _LIGHT),
        *([tokens.position_bars(unseen, chosen, _LIGHT)] if two and unseen is not None else []),
    )


def _map_span(chosen: int, length: int, k: int) -> tuple[int, int]:
    """Which positions the top-k map shows: all of them, or as many around the chosen one as a page of paper holds."""
    lines = max(1, _MAP_PIXELS // (k * _MAP_ROW_PIXELS + _MAP_HEAD_PIXELS))
    most = min(length, lines * tokens.MAP_COLUMNS)
    first = min(max(0, chosen - most // 2), length - most)
    return first, first + most


def _summary(seen: SeenReading, unseen: HiddenReading | None, why_no_nsp: str | None) -> Table:
    readings = [seen] if unseen is None else [seen, unseen]
    summaries = {reading.kind: summarise(reading) for reading in readings}
    fields = (
        ("positions that count", "", "n_counted"),
        (f"mean {glossary.ENTROPY.name}", glossary.ENTROPY.unit(_UNITS), "mean_entropy_bits"),
        (f"mean {glossary.SURPRISAL.name}", glossary.SURPRISAL.unit(_UNITS), "mean_surprisal_bits"),
        ("share with rank 1", "", "share_rank_1"),
        ("share of [UNK]", "", "share_unknown"),
    )
    frame = pd.DataFrame(
        [
            {"quantity": name, "unit": unit}
            | {kind: float(getattr(summary, field)) for kind, summary in summaries.items()}
            for name, unit, field in fields
        ]
    )
    return Table(
        "The text in numbers",
        frame,
        "Means and shares are over the positions that count: all but [CLS], [SEP], [PAD] and [MASK]. "
        + _about_nsp(seen, why_no_nsp),
    )


def _about_nsp(seen: SeenReading, why_no_nsp: str | None) -> str:
    """What the next-sentence head says of the input as it is, or why it says nothing."""
    if why_no_nsp is not None:
        return f"Nothing is drawn of a next-sentence head. {why_no_nsp}"
    if seen.nsp is None:
        return "The next-sentence head reads whole inputs, no windows."
    answer = seen.nsp
    name = "Next-sentence margin" if answer.meaning == "next sentence" else "Order margin"
    said = f"{name} of this input: {glossary.margin_text(answer.margin_nats, _UNITS)}."
    return f"{said} {glossary.LONE_SEGMENT}" if answer.lone_segment else said


def _of_scores(hidden: Sequence[HiddenReading]) -> tuple[Section, ...]:
    if not hidden:
        return ()
    scores = [score(reading) for reading in hidden]
    values = tables.score_values(scores, _UNITS).reset_index(names="what is hidden")
    words = tables.word_scores(scores, _UNITS)
    return Table("Pseudo-log-likelihood", values, glossary.PLL.caveat), Table("Pseudo-log-likelihood by word", words)


def _every_position(seen: SeenReading, unseen: HiddenReading | None) -> tuple[Section, ...]:
    readings = [seen] if unseen is None else [seen, unseen]
    return tuple(Table(f"Every position, {each.kind}", tables.positions(each, _UNITS)) for each in readings)


def _of_the_pair(results: TextResults) -> tuple[Section, ...]:
    comparison = results.comparison
    if comparison is None:
        return ()
    answer = comparison["correct"].nsp
    says = "IsNext" if answer.margin_nats > 0 else "NotNext"
    edited = "The segmentations are of the texts as given, without the edits."
    return (
        f"The next-sentence head says {says} for the correct pair: margin "
        f"{glossary.margin_text(answer.margin_nats, _UNITS)}, P(IsNext) = "
        f"{glossary.p_text(answer.p_is_next, answer.p_not_next)}.",
        *([edited] if results.seen.encoded.edits else []),
        *(notice for notice in comparison.notices if notice not in results.seen.notices),
        *(f"{TITLES[name].title}: {why}" for name, why in comparison.left_out),
        nsp.margins(comparison, _LIGHT, _UNITS),
        nsp.effects(comparison, _LIGHT, _UNITS),
        nsp.logits(comparison, _LIGHT),
    )


def _notes(
    seen: SeenReading, unseen: HiddenReading | None, comparison: SegmentationComparison | None
) -> tuple[tuple[str, str], ...]:
    of_hidden = () if unseen is None else (glossary.COPY_GAP, glossary.PLL)
    of_nsp = () if seen.nsp is None else (glossary.MARGIN,)
    measures = (glossary.ENTROPY, glossary.SURPRISAL, glossary.RANK, glossary.P_OBSERVED, *of_hidden, *of_nsp)
    maskings = "; ".join(f"{glossary.SCORE_NAMES[key]}: {name}" for key, name in glossary.MASKING_NAMES.items())
    return (
        ("seen", glossary.SEEN_READING),
        *([] if unseen is None else [("hidden", glossary.HIDDEN_READING), ("what is hidden", f"{maskings}.")]),
        *definitions(measures),
        ("special tokens", glossary.RARE_TARGETS),
        *([] if comparison is None else [(TITLES[v.name].title, TITLES[v.name].meaning) for v in comparison.variants]),
        *([("one segment", glossary.LONE_SEGMENT)] if seen.nsp is not None and seen.nsp.lone_segment else []),
        *(
            [("IsNext and NotNext", glossary.ORDER_HEAD)]
            if seen.nsp is not None and seen.nsp.meaning != "next sentence"
            else []
        ),
    )


def _snippet(results: TextResults) -> str:
    seen = results.seen
    how = _how(seen.encoded, seen.statistics.top_p.shape[1], in_windows=bool(seen.windows))
    names = ["load_bundle", "read_seen"]
    lines = [f"seen = read_seen(bundle, *texts, {how})"]
    if results.hidden:
        names += ["read_maskings", "score"]
        lines += [
            f"hidden = read_maskings(bundle, *texts, {how})  # {', '.join(each.masking for each in results.hidden)}",
            "scores = [score(reading) for reading in hidden]",
        ]
    if results.comparison is not None:
        names.append("compare_segmentations")
        lines.append("comparison = compare_segmentations(bundle, *texts)")
    texts = [text for text in (seen.encoded.text_a, seen.encoded.text_b) if text is not None]
    return "\n".join(
        [
            f"from analysis import {', '.join(sorted(names))}",
            "",
            f"bundle = load_bundle({_pinned(results)!r}, dtype={results.dtype!r})",
            "texts = [",
            *(f"    {text!r}," for text in texts),
            "]",
            *lines,
            "",
        ]
    )


def _how(encoded: Encoded, k: int, *, in_windows: bool) -> str:
    edits = f", edits={list(encoded.edits)!r}" if encoded.edits else ""
    return f"k={k}{edits}{', in_windows=True' if in_windows else ''}"


def _pinned(results: TextResults) -> str:
    """The model's name, of a hub's model with the revision that was read."""
    source = results.seen.provenance
    by_digest = source.revision.startswith("sha256:") or "@" in source.spec
    return source.spec if by_digest else f"{source.spec}@{source.revision}"
