"""What the words of a file mean where a field takes only a few: "french" is French, "ja" may be yes."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry.imports.headers import plain
from pipelines_portal.entry.imports.matching import Matching, folded
from pipelines_portal.spreadsheets.cells import Lines, text_of
from pipelines_portal.workflows.fields.choices import BOOLEAN_WORDS

MOST_WORDS = 200
LONGEST_WORD = 100
Words = dict[str, Counter[str]]


@dataclass(frozen=True)
class Word:
    """One that is no choice of its field, and how many rows have it."""

    text: str
    count: int

    @property
    def key(self) -> str:
        """For the name of its input."""
        return hashlib.sha256(folded(self.text).encode()).hexdigest()[:16]


def choices_of(known: Field) -> list[tuple[str, str]]:
    """What is sent, and what people see of it; empty for a field that takes anything."""
    if known.type == "boolean":
        return [("true", "Yes"), ("false", "No")]
    if known.type == "select":
        return [(choice, choice) for choice in known.choices]
    return []


def words_of(schema: Schema, matching: Matching, blocks: Callable[[], Iterator[Lines]]) -> dict[str, list[Word]]:
    """By field, the words of its column that are no choice, the most frequent first, and at most so many."""
    places = matching.places()
    wanted = [(known, places[known.name]) for known in schema.fields if known.name in places and choices_of(known)]
    counted: Words = {known.name: Counter() for known, _ in wanted}
    for number, lines in enumerate(blocks() if wanted else ()):
        for _, cells in lines[0 if number else matching.header_line + 1 :]:
            for known, place in wanted:
                if place < len(cells):
                    _count(counted[known.name], text_of(cells[place]))
    return {known.name: _others(known, counted[known.name]) for known, _ in wanted}


def _count(counter: Counter[str], text: str) -> None:
    """A column of too many words is hardly one of choices: those that came first are counted."""
    if text in counter or len(counter) < MOST_WORDS * 5:
        counter[text] += 1


def _others(known: Field, counter: Counter[str]) -> list[Word]:
    words: dict[str, Word] = {}
    for text, count in counter.items():
        if text.strip() and len(text) <= LONGEST_WORD and not _is_choice(known, text):
            before = words.get(folded(text))
            words[folded(text)] = Word(before.text if before else text, count + (before.count if before else 0))
    return sorted(words.values(), key=lambda word: -word.count)[:MOST_WORDS]


def _is_choice(known: Field, text: str) -> bool:
    if known.type == "boolean":
        return text.strip().lower() in BOOLEAN_WORDS
    return text in known.choices


def same_choice(known: Field, text: str) -> str:
    """The choice that differs from `text` in case, accents and spaces only, by what is sent or seen; else ""."""
    wanted = plain(text)
    found = {choice for choice, label in choices_of(known) if wanted in (plain(choice), plain(label))}
    return found.pop() if len(found) == 1 else ""


def meant_words(
    schema: Schema, words: dict[str, list[Word]], remembered: dict[str, dict[str, str]]
) -> tuple[dict[str, dict[str, str]], int]:
    """What is known of them, by field, as Matching.words; and how many are left to ask about."""
    fields = {known.name: known for known in schema.fields}
    meant: dict[str, dict[str, str]] = {}
    asked = 0
    for name, of_field in words.items():
        values = {choice for choice, _ in choices_of(fields[name])}
        for word in of_field:
            before = remembered.get(name, {}).get(folded(word.text), "")
            choice = before if before in values else same_choice(fields[name], word.text)
            if choice:
                meant.setdefault(name, {})[folded(word.text)] = choice
            asked += not choice
    return meant, asked
