"""From texts to ``Encoded``: the only call of the tokenizer, and the moves that make one input out of another.

A fast tokenizer keeps padding and truncation as shared state, so every call has the same form and runs under the
bundle's lock. Whatever else is needed (variants, cuts) is a rearrangement of rows that this call has made, so that
only the named thing differs.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from analysis.errors import InputError
from analysis.loading import ModelBundle
from analysis.text import check_text, control_characters
from analysis.types import TEMPLATE, Bools, Encoded, Ints

Array = TypeVar("Array", Ints, Bools)


def encode(bundle: ModelBundle, text_a: str, text_b: str | None = None) -> Encoded:
    """Tokenise one text, or a pair, exactly as the model's own tokenizer does.

    Returns
    -------
    Encoded
        T positions, special tokens included.

    Raises
    ------
    InputError
        If a text is blank, too long for the model, or leaves no position that counts.
    """
    pair = text_b is not None
    check_text(text_a, "Text A" if pair else "The text")
    if text_b is not None:
        check_text(text_b, "Text B")
    with bundle.tokenizer_lock:
        batch = bundle.tokenizer(
            text_a,
            text_b,
            add_special_tokens=True,
            padding=False,
            truncation=False,
            return_attention_mask=True,
            return_token_type_ids=True,
            return_offsets_mapping=True,
            verbose=False,
        )
    sequence = _filled(batch.sequence_ids(0))
    _check_pieces(sequence, pair)
    _check_length(bundle, len(sequence), pair)
    ids = _ints(batch["input_ids"])
    segment_ids = _ints(batch["token_type_ids"])
    if pair and bundle.uses_segment_ids and not segment_ids.any():
        # Some tokenizer files leave the segment ids out of their template; the model was trained with them.
        segment_ids = _ints(np.arange(len(ids)) >= np.flatnonzero(sequence == 1)[0])
    encoded = Encoded(
        text_a=text_a,
        text_b=text_b,
        tokens=bundle.tokens_of(ids),
        ids=ids,
        segment_ids=segment_ids,
        attention_mask=_ints(batch["attention_mask"]),
        sequence=sequence,
        word=_filled(batch.word_ids(0)),
        span=_spans(batch["offset_mapping"], sequence, (text_a, text_b or "")),
        outside=_frozen(np.isin(ids, bundle.outside_ids)),
        masked=_frozen(ids == bundle.mask_id),
        unknown=_frozen(ids == bundle.unk_id),
    )
    if encoded.n_counted == 0:
        raise InputError(
            "The text holds only special tokens, so no position has a word to compare with: add at least one word."
        )
    return encoded


def rearrange(
    encoded: Encoded, rows: Sequence[int], segment_ids: Sequence[int], attention_mask: Sequence[int] | None = None
) -> Encoded:
    """Make another input from rows of this one.

    Parameters
    ----------
    rows
        T' positions of ``encoded``, in their new order; one may appear twice.
    segment_ids
        T' new segment ids.
    attention_mask
        T' new mask values; all 1 when None.
    """
    take = np.asarray(rows, dtype=np.intp)
    mask = np.ones(len(take)) if attention_mask is None else attention_mask
    return Encoded(
        text_a=encoded.text_a,
        text_b=encoded.text_b,
        tokens=tuple(encoded.tokens[i] for i in take),
        ids=_frozen(encoded.ids[take]),
        segment_ids=_ints(segment_ids),
        attention_mask=_ints(mask),
        sequence=_frozen(encoded.sequence[take]),
        word=_frozen(encoded.word[take]),
        span=_frozen(encoded.span[take]),
        outside=_frozen(encoded.outside[take]),
        masked=_frozen(encoded.masked[take]),
        unknown=_frozen(encoded.unknown[take]),
    )


def notices(encoded: Encoded) -> tuple[str, ...]:
    """What a reader of the numbers should know about this input, one plain sentence each; usually nothing."""
    said = []
    counted = ~encoded.outside
    unknown = int(encoded.unknown[counted].sum())
    if unknown:
        token = encoded.tokens[int(np.flatnonzero(encoded.unknown)[0])]
        where = "most of this text" if 2 * unknown > encoded.n_counted else "part of this text"
        said.append(
            f"Of {_number(encoded.n_counted, 'position')}, {unknown:,} came out as {token}: the model has no pieces "
            f"for {where}, and their numbers are about that token, not about what was typed."
        )
    typed_special = encoded.outside & ~encoded.masked & (encoded.sequence != TEMPLATE)
    said.extend(
        f"{token} stands in the text itself: the tokenizer makes it the model's own special token, and it is left out "
        "of averages and scores."
        for token in sorted({encoded.tokens[i] for i in np.flatnonzero(typed_special)})
    )
    dropped = sum(
        control_characters(_left_over(text, encoded.span[encoded.sequence == number]))
        for number, text in enumerate((encoded.text_a, encoded.text_b or ""))
    )
    if dropped:
        said.append(f"With the text came {_number(dropped, 'control character')}; the tokenizer drops them.")
    return tuple(said)


def _check_pieces(sequence: Ints, pair: bool) -> None:
    """Refuse a text of which the tokenizer keeps nothing (control characters only, for example)."""
    for number, name in ((0, "Text A" if pair else "The text"), (1, "Text B")):
        if (number == 0 or pair) and not (sequence == number).any():
            raise InputError(f"{name} holds nothing that the tokenizer keeps: type at least one word.")


def _check_length(bundle: ModelBundle, length: int, pair: bool) -> None:
    if length > bundle.max_tokens:
        what = "These two texts have" if pair else "This text has"
        raise InputError(
            f"{what} {length:,} tokens with the special ones; at most {bundle.max_tokens:,} are read with this model: "
            f"shorten by {_number(length - bundle.max_tokens, 'token')}."
        )


def _spans(offsets: Sequence[tuple[int, int]], sequence: Ints, texts: tuple[str, str]) -> Ints:
    """Offsets without the white space that some tokenizers count as part of a piece."""
    spans = []
    for (start, end), number in zip(offsets, sequence, strict=True):
        piece = texts[number][start:end] if number != TEMPLATE else ""
        kept = piece.strip()
        spans.append((start + piece.index(kept), start + piece.index(kept) + len(kept)) if kept else (start, end))
    return _ints(spans)


def _left_over(text: str, spans: Ints) -> str:
    """What of a text lies in no token."""
    covered = {i for start, end in spans.tolist() for i in range(start, end)}
    return "".join(char for i, char in enumerate(text) if i not in covered)


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _filled(values: Sequence[int | None]) -> Ints:
    return _ints([TEMPLATE if value is None else value for value in values])


def _ints(values: object) -> Ints:
    return _frozen(np.asarray(values, dtype=np.int32))


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array
