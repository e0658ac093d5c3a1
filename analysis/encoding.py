"""From texts to ``Encoded``: the only call of the tokenizer, and the moves that make one input out of another.

A fast tokenizer keeps padding and truncation as shared state, so every call has the same form and runs under the
bundle's lock. Whatever else is needed (variants, masks, candidates, windows) is made of rows that this call has made,
so that only the named thing differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np

from analysis.errors import InputError
from analysis.limits import MAX_WINDOWED_TOKENS
from analysis.loading import ModelBundle
from analysis.text import check_text, control_characters
from analysis.types import TEMPLATE, Bools, Edit, Encoded, Ints, Tensors, Window

Array = TypeVar("Array", Ints, Bools)

_QUOTED = 60
_PIECES_SHOWN = 8
"""Code points of what someone typed that an error's sentence repeats."""

_CONTINUATION = "##"
"""How WordPiece marks a piece that continues a word."""


def encode(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    edits: Sequence[Edit] = (),
    in_windows: bool | None = None,
) -> Encoded:
    """Tokenise one text, or a pair, exactly as the model's own tokenizer does.

    Parameters
    ----------
    edits
        Ids to put at positions of the text's own pieces, after tokenising.
    in_windows
        Let a lone text be longer than the model's inputs; ``windows`` then cuts it. False where that was not asked for
        but can be, which the error says; None where it can't.

    Returns
    -------
    Encoded
        T positions, special tokens included.

    Raises
    ------
    InputError
        If a text is blank, too long for the model, or leaves no position that counts; or if an edit is out of place.
    """
    encoded = _tokenised(bundle, text_a, text_b, edits, in_windows)
    if encoded.n_counted == 0:
        raise InputError(
            "The text holds only special tokens, so no position has a word to compare with: add at least one word."
        )
    return encoded


