"""Choices of fields, and the words that mean them.

A word means a choice if it is equal but for case, accents and spaces, or if a person corrected it in an earlier import.
"""

from collections import Counter
from functools import lru_cache

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.reading.plain_words import folded, without_accents

# Of a word that is learned or looked up.
LONGEST_WORD = 100
YES, NO = "true", "false"
# The words that the API itself takes.
BOOLEAN_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_YES_AND_NO = {
    **dict.fromkeys(("y", "on", "x", "✓", "✔", "j", "ja", "wahr", "oui", "vrai", "si"), YES),
    **dict.fromkeys(("n", "off", "nein", "falsch", "non", "faux"), NO),
}
# By field: the words, as they were learned, and their choices.
Words = dict[str, dict[str, str]]


def choices_of(known: Field) -> list[tuple[str, str]]:
    """Return the values and labels of a field's choices, or nothing for a field without choices."""
    if known.type == "boolean":
        return [(YES, "Yes"), (NO, "No")]
    if known.type == "select":
        return [(choice, choice) for choice in known.choices]
    return []


def label_of(known: Field | None, choice: str) -> str:
    return dict(choices_of(known)).get(choice, choice) if known else choice


def is_choice(known: Field, text: str) -> bool:
    """Return whether the field accepts the text as it is."""
    if known.type == "boolean":
        return text.strip().lower() in BOOLEAN_WORDS
    return text in known.choices


def same_choice(known: Field, text: str) -> str:
    """Return the choice that differs from `text` only in case, accents, spaces or language, or an empty string."""
    if known.type == "boolean":
        return _YES_AND_NO.get(text.strip()) or _YES_AND_NO.get(without_accents(text), "")
    return _choices_by_word(tuple(known.choices)).get(without_accents(text), "") if known.type == "select" else ""


@lru_cache(maxsize=64)
def _choices_by_word(choices: tuple[str, ...]) -> dict[str, str]:
    """Return the choices by their text without case and accents. Two equal ones mean nothing."""
    counts = Counter(map(without_accents, choices))
    return {without_accents(choice): choice for choice in choices if counts[without_accents(choice)] == 1}


class Meanings:
    """The choices that the words of one file mean. `used` collects the learned words that were met."""

    def __init__(self, words: Words) -> None:
        self._learned = {
            name: {folded(word): (word, choice) for word, choice in each.items()} for name, each in words.items()
        }
        self.used: Words = {}

    def choice(self, known: Field, text: str) -> str:
        """Return the choice that a text means, or "" if the text is a choice itself or matches none."""
        if not choices_of(known) or not 0 < len(text) <= LONGEST_WORD or is_choice(known, text):
            return ""
        if same := same_choice(known, text):
            return same
        word, choice = self._learned.get(known.name, {}).get(folded(text), ("", ""))
        if choice:
            self.used.setdefault(known.name, {})[word] = choice
        return choice
