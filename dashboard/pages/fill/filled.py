"""The text with each order's fillers set in, as words and marks, never markup."""

from typing import Any

from analysis.choices import FillOrder
from analysis.types import CONTINUES_WORD, STARTS_WORD, Filling, FillResult
from dashboard.pages.fill.asked import TITLES

LONG_TEXT = 1_200
"""From more code points than this on, only what stands around the gaps is read out."""
_AROUND = 80


def read_outs(result: FillResult) -> dict[str, Any]:
    """One row per different reading: which orders read so, and the text in parts, its fillers marked."""
    best = result.best
    readings: dict[tuple[int, ...], list[FillOrder]] = {}
    for order, filling in best.items():
        steps = sorted(filling.steps, key=lambda step: step.position)
        readings.setdefault(tuple(step.id for step in steps), []).append(order)
    return {
        "label": "The text as each order fills it",
        "rows": [
            {
                "orders": "every order" if len(same) == len(best) > 1 else ", ".join(TITLES[each] for each in same),
                "parts": _parts(result, best[same[0]]),
            }
            for same in readings.values()
        ],
    }


def _parts(result: FillResult, filling: Filling) -> list[dict[str, Any]]:
    """The user's own text between the gaps, and the fillers; a word piece is joined to what stands before it."""
    encoded, disagree, parts = result.encoded, result.disagree, []
    token_at = {step.position: step.token for step in filling.steps}
    texts = (encoded.text_a,) if encoded.text_b is None else (encoded.text_a, encoded.text_b)
    for number, text in enumerate(texts):
        if len(texts) > 1:
            parts.append({"kind": "segment", "text": "AB"[number]})
        gaps = [position for position in result.positions if encoded.sequence[position] == number]
        done, around = 0, _AROUND if len(text) > LONG_TEXT else len(text)
        for position in gaps:
            start, end = encoded.span[position].tolist()
            # Some tokenizers count the white space in front of a gap into the gap.
            start = end - len(text[start:end].lstrip())
            token = token_at[position]
            piece = token.startswith(CONTINUES_WORD)
            before = text[done:start].rstrip() if piece else text[done:start]
            parts.append({"kind": "text", "text": _around(before, around if done else 0, around)})
            parts.append(
                {
                    "kind": "filler",
                    "text": token.removeprefix(CONTINUES_WORD).lstrip(STARTS_WORD) or token,
                    "piece": piece,
                    "differs": position in disagree,
                }
            )
            done = end
        parts.append({"kind": "text", "text": _around(text[done:], around, 0 if gaps else around)})
    return [part for part in parts if part["text"]]


def _around(text: str, at_start: int, at_end: int) -> str:
    """Only the first and the last so many code points of a text that has more."""
    if len(text) <= at_start + at_end:
        return text
    return f"{text[:at_start]} … {text[len(text) - at_end :]}"
