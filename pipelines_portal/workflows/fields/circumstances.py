"""How texts are meant: who wrote them where, and what their words mean."""

from dataclasses import dataclass
from datetime import datetime

from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.fields.reading.plain_words import folded

# Of a word that is learned or looked up.
LONGEST_WORD = 100
# By field: the words, as they were learned, and their choices.
Words = dict[str, dict[str, str]]


class Meanings:
    """The choices that the words of one file mean, as people corrected them in an earlier import.

    `used` collects those that were met.
    """

    def __init__(self, words: Words) -> None:
        self._learned = {
            name: {folded(word): (word, choice) for word, choice in each.items()} for name, each in words.items()
        }
        self.used: Words = {}

    def learned(self, name: str, text: str) -> str:
        """Return the choice of a field that a word means, or ""."""
        word, choice = self._learned.get(name, {}).get(folded(text), ("", ""))
        if choice:
            self.used.setdefault(name, {})[word] = choice
        return choice


@dataclass(frozen=True)
class Circumstances:
    """How texts are meant: the notation, the time zone, "" if it is not known, and the learned words of a file.

    Words such as "yesterday" mean days before or after `now`; without it they are no dates.
    """

    notation: Notation
    zone: str
    now: datetime | None = None
    meanings: Meanings | None = None
