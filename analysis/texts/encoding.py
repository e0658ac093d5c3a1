"""From texts to ``Encoded``, and the moves that make one input out of another.

Whatever else is needed (variants, masks, candidates, windows) is made of rows that one tokenisation has made, so that
only the named thing differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.choices import several, whole
from analysis.errors import InputError
from analysis.limits import MAX_WINDOWED_TOKENS
from analysis.models.bundle import ModelBundle
from analysis.models.tokenizing import longest_word, normalised, tokenise
from analysis.questions import Text
from analysis.texts.changes import Takes, changes_of
from analysis.texts.text import check_text, counted
from analysis.types import TEMPLATE, Change, Edit, Encoded, Ints, Tensors


def encode(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    edits: Sequence[Edit] = (),
    in_windows: bool = False,
) -> Encoded:
    """Tokenise one text, or a pair, exactly as the model's own tokenizer does, special tokens included.

    ``edits`` are ids to put at positions of the text's own pieces, after tokenising. ``in_windows`` lets a lone text be
    longer than the model's inputs; ``windows`` then cuts it. InputError if a text is blank, too long for the model, or
    leaves no position that counts; or if an edit is out of place.
    """
    return check_counted(tokenised(bundle, text_a, text_b, edits, in_windows))


def check_counted(encoded: Encoded) -> Encoded:
    """Return an input in which some position counts; InputError if there is none."""
    if encoded.n_counted == 0:
        raise InputError(
            "The text holds only special tokens, so no position has a word to compare with: add at least one word."
        )
    return encoded


def one_input(bundle: ModelBundle, text: Text) -> Encoded:
    """``tokenised`` of a question's text that is never read in windows; InputError if it asks for them."""
    if text.in_windows:
        raise InputError("Windows were asked for, and here a text is read as one input: leave windows out.")
    return tokenised(bundle, text.text_a, text.text_b, text.edits)


def one_side(bundle: ModelBundle, text: Text, name: str) -> Encoded:
    """One of two inputs that are put beside each other; an error's sentence names the side (InputError)."""
    try:
        return check_counted(one_input(bundle, text))
    except InputError as error:
        raise InputError(f"Input {name}: {error}") from None


def tokenised(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    edits: Sequence[Edit] = (),
    in_windows: bool = False,
    instead: str = "",
    name: str = "The text",
) -> Encoded:
    """``encode`` without the condition that some position counts; ``name`` and ``instead`` are words of its errors."""
    pair = text_b is not None
    edits = [(whole("position of an edit", at), whole("id of an edit", id_)) for at, id_ in several("edits", edits)]
    name_a = "Text A" if pair else name
    check_text(text_a, name_a)
    if text_b is not None:
        check_text(text_b, "Text B")
    batch = tokenise(bundle.tokenizer, bundle.tokenizer_lock, text_a, text_b)
    sequence = _filled(batch.sequence_ids(0))
    for number, called in enumerate((name_a, "Text B") if pair else (name_a,)):
        if not (sequence == number).any():
            # Of control characters only, for example.
            raise InputError(f"{called} holds nothing that the tokenizer keeps: type at least one word.")
    _check_length(bundle, len(sequence), pair, in_windows, instead)
    ids = _edited(bundle, np.array(batch["input_ids"], np.int32), sequence, edits)
    # What a model was not trained with it is not given, whatever its tokenizer's template says.
    segment_ids = _ints(batch["token_type_ids"]) if bundle.uses_segment_ids else np.zeros_like(ids)
    if pair and bundle.uses_segment_ids and bundle.on_pairs and not segment_ids.any():
        # Some tokenizer files leave the segment ids out of their template; the model was trained with them.
        segment_ids = _ints(np.arange(len(ids)) >= np.flatnonzero(sequence == 1)[0])
    template = sequence == TEMPLATE
    # The template's tokens are those that the tokenizer added, whatever it calls them; typed ones go by their id.
    special = (ids[:, None] == np.array(bundle.outside_ids, np.int32)).any(axis=1)
    outside, unknown = template | special, (ids == bundle.unk_id) & ~template
    span = _spans(batch["offset_mapping"], sequence, (text_a, text_b or ""))
    edited = {position for position, _ in edits}
    changes: list[Change] = []
    takes = Takes(bundle.unk, longest_word(bundle.tokenizer), bundle.letters)
    for number, text in enumerate((text_a,) if text_b is None else (text_a, text_b)):
        own = np.flatnonzero(sequence == number)
        came = {at: int(own[at]) in edited for at in np.flatnonzero(unknown[own]).tolist()}
        becomes = normalised(bundle.tokenizer, bundle.tokenizer_lock, text, bundle.normal_forms)
        changes += changes_of(text, number, becomes, span[own], outside[own], came, takes)
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
        span=span,
        outside=outside,
        masked=ids == bundle.mask_id,
        unknown=unknown,
        changes=tuple(changes),
        writes=bundle.writes,
    )


def rearrange(
    encoded: Encoded,
    rows: Sequence[int] | Ints,
    segment_ids: Sequence[int] | Ints,
    attention_mask: Sequence[int] | Ints | None = None,
) -> Encoded:
    """Make another input of T' rows of this one, in their new order; one may appear twice.

    There are T' new segment ids, and T' new mask values; all 1 when None.
    """
    take = np.asarray(rows, dtype=np.intp)
    mask = np.ones(len(take)) if attention_mask is None else attention_mask
    rows_of = ("ids", "sequence", "word", "span", "outside", "masked", "unknown")
    return replace(
        encoded,
        tokens=tuple(encoded.tokens[i] for i in take),
        segment_ids=_ints(segment_ids),
        attention_mask=_ints(mask),
        **{name: getattr(encoded, name)[take] for name in rows_of},
    )


