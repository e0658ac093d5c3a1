"""Which writing a text is in, and what follows from it: a language to begin with, and whether words have spaces."""

import unicodedata
from collections import Counter
from functools import cache

LATIN = "LATIN"
_LANGUAGES = {
    "ARABIC": "ar",
    "ARMENIAN": "hy",
    "BENGALI": "bn",
    "CJK": "zh",
    "CYRILLIC": "ru",
    "DEVANAGARI": "hi",
    "ETHIOPIC": "am",
    "GREEK": "el",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "HANGUL": "ko",
    "HEBREW": "he",
    "HIRAGANA": "ja",
    "KANNADA": "kn",
    "KATAKANA": "ja",
    "LATIN": "en",
    "MALAYALAM": "ml",
    "MYANMAR": "my",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
}
_KANA = ("HIRAGANA", "KATAKANA")
_LEAST_KANA = 0.1
"""Of the letters of a Japanese text: a Chinese one may quote a word of it."""
_UNSPACED = frozenset({"CJK", *_KANA, "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"})


@cache
def script_of(letter: str) -> str:
    """The script of a letter as the first word of its name in Unicode: LATIN, CJK; nothing of what is no letter."""
    if not unicodedata.category(letter).startswith("L"):
        return ""
    # Compatibility forms (full-width letters, ligatures) are letters of the script that they stand for.
    return unicodedata.name(unicodedata.normalize("NFKC", letter)[0], "").partition(" ")[0].partition("-")[0]


def main_script(text: str) -> str:
    """The script of most letters of a text; LATIN of one without letters."""
    found: Counter[str] = Counter()
    for char, count in Counter(text).items():
        if script_of(char):
            found[script_of(char)] += count
    kana = sum(found[name] for name in _KANA)
    if kana and kana >= _LEAST_KANA * (kana + found["CJK"]):
        # Japanese is written in three of them at once.
        found["HIRAGANA"] += found.pop("KATAKANA", 0) + found.pop("CJK", 0)
    return max(found, key=lambda name: found[name]) if found else LATIN


def language_of(text: str) -> str:
    """The code of the language that the script of a text stands for first; English where it stands for none known."""
    return _LANGUAGES.get(main_script(text), "en")


def is_unspaced(char: str) -> bool:
    """Whether a character is a letter of a script that is written without spaces between words; not of none at all."""
    return bool(char) and script_of(char) in _UNSPACED