def _tokenised(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    edits: Sequence[Edit] = (),
    in_windows: bool | None = None,
    name: str = "The text",
) -> Encoded:
    """``encode`` without the condition that some position counts; ``name`` is what errors call a lone text."""
    pair = text_b is not None
    name_a = "Text A" if pair else name
    check_text(text_a, name_a)
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
    _check_pieces(sequence, (name_a, "Text B") if pair else (name_a,))
    _check_length(bundle, len(sequence), pair, in_windows)
    ids = _edited(bundle, np.array(batch["input_ids"], np.int32), sequence, edits)
    segment_ids = _ints(batch["token_type_ids"])
    if pair and bundle.uses_segment_ids and not segment_ids.any():
        # Some tokenizer files leave the segment ids out of their template; the model was trained with them.
        segment_ids = _ints(np.arange(len(ids)) >= np.flatnonzero(sequence == 1)[0])
    return Encoded(
        text_a=text_a,
        text_b=text_b,
        edits=tuple(sorted(dict(edits).items())),
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
        edits=encoded.edits,
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


@dataclass(frozen=True, slots=True)
class PairTemplate:
    """What a tokenizer puts around two segments, [CLS] A [SEP] B [SEP], to lay out pieces that are there already.

    ``before``, ``middle`` and ``after`` are the ids of its own tokens, ``second`` the segment id of B.
    """

    before: tuple[int, ...]
    middle: tuple[int, ...]
    after: tuple[int, ...]
    second: int

    @classmethod
    def of(cls, bundle: ModelBundle) -> "PairTemplate":
        """Read off the tokenizer's own encoding of a pair."""
        encoded = encode(bundle, "a", "b")
        a, b = (np.flatnonzero(encoded.sequence == number) for number in (0, 1))
        ids = encoded.ids.tolist()
        middle = ids[a[-1] + 1 : b[0]]
        return cls(tuple(ids[: a[0]]), tuple(middle), tuple(ids[b[-1] + 1 :]), int(encoded.segment_ids[b[0]]))

    @property
    def own(self) -> int:
        """Tokens that a pair has besides its pieces."""
        return len(self.before) + len(self.middle) + len(self.after)

    def pair(self, a: Sequence[int] | Ints, b: Sequence[int] | Ints) -> Tensors:
        """[CLS] A [SEP] B [SEP]; [CLS] and the middle [SEP] belong to A."""
        first = [*self.before, *a, *self.middle]
        second = [*b, *self.after]
        ids = np.array([*first, *second], np.int32)
        segment_ids = np.repeat(np.array([0, self.second], np.int32), (len(first), len(second)))
        return Tensors(_frozen(ids), _frozen(segment_ids), _frozen(np.ones(len(ids), np.int32)))


def own_pieces(encoded: Encoded) -> Ints:
    """The ids of a lone text without the template's tokens."""
    return encoded.ids[encoded.sequence == 0]


def replaced(tensors: Tensors | Encoded, positions: Sequence[int], ids: int | Sequence[int]) -> Tensors:
    """The same input with other ids at some positions: one for all of them, or one for each."""
    changed = tensors.ids.copy()
    changed[list(positions)] = ids
    return Tensors(_frozen(changed), tensors.segment_ids, tensors.attention_mask)


def spliced(tensors: Tensors | Encoded, position: int, ids: Sequence[int]) -> Tensors:
    """The same input with one position made several (or one): [T - 1 + len(ids)]."""
    count = len(ids)

    def stretched(row: Ints) -> Ints:
        return _frozen(np.concatenate([row[:position], np.repeat(row[position], count), row[position + 1 :]]))

    longer = Tensors(stretched(tensors.ids), stretched(tensors.segment_ids), stretched(tensors.attention_mask))
    return replaced(longer, range(position, position + count), list(ids))


def windows(encoded: Encoded, max_tokens: int) -> tuple[Window, ...]:
    """Cut an input into overlapping windows that the model can read; a single one when it fits as it is.

    Neighbours share half of their pieces. Every position is reported from the window where the shorter of its two
    sides is longest, the template's tokens from the first and the last window.
    """
    positions = np.arange(len(encoded), dtype=np.int32)
    if len(encoded) <= max_tokens:
        whole = Tensors(encoded.ids, encoded.segment_ids, encoded.attention_mask)
        return (Window(whole, _frozen(positions), 0, len(encoded)),)
    pieces = np.flatnonzero(encoded.sequence != TEMPLATE)
    first, end = int(pieces[0]), int(pieces[-1]) + 1
    room = max_tokens - first - (len(encoded) - end)
    starts = [*range(first, end - room, max(1, room // 2)), end - room]
    # Half-way between where one window ends and the next begins, both sides of the two are equally long.
    turns = [0, *((left + room + right) // 2 for left, right in pairwise(starts)), len(encoded)]
    cut = []
    for number, start in enumerate(starts):
        rows = np.concatenate([positions[:first], positions[start : start + room], positions[end:]])
        tensors = Tensors(*(_frozen(each[rows]) for each in (encoded.ids, encoded.segment_ids, encoded.attention_mask)))
        cut.append(Window(tensors, _frozen(rows), turns[number], turns[number + 1]))
    return tuple(cut)


def pieces(bundle: ModelBundle, candidate: str, *, after_space: bool, called: str = "candidate") -> tuple[int, ...]:
    """Ids of a candidate for one place: as whole words, or as the one continuation that it names (``##x``).

    Parameters
    ----------
    after_space
        Whether white space stands before the place; tokenizers that count it into the word need to know.
    called
        What an error calls it.

    Raises
    ------
    InputError
        If it is blank, holds a special token, or the model has no pieces for it.
    """
    check_text(candidate, f"A {called}")
    named = quoted(candidate)
    known = bundle.tokenizer.convert_tokens_to_ids(candidate) if candidate.startswith(_CONTINUATION) else None
    if known is not None and known != bundle.unk_id:
        return (int(known),)
    if known is not None:
        raise InputError(f"'{named}' is no piece of this model's vocabulary: type a word, or a piece it has.")
    encoded = _tokenised(bundle, f" {candidate}" if after_space else candidate, name=f"The {called} '{named}'")
    own = encoded.sequence != TEMPLATE
    if encoded.outside[own].any():
        raise InputError(f"The {called} '{named}' holds a special token: type the words that could stand there.")
    if encoded.unknown[own].any():
        raise InputError(f"The model has no pieces for the {called} '{named}': choose another word.")
    return tuple(encoded.ids[own].tolist())


def id_to_follow(bundle: ModelBundle, word: str) -> int:
    """The id of a word of one piece, typed as in a text or as the vocabulary writes it.

    Raises
    ------
    InputError
        If it is blank, a special token, unknown, or of several pieces.
    """
    ids = pieces(bundle, word, after_space=True, called="word to follow")
    if len(ids) > 1:
        shown = " ".join(bundle.tokens_of(ids[:_PIECES_SHOWN])) + (" …" if len(ids) > _PIECES_SHOWN else "")
        raise InputError(f"'{quoted(word)}' has {len(ids)} pieces here ({shown}): follow one of them.")
    return ids[0]


def quoted(text: str) -> str:
    """A text as it can be repeated in one sentence: on one line, printable, not too long."""
    line = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(line.split())
    return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1]}…"


def id_of(bundle: ModelBundle, token: str) -> int:
    """The id of one token of the vocabulary, as it is written there (``##er``, ``election``).

    Raises
    ------
    InputError
        If the vocabulary has no such token.
    """
    # Half a character can't be handed to the tokenizer.
    whole = bool(token.strip()) and token.isprintable()
    id_ = bundle.tokenizer.convert_tokens_to_ids(token) if whole else None
    if id_ is None or (id_ == bundle.unk_id and token != bundle.tokenizer.unk_token):
        raise InputError(f"'{quoted(token)}' is no single token of this model's vocabulary: name one that it has.")
    return int(id_)


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


def _check_pieces(sequence: Ints, names: tuple[str, ...]) -> None:
    """Refuse a text of which the tokenizer keeps nothing (control characters only, for example)."""
    for number, name in enumerate(names):
        if not (sequence == number).any():
            raise InputError(f"{name} holds nothing that the tokenizer keeps: type at least one word.")


def _check_length(bundle: ModelBundle, length: int, pair: bool, in_windows: bool | None) -> None:
    most = MAX_WINDOWED_TOKENS if in_windows is True and not pair else bundle.max_tokens
    if length > most:
        what = "These two texts have" if pair else "This text has"
        raise InputError(
            f"{what} {length:,} tokens with the special ones; at most {most:,} are read "
            f"{'in windows' if most > bundle.max_tokens else 'with this model'}: "
            f"shorten by {_number(length - most, 'token')}"
            f"{', or read it in overlapping windows' if in_windows is False and not pair else ''}."
        )


def _edited(bundle: ModelBundle, ids: Ints, sequence: Ints, edits: Sequence[Edit]) -> Ints:
    """The ids with the edits made.

    Raises
    ------
    InputError
        If an edit is not of a piece of the text, or its id not one of the tokenizer's.
    """
    for position, id_ in edits:
        if not 0 <= position < len(ids) or sequence[position] == TEMPLATE:
            raise InputError(
                f"An edit of position {position} came; the text's own tokens stand at positions "
                f"{np.flatnonzero(sequence != TEMPLATE)[0]} to {np.flatnonzero(sequence != TEMPLATE)[-1]}: choose one."
            )
        if not 0 <= id_ < min(bundle.n_vocabulary, len(bundle.tokenizer)):
            raise InputError(
                f"An edit with the id {id_} came; the vocabulary has 0 to {len(bundle.tokenizer) - 1:,}: choose one."
            )
        ids[position] = id_
    return _frozen(ids)


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
