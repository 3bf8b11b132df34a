"""Why rows are to be fixed: the same fault in the same field once, and how many rows have it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry.imports.headers import plain
from pipelines_portal.entry.imports.words import choices_of
from pipelines_portal.entry.models import ErrorGroup, ImportJob, RowError

SHOWN_NUMBERS, SHOWN_VALUES = 3, 5
# An API whose messages quote the value has as many reasons as rows.
MOST_SHOWN = 100
ONE, ALIKE = "one", "alike"
NEAR = 0.7


@dataclass
class Reason:
    """`known` is None for what is wrong with rows as such, or with a field that there is no more."""

    key: str
    groups: list[int]
    known: Field | None
    message: str
    count: int
    values: list[str] = field(default_factory=list)
    # Rows of the file, the first few.
    numbers: list[int] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.numbers)

    @property
    def label(self) -> str:
        return self.known.label if self.known else "The row itself"


def reasons_in(groups: Iterable[Any], schema: Schema) -> list[Reason]:
    """The most frequent first. Where few values are possible each wrong one is a reason of its own, with its remedy."""
    fields = {known.name: known for known in schema.fields}
    reasons: dict[tuple[str, str, str], Reason] = {}
    for group in groups:
        _add(reasons, group, fields.get(group.field_name), group.row_count)
    return sorted(reasons.values(), key=lambda reason: -reason.count)


def groups_of(import_job: ImportJob) -> QuerySet[Any]:
    """Those that have rows, each with how many."""
    errors = RowError.objects.filter(group=OuterRef("pk")).order_by().values("group")
    count = Subquery(errors.annotate(number=Count("pk")).values("number"))
    return import_job.error_groups.annotate(row_count=count).filter(row_count__gt=0).order_by("pk")


def name_rows(reasons: list[Reason]) -> None:
    """Read the first few rows of those that are shown: of all groups at once each one's first few."""
    errors = RowError.objects.filter(group=OuterRef("pk")).order_by("number").values("number")
    firsts = {f"first_{place}": Subquery(errors[place : place + 1]) for place in range(SHOWN_NUMBERS)}
    shown = [pk for reason in reasons[:MOST_SHOWN] for pk in reason.groups]
    groups = ErrorGroup.objects.filter(pk__in=shown).annotate(**firsts).values_list("pk", *firsts)
    named = {pk: numbers for pk, *numbers in groups}
    for reason in reasons[:MOST_SHOWN]:
        numbers = {number for pk in reason.groups for number in named.get(pk, ()) if number is not None}
        reason.numbers = sorted(numbers)[:SHOWN_NUMBERS]


def groups_named(import_job: ImportJob, key: str) -> list[ErrorGroup]:
    """Those of a reason, by its key; none when they are gone."""
    return named_in(list(import_job.error_groups.all()), key)


def named_in(groups: list[ErrorGroup], key: str) -> list[ErrorGroup]:
    """As `groups_named`, of these."""
    kind, _, number = key.partition("-")
    named = next((group for group in groups if str(group.pk) == number), None)
    if named is None or kind == ONE:
        return [named] if named else []
    return [group for group in groups if _alike(group) == _alike(named)]


def _alike(group: ErrorGroup) -> tuple[str, str]:
    return group.field_name, group.message


def numbers_of(groups: list[int]) -> QuerySet[RowError, int]:
    """The rows that are in one of them, in order."""
    numbers = RowError.objects.filter(group__in=groups).order_by("number").values_list("number", flat=True)
    return numbers.distinct() if len(groups) > 1 else numbers


def numbers_with_fault_in(import_job: ImportJob, field: str) -> QuerySet[RowError, int]:
    """The rows with something wrong in the field, in order."""
    numbers = (
        RowError.objects.filter(group__import_job=import_job, group__field_name=field)
        .order_by("number")
        .values_list("number", flat=True)
    )
    return numbers.distinct()


def counts_by_field(reasons: list[Reason]) -> list[tuple[Field, int]]:
    """For the filters above the rows."""
    counted: dict[str, tuple[Field, int]] = {}
    for reason in reasons:
        if reason.known:
            before = counted.get(reason.known.name, (reason.known, 0))[1]
            counted[reason.known.name] = (reason.known, before + reason.count)
    return list(counted.values())


def near_choice(reason: Reason) -> str:
    """The choice that the wrong word most likely means, for a person to say so; "" when none is near."""
    if reason.known is None or len(reason.values) != 1:
        return ""
    choices = {plain(word): choice for choice, label in choices_of(reason.known) for word in (choice, label)}
    near = get_close_matches(plain(reason.values[0]), choices, 1, NEAR)
    return choices[near[0]] if near else ""


def _add(reasons: dict[tuple[str, str, str], Reason], group: ErrorGroup, known: Field | None, count: int) -> None:
    message, value = group.message, group.value
    is_one = known is not None and bool(choices_of(known))
    place = (group.field_name, message, value if is_one else "")
    if place not in reasons:
        reasons[place] = Reason(f"{ONE if is_one else ALIKE}-{group.pk}", [], known, message, 0)
    reason = reasons[place]
    reason.groups.append(group.pk)
    reason.count += count
    if value and len(reason.values) < SHOWN_VALUES:
        reason.values.append(value)
