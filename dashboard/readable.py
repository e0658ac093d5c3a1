"""Pieces as the text that they stand for: vocabularies of bytes and of SentencePiece write them in their own letters.

A byte-level vocabulary (Radford et al. 2019) has one letter for each byte, so that é is Ã©; SentencePiece (Kudo &
Richardson 2018) writes the space in front of a word as ▁. On screen both are read back; JSON and the tables' pieces
keep what the vocabulary has.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from analysis.types import Encoded, PieceKind

SPACE = "␣"
"""The space in front of a word, as one sees it."""
_TOKENS = {"tokens", "token", "top_tokens", "mover_tokens", "watched_tokens"}
"""Fields of results that hold strings of the vocabulary, singly or in tuples of any depth; values by name do, too."""
_PRINTED = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
_BYTE_OF = {chr(byte): byte for byte in _PRINTED} | {
    chr(256 + number): byte for number, byte in enumerate(sorted(set(range(256)) - _PRINTED))
}
"""By its letter, each byte: itself where it can be printed, the others counted on from 256."""


def readable(result: Any, kind: PieceKind | None = None) -> Any:
    """A result with every string of the vocabulary as one reads it; itself where the vocabulary is readable."""
    kind = kind or _kind_of(result)
    if kind in {None, "words"} or not is_dataclass(result) or isinstance(result, type):
        return result
    changed = {}
    for each in fields(result):
        value = getattr(result, each.name)
        if isinstance(value, Mapping):
            changed[each.name] = {name: _read(one, kind) for name, one in value.items()}
            continue
        new = _read(value, kind) if each.name in _TOKENS else _inside(value, kind)
        if new is not value:
            changed[each.name] = new
    if isinstance(result, Encoded):
        # A part of a character is shown as the character that it is a part of.
        texts, tokens = (result.text_a, result.text_b or ""), changed.get("tokens", result.tokens)
        of_text = [
            texts[number][slice(*span)] for number, span in zip(result.sequence, result.span.tolist(), strict=True)
        ]
        changed["tokens"] = tuple(
            cover if cover and "\N{REPLACEMENT CHARACTER}" in token else token
            for cover, token in zip(of_text, tokens, strict=True)
        )
        changed["pieces"] = result.tokens
    return replace(result, **changed) if changed else result


@cache
def shown_as(piece: str, kind: PieceKind) -> str:
    """One string of the vocabulary as one reads it; bytes that are no whole character come as �."""
    if kind == "bytes" and piece and all(char in _BYTE_OF for char in piece):
        piece = bytes(_BYTE_OF[char] for char in piece).decode("utf-8", errors="replace")
        return SPACE * (len(piece) - len(piece.lstrip(" "))) + piece.lstrip(" ")
    return piece.replace("▁", SPACE) if kind == "sentencepiece" else piece


def _read(value: Any, kind: PieceKind) -> Any:
    if isinstance(value, str):
        return shown_as(value, kind)
    if isinstance(value, list | tuple):
        return type(value)(_read(each, kind) for each in value)
    return value


def _inside(value: Any, kind: PieceKind) -> Any:
    if isinstance(value, tuple):
        new = tuple(_inside(each, kind) for each in value)
        return value if all(one is other for one, other in zip(new, value, strict=True)) else new
    return readable(value, kind) if is_dataclass(value) else value


def _kind_of(result: Any) -> PieceKind | None:
    """How the vocabulary of a result's input writes its pieces; None where there is no input in it."""
    if isinstance(result, Encoded):
        return result.writes
    if not is_dataclass(result):
        return None
    for each in fields(result):
        value = getattr(result, each.name)
        for one in value if isinstance(value, tuple) else (value,):
            if is_dataclass(one) and (kind := _kind_of(one)) is not None:
                return kind
    return None
