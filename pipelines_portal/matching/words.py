"""Choices of fields, and the words of files that mean them.

A word means a choice if it is equal but for case, accents and spaces, or if a person corrected it in an earlier import.
"""

from collections import Counter
from functools import lru_cache

from pipelines_portal.api_client import Field
from pipelines_portal.matching.headers import folded, plain
from pipelines_portal.workflows.fields.choices import BOOLEAN_WORDS

# Of a word that is learned or looked up.
LONGEST_WORD = 100
# Words for yes and no in other languages. They are equal to the choice, like "TRUE".
YES, NO = "true", "false"
YES_AND_NO = {
    **dict.fromkeys(("y", "j", "ja", "wahr", "oui", "vrai", "si"), YES),
    **dict.fromkeys(("n", "nein", "falsch", "non", "faux"), NO),
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
    wanted = plain(text)
    if known.type == "boolean":
        return YES_AND_NO.get(wanted, "")
    return _choices_by_plain(tuple(known.choices)).get(wanted, "") if known.type == "select" else ""


@lru_cache(maxsize=64)
def _choices_by_plain(choices: tuple[str, ...]) -> dict[str, str]:
    """Return the choices by their text without case and accents. Two equal ones mean nothing."""
    counts = Counter(map(plain, choices))
    return {plain(choice): choice for choice in choices if counts[plain(choice)] == 1}


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
