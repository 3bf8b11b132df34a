"""Reasons why rows are to be fixed: each error of a field once, with the number of rows that have it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry.models import ErrorGroup, RowError, Sheet
from pipelines_portal.workflows.fields import verdicts
from pipelines_portal.workflows.fields.reading.plain_words import plain
from pipelines_portal.workflows.fields.types import type_of

SHOWN_NUMBERS, SHOWN_VALUES = 3, 5
# If the API's messages quote values, there are as many reasons as rows.
MOST_SHOWN = 100
# The kinds of a reason: one wrong value, all rows with the same message, or of which the same rule warns.
ONE, ALIKE, RULE = "one", "alike", "rule"
SIMILAR = 0.7
# Kinds of errors that are not about what a cell has alone.
OF_NO_VALUE = (*verdicts.OF_FILE, verdicts.BROKEN, verdicts.WARNING, verdicts.USED_BY_TASK)


@dataclass
class Reason:
    """An error of many rows. `known` is None if the rows themselves are wrong, or a field that no longer exists."""

    key: str
    groups: list[int]
    known: Field | None
    message: str
    count: int
    kind: str = ""
    # The message in a few words.
    short: str = ""
    values: list[str] = field(default_factory=list)
    # Whether these are the wrong words that were too many for a group each.
    is_rest: bool = False
    # The numbers of the first few rows.
    numbers: list[int] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.numbers)

    @property
    def label(self) -> str:
        return self.known.label if self.known else "Row"

    @property
    def what(self) -> str:
        """What is wrong, as the end of a sentence that begins with the field's label."""
        if self.is_warning or self.is_of_rule:
            return self._of_rule
        if self.known and self.values and type_of(self.known).choices:
            return "isn’t an option" if len(self.values) == 1 else "aren’t options"
        if self.is_rest:
            return "has other words that aren’t options"
        if self.kind in (verdicts.TWO_NUMBERS, verdicts.TWO_DAYS) and len(self.groups) > 1:
            return "can be read in two ways"
        if self.kind == verdicts.SERIAL and len(self.groups) > 1:
            return "may be Excel’s numbers of days"
        return self.message.removeprefix(self.known.label if self.known else "").strip().removesuffix(".")

    @property
    def _of_rule(self) -> str:
        """What a rule says. The `values` of a warning are what a list has in the place of what was typed."""
        if self.is_warning and self.values:
            return self.short if len(self.groups) == 1 else "differs from the list"
        said = self.short if self.is_warning else self.message.removeprefix(self.label).strip().removesuffix(".")
        return f"{said[:1].lower()}{said[1:]}"

    @property
    def is_warning(self) -> bool:
        return self.kind.startswith(verdicts.WARNING)

    @property
    def is_used_by_task(self) -> bool:
        """Whether tasks have the values, and the rows can become corrected copies of these."""
        return self.kind.startswith(verdicts.USED_BY_TASK)

    @property
    def rule(self) -> str:
        """The number of the rule that says so, or ""."""
        kind = self.kind.removeprefix(verdicts.WARNING).removeprefix(verdicts.BROKEN)
        return kind if kind != self.kind and kind.isdecimal() else ""

    @property
    def hint(self) -> str:
        """What the message says besides its few words."""
        return self.message.partition(". ")[2]

    @property
    def is_of_rule(self) -> bool:
        return self.kind.startswith(verdicts.BROKEN)

    @property
    def is_missing(self) -> bool:
        """Whether the cells are empty."""
        return self.kind == verdicts.MISSING

    @property
    def is_doubt(self) -> bool:
        """Whether the values can be read in two ways. Saying how they are written resolves it."""
        return self.kind in verdicts.OF_FILE


def reasons_in(groups: Iterable[Any], schema: Schema, *, is_typed: bool = False) -> list[Reason]:
    """Return the reasons, the most frequent first, and then the warnings.

    Each wrong word of a field with choices is a reason of its own, and so are a few wrong numbers or times, since no
    text is right for all of them. So is each text with two meanings among typed rows; a file has one question for all
    of them. Too many wrong words share a reason, which comes last.
    """
    groups, fields = list(groups), {known.name: known for known in schema.fields}
    alike = Counter(_alike(group) for group in groups)
    many = {_alike(group) for group in groups if not group.value}
    reasons: dict[tuple[str, str, str], Reason] = {}
    for group in groups:
        known, likeness = fields.get(group.field_name), _alike(group)
        is_few = alike[likeness] <= SHOWN_VALUES and likeness not in many and not group.kind.startswith(OF_NO_VALUE)
        kind = type_of(known) if known else None
        is_one = kind is not None and (bool(kind.choices) or (is_few and (kind.is_number or kind.is_time)))
        is_one |= is_typed and group.kind in verdicts.OF_FILE
        is_one &= not (group.problem.is_used_by_task or group.problem.is_warning)
        _add(reasons, group, known, group.row_count, is_one=is_one)
    with_words = {(name, message) for name, message, value in reasons if value}
    for (name, message, value), reason in reasons.items():
        reason.is_rest = not value and (name, message) in with_words
    return sorted(reasons.values(), key=lambda reason: (reason.is_warning, reason.is_rest, -reason.count))


