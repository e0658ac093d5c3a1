"""What can be chosen by name; imported by the command line's help, which loads no library."""

from typing import Literal

Masking = Literal["token", "word_l2r", "word"]
"""What is hidden when a position is read: it alone, it and the later pieces of its word, or all pieces of its word."""

MASKINGS: tuple[Masking, ...] = ("token", "word_l2r", "word")

ReadingKind = Literal["seen", "hidden"]
"""Whether a position sees its own token."""

READINGS: tuple[ReadingKind, ...] = ("seen", "hidden")

FillOrder = Literal["independent", "left_to_right", "right_to_left", "confident", "beam"]

FILL_ORDERS: tuple[FillOrder, ...] = ("independent", "left_to_right", "right_to_left", "confident", "beam")

Dtype = Literal["fp32", "bf16"]
"""Arithmetic of the encoder's products; the heads, the sums and the normalisations are always fp32."""

SplitUnit = Literal["sentence", "word"]
"""Where a text is cut: where a sentence begins, or where any word does."""

SPLIT_UNITS: tuple[SplitUnit, ...] = ("sentence", "word")

SplitContext = Literal["text", "adjacent"]
"""What stands on either side of a cut: all of the text, or the one sentence (or its part) before and after."""

SPLIT_CONTEXTS: tuple[SplitContext, ...] = ("text", "adjacent")