@dataclass(frozen=True, slots=True)
class PairTemplate:
    """What a tokenizer puts around two segments, [CLS] A [SEP] B [SEP], to lay out pieces that are there already.

    ``before``, ``middle`` and ``after`` are its own tokens, by id or by position; ``second`` is the segment id of B.
    """

    before: Ints
    middle: Ints
    after: Ints
    second: int

    @classmethod
    def of(cls, bundle: ModelBundle) -> "PairTemplate":
        """The ids, read off the tokenizer's own encoding of a pair."""
        # Of masks, which every vocabulary has: some have no pieces for letters, and drop them.
        mask = bundle.tokenizer.mask_token
        encoded = tokenised(bundle, mask, mask)
        at = cls.positions(encoded)
        own = (encoded.ids[each] for each in (at.before, at.middle, at.after))
        return cls(*own, second=int(encoded.segment_ids[encoded.sequence == 1][0]))

    @classmethod
    def positions(cls, encoded: Encoded) -> "PairTemplate":
        """Where they stand in a pair, to move its rows about."""
        a, b = (np.flatnonzero(encoded.sequence == number) for number in (0, 1))
        at = np.arange(len(encoded), dtype=np.int32)
        return cls(at[: a[0]], at[a[-1] + 1 : b[0]], at[b[-1] + 1 :], second=1)

    @property
    def own(self) -> int:
        """Tensors that a pair has besides its pieces."""
        return len(self.before) + len(self.middle) + len(self.after)

    def around(self, a: Ints, b: Ints, *, separator: bool = True) -> tuple[Ints, Ints]:
        """[CLS] A [SEP] B [SEP] and its segment ids; [CLS] and the middle [SEP] belong to A."""
        first = [*self.before, *a, *(self.middle if separator else ())]
        second = [*b, *self.after]
        segment_ids = np.repeat(np.array([0, self.second], np.int32), (len(first), len(second)))
        return np.array([*first, *second], np.int32), segment_ids

    def shortened(self, control: Ints, n_a: int, max_tokens: int) -> Ints:
        """A control that leaves room for a long first segment of so many pieces."""
        return control[: max(1, max_tokens - self.own - n_a)]

    def pair(self, a: Ints, b: Ints) -> Tensors:
        """Both as an input of the model."""
        ids, segment_ids = self.around(a, b)
        return Tensors(ids, segment_ids, np.ones(len(ids), np.int32))


def own_pieces(encoded: Encoded) -> Ints:
    """The ids of a lone text without the template's tokens."""
    return encoded.ids[encoded.sequence == 0]


def replaced(tensors: Tensors, positions: Sequence[int], ids: int | Sequence[int]) -> Tensors:
    """The same input with other ids at some positions: one for all of them, or one for each."""
    changed = tensors.ids.copy()
    changed[list(positions)] = ids
    return Tensors(changed, tensors.segment_ids, tensors.attention_mask)


def spliced(tensors: Tensors, position: int, ids: Sequence[int]) -> Tensors:
    """The same input with one position made several (or one): [T - 1 + len(ids)]."""
    count = len(ids)

    def stretched(row: Ints) -> Ints:
        return np.concatenate([row[:position], np.repeat(row[position], count), row[position + 1 :]])

    longer = Tensors(stretched(tensors.ids), stretched(tensors.segment_ids), stretched(tensors.attention_mask))
    return replaced(longer, range(position, position + count), list(ids))


def _check_length(bundle: ModelBundle, length: int, pair: bool, in_windows: bool, instead: str) -> None:
    most = MAX_WINDOWED_TOKENS if in_windows and not pair else bundle.max_tokens
    if length > most:
        what = "These two texts have" if pair else "This text has"
        raise InputError(
            f"{what} {length:,} tokens with the special ones; at most {most:,} are read "
            f"{'in parts' if most > bundle.max_tokens else 'with this model'}: "
            f"shorten by {counted(length - most, 'token')}"
            f"{f', or {instead}' if instead and not (in_windows or pair) else ''}."
        )


def _edited(bundle: ModelBundle, ids: Ints, sequence: Ints, edits: Sequence[Edit]) -> Ints:
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
    return ids


def _spans(offsets: Sequence[tuple[int, int]], sequence: Ints, texts: tuple[str, str]) -> Ints:
    """Offsets without the white space that some tokenizers count as part of a piece."""
    spans = list(offsets)
    for at, ((start, end), number) in enumerate(zip(offsets, sequence.tolist(), strict=True)):
        text = texts[number]
        if number != TEMPLATE and start < end and (text[start].isspace() or text[end - 1].isspace()):
            kept = text[start:end].strip()
            if kept:
                first = text.index(kept, start)
                spans[at] = (first, first + len(kept))
    return _ints(spans)


def _filled(values: Sequence[int | None]) -> Ints:
    return _ints([TEMPLATE if value is None else value for value in values])


def _ints(values: object) -> Ints:
    return np.asarray(values, dtype=np.int32)
