"""Conditions on what was sent, such as "channel:fax" and "gross:>25000", and whether they hold for a row."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines_portal.api_client import Field
from pipelines_portal.core.unicode_forms import fold
from pipelines_portal.submissions.search_words import MOST_WORDS, Term
from pipelines_portal.workflows.fields.conditions import CannotRead
from pipelines_portal.workflows.fields.reading.words import words_in
from pipelines_portal.workflows.fields.types import type_of

_COMPARED = re.compile(r"(>=|<=|>|<)?\s*(.*)", re.DOTALL)


@dataclass(frozen=True)
class ValueTest:
    """A condition on the value of a field. `term` has words that a row must contain, for the search index."""

    name: str
    holds: Callable[[Any], bool]
    is_not: bool = False
    term: Term | None = None

    def matches(self, fields: dict[str, Any]) -> bool:
        return self.holds(fields.get(self.name)) != self.is_not


def matches_all(tests: Iterable[ValueTest], fields: dict[str, Any]) -> bool:
    return all(test.matches(fields) for test in tests)


def field_called(name: str, fields: Sequence[Field]) -> Field | None:
    """Return the field with this name, or else the only one with this title. Case, spaces and signs don't matter."""
    wanted = bare(name)
    named = [known for known in fields if bare(known.name) == wanted]
    titled = [known for known in fields if bare(known.title) == wanted]
    return named[0] if named else titled[0] if len(titled) == 1 else None


def bare(name: str) -> str:
    return "".join(sign for sign in fold(name) if sign.isalnum())


def read_test(known: Field, name: str, text: str, *, is_not: bool) -> ValueTest:
    """Return the condition that `name:text` means. Raise CannotRead with a sentence if it means none."""
    kind, found = type_of(known), _COMPARED.fullmatch(text)
    sign, value = (found[1] or "", found[2].strip()) if found else ("", text)
    if not value:
        raise CannotRead(f"Enter a value, for example {name}:{sign}{kind.example}.")
    holds = kind.condition(name, sign, value)
    return ValueTest(known.name, holds, is_not, _term(value) if kind.has_words and not is_not else None)


def _term(value: str) -> Term | None:
    words = tuple(words_in(value))[:MOST_WORDS]
    return Term((words,)) if words else None
