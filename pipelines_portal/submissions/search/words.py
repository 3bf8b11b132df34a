"""The words of a row, folded: "Übergrößen" and "ubergrossen" are the same."""

import re
from collections.abc import Iterator
from typing import Any
from unicodedata import combining

from pipelines_portal.core.unicode_forms import normalize
from pipelines_portal.workflows.fields.base import FieldValues

# Of one row, in letters. A longer text is found by what it begins with.
LONGEST_TEXT = 100_000
LONGEST_WORD = 64
_WORD = re.compile(r"[^\W_]+")
# Written without blanks between words: two signs each, and those overlap.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


def fold(text: str) -> str:
    """Remove case, accents and variants of the same character."""
    if text.isascii():
        return text.lower()
    parts = normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not combining(sign))


def words_in(text: str) -> Iterator[str]:
    """Return the folded words in order, with repetitions."""
    for match in _WORD.finditer(fold(text)):
        yield from _split(match[0])


def words_of(fields: FieldValues) -> list[str]:
    """Return the words of a row's values in order."""
    return list(words_in("\n".join(texts_of(fields))[:LONGEST_TEXT]))


def texts_of(value: Any) -> Iterator[str]:
    """Return the texts in a value of any shape, without the names of fields."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from texts_of(each)
    elif isinstance(value, str):
        yield value
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _split(word: str) -> Iterator[str]:
    at = 0
    for match in _UNSPACED.finditer(word):
        if match.start() > at:
            yield word[at : match.start()][:LONGEST_WORD]
        signs = match[0]
        yield from (signs[n : n + 2] for n in range(max(len(signs) - 1, 1)))
        at = match.end()
    if at < len(word):
        yield word[at:][:LONGEST_WORD]
