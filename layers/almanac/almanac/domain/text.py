"""Text that fits its column: nothing Postgres refuses, cut where a reader sees a character end."""

import re
import unicodedata

# The classes follow "Unicode Text Segmentation" (UAX #29). Where the exact rule needs tables that the standard library
# does not have, they are wider: a cut may come a character early, never inside a cluster.
_JOINS_TO_THE_LEFT = re.compile(
    "["
    "\u200c\u200d"  # zero-width non-joiner and joiner
    "\u0e33\u0eb3"  # Thai and Lao AM: letters that are drawn over the one before
    "\uff9e\uff9f"  # halfwidth katakana voiced marks
    "\U0001f3fb-\U0001f3ff"  # emoji skin tones
    "\U000e0020-\U000e007f"  # tags: the flags of England, Scotland and Wales
    "\u1160-\u11ff\ud7b0-\ud7c6\ud7cb-\ud7fb\U00016d63\U00016d67-\U00016d6a"  # Hangul and Kirat Rai vowels, finals
    "]"
)
_JOINS_TO_THE_RIGHT = re.compile(
    "["
    "\u200d"  # zero-width joiner
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd"  # number signs, dot reph
    "\U000111c2\U000111c3\U000113d1\U0001193f\U00011941\U00011a3a\U00011a84-\U00011a89\U00011d46\U00011f02"
    "]"
)
_HANGUL_INITIAL = re.compile("[\u1100-\u115f\ua960-\ua97c]")
_AFTER_HANGUL_INITIAL = re.compile("[\u1100-\u115f\ua960-\ua97c\uac00-\ud7a3]")
_REGIONAL_INDICATOR = re.compile("[\U0001f1e6-\U0001f1ff]")
_MARKS = ("Mn", "Me", "Mc")
_VIRAMA = 9
"""Canonical combining class of the signs that join two Indic consonants to one."""


def clean(text: str) -> str:
    """The text without NUL and lone surrogates: Postgres stores neither. TypeError or AttributeError unless a str."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    return text.encode("utf-8", "ignore").decode()


def clip(text: str, max_chars: int, max_bytes: int) -> str:
    """The longest beginning of a clean text within both limits that ends between two grapheme clusters.

    Characters are code points, as Postgres counts them; bytes are UTF-8. It is empty when the first cluster alone is
    too long. Characters newer than Python's Unicode tables are never cut off from their neighbours.
    """
    end = _fitting(text, max_chars, max_bytes)
    if end == len(text):
        return text
    while end > 0 and _inside_cluster(text, end):
        end -= 1
    return text[:end]


def _fitting(text: str, max_chars: int, max_bytes: int) -> int:
    """How many code points fit."""
    if len(text) <= max_chars and 4 * len(text) <= max_bytes:
        return len(text)
    encoded = text[:max_chars].encode()
    if len(encoded) <= max_bytes:
        return min(len(text), max_chars)
    return len(encoded[:max_bytes].decode("utf-8", "ignore"))


def _inside_cluster(text: str, end: int) -> bool:
    """Whether no cluster ends before `text[end]`, which exists."""
    left, right = text[end - 1], text[end]
    if left < "\x80" and right < "\x80":
        return left == "\r" and right == "\n"
    return (
        _extends(right)
        or _JOINS_TO_THE_RIGHT.match(left) is not None
        or "Cn" in (unicodedata.category(left), unicodedata.category(right))
        or (_HANGUL_INITIAL.match(left) is not None and _AFTER_HANGUL_INITIAL.match(right) is not None)
        or _second_of_flag(text, end)
        or _after_virama(text, end)
    )


def _extends(character: str) -> bool:
    return unicodedata.category(character) in _MARKS or _JOINS_TO_THE_LEFT.match(character) is not None


def _second_of_flag(text: str, end: int) -> bool:
    """Whether `text[end]` completes a pair of regional indicators: an odd number of them stands before it."""
    start = end
    while start > 0 and _REGIONAL_INDICATOR.match(text[start - 1]):
        start -= 1
    return (end - start) % 2 == 1 and _REGIONAL_INDICATOR.match(text[end]) is not None


def _after_virama(text: str, end: int) -> bool:
    """Whether a joining sign stands before the letter `text[end]`, other marks between them or not."""
    if unicodedata.category(text[end]) != "Lo":
        return False
    while end > 0 and _extends(text[end - 1]):
        end -= 1
        if unicodedata.combining(text[end]) == _VIRAMA:
            return True
    return False
