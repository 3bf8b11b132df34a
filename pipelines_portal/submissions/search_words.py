"""The words of a row, folded: "Übergrößen" and "ubergrossen" are the same. And the terms of a search, made of words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines_portal.core.unicode_forms import normalize
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.fields.reading.words import texts_of, words_in

# Of one row, in letters. A longer text is found by what it begins with.
LONGEST_TEXT = 100_000
# A shorter word is found whole alone.
SHORTEST_BEGINNING = 3


def words_of(fields: FieldValues) -> list[str]:
    """Return the words of a row's values in order."""
    return list(words_in("\n".join(texts_of(fields))[:LONGEST_TEXT]))


@dataclass(frozen=True)
class Term:
    """Something to search for, without a space: one word, or several in a row as those of "1240.5".

    `spellings` are the ways in which a text may have it, as typed first.
    """

    spellings: tuple[tuple[str, ...], ...]

    @property
    def words(self) -> tuple[str, ...]:
        return self.spellings[0]

    def apart(self) -> "list[Term]":
        """Return a term of each word."""
        return [Term(((word,),)) for word in self.words]


MOST_WORDS = 10
# "ue" is not an umlaut in "Steuer", "Quelle" or "treue", nor is it at the end of "value".
_SPELLED_UMLAUT = re.compile(r"(?:(?<=[ao])|(?<=(?<![aeq])u))e(?=[^\W\d_])")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
MOST_UMLAUTS = 4
_NUMBER = re.compile(r"\W*(\d{1,3}(?:[.,'’]\d{3})+|\d+)(?:[.,](\d{1,6}))?\W*")


def terms_in(text: str) -> list[Term]:
    """Return the terms of a search, in the order in which they were typed. They have at most MOST_WORDS words."""
    terms, left = [], MOST_WORDS
    for typed in text.split():
        words = tuple(words_in(typed))[:left]
        left -= len(words)
        if words:
            spellings = [words, *(tuple(words_in(other)) for other in (*_umlauts(typed), *_numbers(typed)))]
            terms.append(Term(tuple(dict.fromkeys(each[:MOST_WORDS] for each in spellings if each))))
    return terms


def _umlauts(typed: str) -> Iterator[str]:
    """Return "groesse" for "Größe", and the reverse: with all of its umlauts, and with each of them alone."""
    word = normalize("NFC", typed.casefold())
    yield word.translate(_UMLAUTS)
    spots = [match.start() for match in _SPELLED_UMLAUT.finditer(word)][:MOST_UMLAUTS]
    if spots:
        yield "".join(sign for at, sign in enumerate(word) if at not in spots)
    if len(spots) > 1:
        yield from (word[:at] + word[at + 1 :] for at in spots)


def _numbers(typed: str) -> Iterator[str]:
    """Return the same number without thousands separators, without zeros at its end, and with two decimals."""
    if not (match := _NUMBER.fullmatch(typed)):
        return
    whole, decimals = re.sub(r"\D", "", match[1]), (match[2] or "").rstrip("0")
    yield f"{whole}.{decimals}"
    if len(decimals) == 1:
        yield f"{whole}.{decimals}0"
