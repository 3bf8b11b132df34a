"""The words of texts, folded: "Übergrößen" and "ubergrossen" are the same."""

import re
from collections.abc import Iterator
from typing import Any

from pipelines_portal.core.unicode_forms import fold

LONGEST_WORD = 64
_WORD = re.compile(r"[^\W_]+")
# Written without blanks between words: two signs each, and those overlap.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


def words_in(text: str) -> Iterator[str]:
    """Return the folded words in order, with repetitions."""
    for match in _WORD.finditer(fold(text)):
        yield from _split(match[0])


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
