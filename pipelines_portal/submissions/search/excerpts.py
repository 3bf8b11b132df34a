"""Excerpts of what was sent, in which the words of the search are marked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines_portal.submissions.search.words import fold, texts_of
from pipelines_portal.workflows.fields.base import FieldValues

LENGTH = 160
LEAD = 40
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Part:
    text: str
    is_asked_for: bool = False


def excerpt(fields: FieldValues, words: Sequence[str]) -> list[Part]:
    """Return a part of the first text that contains one of the words, else of the first text."""
    texts = [" ".join(text.split()) for text in texts_of(fields)]
    spots = next((spots for text in texts if (spots := list(_spots(text, words)))), [])
    text = next((text for text in texts if any(_spots(text, words))), texts[0] if texts else "")
    start = max(spots[0][0] - LEAD, 0) if spots else 0
    end = start + LENGTH
    parts = list(_parts(text, [spot for spot in spots if spot[1] <= end], start, min(end, len(text))))
    before, after = (["…"] if start else []), (["…"] if end < len(text) else [])
    return [*map(Part, before), *parts, *map(Part, after)]


def _spots(text: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Return the positions of whole words that begin with one of these. Characters that fold to several stay
    together.
    """
    for match in _WORD.finditer(text):
        folded = fold(match[0])
        if any(folded.startswith(word) or (len(word) == 2 and word in folded and not word.isascii()) for word in words):
            yield match.span()


def _parts(text: str, spots: list[tuple[int, int]], start: int, end: int) -> Iterator[Part]:
    at = start
    for first, last in spots:
        if first > at:
            yield Part(text[at:first])
        yield Part(text[first:last], is_asked_for=True)
        at = last
    if at < end:
        yield Part(text[at:end])
