"""What an entry of a list is found by, folded and as bytes, so that both databases sort and find beginnings alike."""

import re

from pipelines_portal.core.unicode_forms import fold

# In letters. What is typed beyond that is not compared.
LONGEST_KEY = 60
MOST_WORDS = 12
# Above every byte of a text in UTF-8.
LAST_BYTE = b"\xff"
# Letters that are no accented ones, although people type them so.
_PLAIN = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d"})
_WORD_START = re.compile(r"(?<![^\W_])[^\W_]")


def key_of(text: str) -> bytes:
    """Return what was typed, or a code, as it is looked up."""
    return _folded(text)[:LONGEST_KEY].encode(errors="replace")


def keys_of(code: str, label: str) -> set[bytes]:
    """Return the code, and the name from each of its words on: "Nordwind Logistik" is also found by "logis"."""
    name = _folded(label)
    starts = [match.start() for match in _WORD_START.finditer(name)][:MOST_WORDS]
    return {key_of(code), *(name[at : at + LONGEST_KEY].encode(errors="replace") for at in starts)}


def _folded(text: str) -> str:
    return " ".join(fold(text).translate(_PLAIN).split())