def groups_with_rows(sheet: Sheet) -> QuerySet[Any]:
    """Return the error groups that have rows, with the number of rows."""
    errors = RowError.objects.filter(group=OuterRef("pk")).order_by().values("group")
    count = Subquery(errors.annotate(number=Count("pk")).values("number"))
    return sheet.error_groups.annotate(row_count=count).filter(row_count__gt=0).order_by("pk")


def errors_by_field(groups: Iterable[Any], schema: Schema) -> list[tuple[Field, int]]:
    """Return the fields with errors and the number of their errors, the most first."""
    counts: Counter[str] = Counter()
    for group in groups:
        if not group.problem.is_warning:
            counts[group.field_name] += group.row_count
    found = [(known, counts[known.name]) for known in schema.fields if counts[known.name]]
    return sorted(found, key=lambda each: -each[1])


def add_row_numbers(reasons: list[Reason]) -> None:
    """Add the numbers of the first rows to the reasons that are shown, in one query."""
    errors = RowError.objects.filter(group=OuterRef("pk")).order_by("number").values("number")
    firsts = {f"first_{place}": Subquery(errors[place : place + 1]) for place in range(SHOWN_NUMBERS)}
    shown = [pk for reason in reasons[:MOST_SHOWN] for pk in reason.groups]
    groups = ErrorGroup.objects.filter(pk__in=shown).annotate(**firsts).values_list("pk", *firsts)
    by_group = {pk: numbers for pk, *numbers in groups}
    for reason in reasons[:MOST_SHOWN]:
        numbers = {number for pk in reason.groups for number in by_group.get(pk, ()) if number is not None}
        reason.numbers = sorted(numbers)[:SHOWN_NUMBERS]


def groups_of_reason(sheet: Sheet, key: str) -> list[ErrorGroup]:
    """Return the error groups of a reason, or none if they are gone."""
    return select_groups(list(sheet.error_groups.all()), key)


def select_groups(groups: list[ErrorGroup], key: str) -> list[ErrorGroup]:
    """Return those of `groups` that belong to a reason."""
    kind, _, number = key.partition("-")
    if kind == RULE:
        return [group for group in groups if group.problem.mark == key]
    named = next((group for group in groups if str(group.pk) == number), None)
    if named is None or kind == ONE:
        return [named] if named else []
    return [group for group in groups if _alike(group) == _alike(named)]


def _alike(group: ErrorGroup) -> tuple[str, str]:
    """Return what groups have in common that differ in their values only."""
    is_kind = group.kind in verdicts.OF_FILE or group.kind.startswith((verdicts.WARNING, verdicts.USED_BY_TASK))
    return group.field_name, group.kind if is_kind else group.message


def numbers_in_groups(groups: list[int]) -> QuerySet[RowError, int]:
    """Return the numbers of the rows in these groups, in order."""
    numbers = RowError.objects.filter(group__in=groups).order_by("number").values_list("number", flat=True)
    return numbers.distinct() if len(groups) > 1 else numbers


def numbers_with_error_in(sheet: Sheet, field: str) -> QuerySet[RowError, int]:
    """Return the numbers of the rows with an error in a field, in order."""
    numbers = (
        RowError.objects.filter(group__sheet=sheet, group__field_name=field)
        .order_by("number")
        .values_list("number", flat=True)
    )
    return numbers.distinct()


def near_choice(reason: Reason) -> str:
    """Return the choice that is most similar to the wrong word, or an empty string."""
    if reason.known is None or len(reason.values) != 1 or reason.is_of_rule or reason.is_used_by_task:
        return ""
    choices = {plain(word): choice for choice, label in type_of(reason.known).choices for word in (choice, label)}
    near = get_close_matches(plain(reason.values[0]), choices, 1, SIMILAR)
    return choices[near[0]] if near else ""


def _add(
    reasons: dict[tuple[str, str, str], Reason], group: ErrorGroup, known: Field | None, count: int, *, is_one: bool
) -> None:
    message, value = group.message, group.value
    place = (*_alike(group), value if is_one else "")
    if place not in reasons:
        key = group.problem.mark or f"{ONE if is_one else ALIKE}-{group.pk}"
        reasons[place] = Reason(key, [], known, message, 0, group.kind, group.short)
    reason = reasons[place]
    reason.groups.append(group.pk)
    reason.count += count
    if value and len(reason.values) < SHOWN_VALUES:
        reason.values.append(value)
