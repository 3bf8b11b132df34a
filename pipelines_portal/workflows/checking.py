"""The one check of what people type and bring in files. Whatever road a value takes, its verdict is the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pipelines_portal.api_client import Field
from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.circumstances import Circumstances, Meanings
from pipelines_portal.workflows.fields.field_values import is_blank
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.fields.verdicts import MISSING, Problem, Verdict, Wrong
from pipelines_portal.workflows.rules.judge import NOT_ACCEPTED, Accepted, Rule, Rules

MOST_CACHED, LONGEST_CACHED = 20_000, 200


@dataclass(frozen=True)
class Native:
    """A value of a spreadsheet or of JSON, and the text that is shown for it."""

    value: Any
    text: str


@dataclass(frozen=True)
class Unusable:
    """A cell that no field takes, such as an error of a spreadsheet."""

    short: str
    sentence: str
    text: str


Entered = str | Native | Unusable


def check_row(
    fields: Sequence[Field],
    typed: Mapping[str, Entered],
    notation: Notation,
    zone: str,
    now: datetime | None,
    rules: Sequence[Rule] = (),
    accepted: Accepted = NOT_ACCEPTED,
) -> Verdict:
    """Return the values that are sent for the texts, by field, and what is wrong with them."""
    return RowCheck(fields, notation, zone, now, rules=rules).row(typed, accepted)


class RowCheck:
    """Checks many rows alike. Texts are judged once, since most columns repeat themselves."""

    def __init__(
        self,
        fields: Sequence[Field],
        notation: Notation,
        zone: str,
        now: datetime | None = None,
        meanings: Meanings | None = None,
        rules: Sequence[Rule] = (),
    ) -> None:
        self._about = Circumstances(notation, zone, now, meanings)
        self._types = {known.name: type_of(known) for known in fields}
        self._rules = Rules(rules, fields) if rules else None
        self._cached: dict[str, dict[str, Judged]] = {known.name: {} for known in fields}

    def row(self, typed: Mapping[str, Entered], accepted: Accepted = NOT_ACCEPTED) -> Verdict:
        verdict = Verdict()
        for name, kind in self._types.items():
            value, problem = self._judged(kind, typed.get(name, ""))
            if problem:
                verdict.problems.append(problem)
            elif not is_blank(value):
                verdict.values[name] = value
        if self._rules and (verdict.values or verdict.problems):
            self._rules.judge(verdict, datetime.now(UTC), accepted)
        return verdict

    def field(self, known: Field, entered: Entered) -> "Judged":
        """Return the value of a field, or its problem."""
        return self._judged(self._types[known.name], entered)

    def _judged(self, kind: FieldType, entered: Entered) -> "Judged":
        if not isinstance(entered, str) or len(entered) > LONGEST_CACHED:
            return self._judge(kind, entered)
        cached = self._cached[kind.field.name]
        if entered not in cached:
            if len(cached) > MOST_CACHED:
                cached.clear()
            cached[entered] = self._judge(kind, entered)
        return cached[entered]

    def _judge(self, kind: FieldType, entered: Entered) -> "Judged":
        known = kind.field
        text = entered if isinstance(entered, str) else entered.text
        if isinstance(entered, Unusable):
            return Judged(problem=Problem(known.name, "cell", entered.short, entered.sentence, text))
        plain = entered.value if isinstance(entered, Native) else entered
        if is_blank(plain):
            missing = Problem(known.name, MISSING, "Required", f"{known.label} is missing{kind.how_to_fill}.")
            return Judged(problem=missing if known.required else None)
        try:
            value = kind.read(plain, self._about)
        except Wrong as wrong:
            return Judged(problem=wrong.about(known.name, text))
        return Judged(value)


class Judged(NamedTuple):
    """The value of one text or its problem."""

    value: Any = None
    problem: Problem | None = None
