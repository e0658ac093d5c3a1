"""The only calls of a tokenizer.

A fast tokenizer keeps padding and truncation as shared state, and calls of several forms from several threads gave
wrong lengths without an error: every call has this form and runs under the lock of the tokenizer's bundle.
"""

from threading import Lock
from typing import Any

from analysis.errors import InputError
from analysis.types import CONTINUES_WORD, STARTS_WORD, PieceKind

_REMEMBERED = 2**14
"""Characters whose normal forms are kept: several scripts' together."""


def tokenise(tokenizer: Any, lock: Lock, text_a: str, text_b: str | None) -> Any:
    """One text or a pair as the tokenizer's own encoding of it, special tokens included, nothing cut or padded.

    InputError if the tokenizer fails on it: its vocabulary may lack a character, and a token for what is unknown.
    """
    with lock:
        try:
            return tokenizer(
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
        except Exception as error:
            # The library raises plain Exceptions.
            raise InputError(
                "This model's tokenizer has no piece for a character of the text, nor a token for what is unknown: "
                "leave that character out, or choose another model."
            ) from error


def normalised(tokenizer: Any, lock: Lock, text: str, known: dict[str, str]) -> dict[str, str]:
    """What the tokenizer's normalisation makes of each character of a text by itself; nothing of one that it drops.

    ``known`` are those that it was asked for before, which are added to: a corpus has few more than its first page.
    They do not grow without end, whatever visitors type.
    """
    chars = set(text)
    found = {char: known[char] for char in chars if char in known}
    if new := chars - found.keys():
        normalizer = tokenizer.backend_tokenizer.normalizer
        with lock:
            found |= {char: char if normalizer is None else normalizer.normalize_str(char) for char in new}
        if len(known) < _REMEMBERED:
            known.update(found)
    return found


def longest_word(tokenizer: Any) -> int | None:
    """Characters of the longest word that the tokenizer takes apart, None without a limit; a longer one is [UNK]."""
    return getattr(tokenizer.backend_tokenizer.model, "max_input_chars_per_word", None)


def single_letters(tokenizer: Any, lock: Lock) -> frozenset[str]:
    """The letters of a vocabulary of single letters whose tokenizer can't part them where they stand together.

    So are those of many models of proteins: they read ``E V Q`` and have nothing for ``EVQ``. None of any other model.
    """
    special = set(tokenizer.all_special_tokens)
    bare = (token.removeprefix(CONTINUES_WORD).lstrip(STARTS_WORD) for token in tokenizer.get_vocab().keys() - special)
    letters = {each for each in bare if each.isalpha()}
    if not letters or max(map(len, letters)) > 1:
        return frozenset()
    # The tokenizer may fold capitals.
    forms = {form for letter in letters for form in (letter, letter.upper(), letter.lower()) if len(form) == 1}
    known = sorted(form for form in forms if _knows(tokenizer, lock, form))
    return frozenset() if not known or _knows(tokenizer, lock, known[0] + known[-1]) else frozenset(known)


def _knows(tokenizer: Any, lock: Lock, text: str) -> bool:
    """Whether a text comes out as pieces, and none of them as what is unknown."""
    try:
        batch = tokenise(tokenizer, lock, text, None)
    except InputError:
        return False
    own = [id_ for id_, number in zip(batch["input_ids"], batch.sequence_ids(0), strict=True) if number is not None]
    return bool(own) and tokenizer.unk_token_id not in own


def writes_pieces(tokenizer: Any) -> PieceKind:
    """How the tokenizer's vocabulary writes its pieces, by the parts that it is made of."""
    whole = tokenizer.backend_tokenizer
    parts = (whole.normalizer, whole.pre_tokenizer, whole.decoder)
    states = [state for part in parts if part is not None and (state := part.__getstate__())]
    if any(b"ByteLevel" in state for state in states):
        return "bytes"
    return "sentencepiece" if any("\u2581".encode() in state or b"\\u2581" in state for state in states) else "words"
