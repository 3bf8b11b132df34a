"""What a search found in a row: excerpts of its values, in which the terms are marked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines_portal.submissions.search_words import LONGEST_TEXT, SHORTEST_BEGINNING, Term
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.fields.reading.words import texts_of, words_in

LENGTH = 160
# In the narrowest columns, what stands before the term leaves it in sight.
LEAD = 20
MOST_VALUES = 2
_WORD = re.compile(r"[^\W_]+")
Spot = tuple[int, int]


@dataclass(frozen=True)
class MarkedPart:
    text: str
    is_match: bool = False


@dataclass(frozen=True)
class Match:
    """A value that has some of the terms. `name` is that of its field."""

    name: str
    parts: list[MarkedPart]


class FoldedText:
    """A text on one line, with its folded words and their spots."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(text[:LONGEST_TEXT].split())
        self.words = [(word, found.span()) for found in _WORD.finditer(self.text) for word in words_in(found[0])]
        self.folded = " ".join(word for word, _ in self.words)

    def spots(self, terms: Sequence[Term]) -> list[Spot]:
        """Return where the terms stand, from left to right. Characters that fold to several stay together."""
        spelled = (spelling for term in terms for spelling in term.spellings if " ".join(spelling) in self.folded)
        spots: list[Spot] = []
        for first, last in sorted({spot for spelling in spelled for spot in self._spots(spelling)}):
            if not spots or first >= spots[-1][1]:
                spots.append((first, last))
        return spots

    def _spots(self, spelling: tuple[str, ...]) -> Iterator[Spot]:
        *before, last = spelling
        for at, (word, (_, end)) in enumerate(self.words):
            if word == last or (len(last) >= SHORTEST_BEGINNING and word.startswith(last)):
                first = at - len(before)
                if first >= 0 and [each for each, _ in self.words[first:at]] == before:
                    yield self.words[first][1][0], end


def marked_text(text: str, terms: Sequence[Term]) -> list[MarkedPart]:
    """Return the whole text in parts."""
    one = FoldedText(text)
    return list(_parts(one.text, one.spots(terms), 0, len(one.text)))


def matches(fields: FieldValues, terms: Sequence[Term], shown: str = "") -> list[Match]:
    """Return excerpts of the values that have the terms, without terms that stand in the text that is shown anyway."""
    texts = [(name, FoldedText(text)) for name, value in fields.items() for text in texts_of(value)]
    seen, found = FoldedText(shown), dict[int, Term]()
    for term in terms:
        # To the index, the end of a value and the beginning of the next one follow each other, too.
        is_split = not any(text.spots([term]) for _, text in texts)
        for part in term.apart() if is_split else [term]:
            has_it = (number for number, (_, text) in enumerate(texts) if text.spots([part]))
            if not seen.spots([part]) and (number := next(has_it, None)) is not None:
                found.setdefault(number, part)
    return [
        Match(texts[number][0], _excerpt(texts[number][1], [part, *terms]))
        for number, part in list(found.items())[:MOST_VALUES]
    ]


def _excerpt(text: FoldedText, terms: Sequence[Term]) -> list[MarkedPart]:
    """Return the part of the text around the first of the terms."""
    first = text.spots(terms[:1])[0][0]
    start = text.text.find(" ", first - LEAD, first) + 1 if first > LEAD else 0
    end = start + LENGTH
    spots = [spot for spot in text.spots(terms) if start <= spot[0] and spot[1] <= end]
    parts = _parts(text.text, spots, start, min(end, len(text.text)))
    before, after = (["…"] if start else []), (["…"] if end < len(text.text) else [])
    return [*map(MarkedPart, before), *parts, *map(MarkedPart, after)]


def _parts(text: str, spots: Sequence[Spot], start: int, end: int) -> Iterator[MarkedPart]:
    at = start
    for first, last in spots:
        if first > at:
            yield MarkedPart(text[at:first])
        yield MarkedPart(text[first:last], is_match=True)
        at = last
    if at < end:
        yield MarkedPart(text[at:end])
