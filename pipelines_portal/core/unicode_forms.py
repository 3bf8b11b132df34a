"""Unicode normalization of texts from outside, in linear time.

Python sorts the combining marks after a letter in quadratic time: 80,000 of them take five seconds.
"""

import unicodedata
from functools import lru_cache
from typing import Literal

# The limit of Unicode's stream-safe format. No language needs as many.
MAX_MARKS = 30


def normalize(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """Return `text` in a normalization form. A letter keeps its first 30 combining marks."""
    if text.isascii():
        return text
    marks = _marks_in(text)
    return unicodedata.normalize(form, _without_endless_marks(text, marks) if marks else text)


def has_endless_marks(text: str) -> bool:
    """Return whether a letter carries more than 30 combining marks."""
    marks = set[str]() if text.isascii() else _marks_in(text)
    return bool(marks) and len(_without_endless_marks(text, marks)) < len(text)


def _marks_in(text: str) -> set[str]:
    return {letter for letter in set(text) if _is_mark(letter)}


@lru_cache(maxsize=4096)
def _is_mark(letter: str) -> bool:
    """Return whether a letter is a combining mark, or becomes one or more of them as the Tibetan U+0F73 does."""
    return unicodedata.combining(unicodedata.normalize("NFKD", letter)[0]) > 0


def _without_endless_marks(text: str, marks: set[str]) -> str:
    kept, count = [], 0
    for letter in text:
        count = count + 1 if letter in marks else 0
        if count <= MAX_MARKS:
            kept.append(letter)
    return "".join(kept)


def fold(text: str) -> str:
    """Remove case, accents and variants of the same character: "Größe" and "grosse" are the same."""
    if text.isascii():
        return text.lower()
    parts = normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


# Marks of direction and width that copied texts hold and nobody sees.
_INVISIBLE = dict.fromkeys((0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF))


def without_invisible(text: str) -> str:
    return text.translate(_INVISIBLE)


def without_format_marks(text: str) -> str:
    """Remove all that nobody sees, joiners and soft hyphens too. Not for numbers, where that may be a minus."""
    return text if text.isascii() else "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def visible_text(text: str) -> str:
    """Return the text as it is seen: composed letters, no invisible marks, and one plain space between words."""
    return " ".join(without_invisible(normalize("NFC", text)).split())
