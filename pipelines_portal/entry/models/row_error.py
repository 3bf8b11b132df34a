"""Errors of rows. Equal errors form a group, so that a person can fix many rows with one decision."""

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, ClassVar
from zlib import crc32

from django.db import models

from pipelines_portal.core.json_text import cleaned
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.workflows.fields.verdicts import (
    BROKEN,
    NO_ZONE,
    OF_FILE,
    USED_BY_TASK,
    WARNING,
    Answer,
    Problem,
)

if TYPE_CHECKING:
    from pipelines_portal.entry.models.sheet import Sheet

# A field with more wrong values than this gets one group for the rest: a group for each value would help nobody.
MOST_VALUES = 50
LONGEST_VALUE = 200
# In place of a question about each of too many texts with two meanings.
MANY_MEANINGS = "These can be read in two ways."
BATCH = 2_000
# The kinds of problems of rules, whose sentences may differ.
OF_RULES = (BROKEN, WARNING, USED_BY_TASK)


class ErrorGroup(models.Model):
    """Rows with the same error in the same field. A `value` is stored if all of them have it."""

    sheet = models.ForeignKey("Sheet", models.CASCADE, related_name="error_groups", db_index=False)
    field_name = models.CharField(max_length=200, blank=True)
    message = models.TextField()
    # The kind of problem, and the same in at most three words.
    kind = models.CharField(max_length=20, blank=True, default="")
    short = models.CharField(max_length=60, blank=True, default="")
    value = models.CharField(max_length=200, blank=True)
    # The hash of kind, message and value, which are too long for an index.
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sheet", "field_name", "digest"], name="a_fault_is_grouped_once")
        ]

    @property
    def problem(self) -> Problem:
        """The problem that its rows share. The mark of a warning names its line under the grid: see rows.reasons."""
        number = self.kind.removeprefix(WARNING) if self.kind.startswith(WARNING) else ""
        return Problem(
            self.field_name,
            self.kind,
            self.short,
            self.message,
            self.value,
            (Answer(f"Use “{self.value}”", self.value),) if number and self.value else (),
            int(number or 0),
            number and f"rule-{number}-{crc32(self.field_name.encode()):x}",
        )


class RowError(models.Model):
    """A row in a group."""

    group = models.ForeignKey(ErrorGroup, models.CASCADE, related_name="errors", db_index=False)
    number = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["group", "number"], name="a_row_is_in_a_group_once")]


class ErrorGrouping:
    """Stores faults in the groups of an import, batch by batch."""

    def __init__(self, sheet: "Sheet") -> None:
        self._sheet = sheet
        self._is_read = False
        self._groups: dict[tuple[str, str], int] = {}
        self._values: Counter[tuple[str, str]] = Counter()

    def add(self, errors_by_row: dict[int, list[Problem]]) -> None:
        """Store the faults of rows, by row number. Call in a transaction, at most once for each row."""
        if not errors_by_row:
            return
        if not self._is_read:
            self._read_groups()
        numbers: dict[int, dict[int, None]] = defaultdict(dict)
        for number, problems in errors_by_row.items():
            for problem in problems:
                numbers[self._find_group(problem)][number] = None
        errors = [RowError(group_id=group, number=number) for group, rows in numbers.items() for number in rows]
        RowError.objects.bulk_create(errors, BATCH)

    def _read_groups(self) -> None:
        self._is_read = True
        for group in self._sheet.error_groups.all():
            self._groups[group.field_name, group.digest] = group.pk
            if group.value or group.kind.startswith(OF_RULES):
                self._values[_alike(group.problem)] += 1

    def _find_group(self, problem: Problem) -> int:
        value, message, short = _grouped_value(problem), problem.sentence, problem.short
        key, tells_apart = (problem.field, _digest(problem.kind, message, value)), bool(value or problem.common)
        if tells_apart and key not in self._groups and self._values[_alike(problem)] >= MOST_VALUES:
            message = MANY_MEANINGS if problem.kind in OF_FILE - {NO_ZONE} else problem.common or message
            value, short = "", ("Differs" if problem.is_warning else "Used already") if problem.common else short
            key, tells_apart = (problem.field, _digest(problem.kind, message, "")), False
        if key not in self._groups:
            self._values[_alike(problem)] += tells_apart
            self._groups[key] = ErrorGroup.objects.create(
                sheet=self._sheet, field_name=problem.field[:200], message=cleaned(message),
                kind=problem.kind, short=cleaned(short)[:60], value=cleaned(value), digest=key[1],
            ).pk  # fmt: skip
        return self._groups[key]


def _grouped_value(problem: Problem) -> str:
    """Return the value that the rows of a group share: of a warning what a list has in its place, if that is known.

    Other rows with the same warning are looked at together.
    """
    value = problem.value if not problem.is_warning else problem.answers[0].text if problem.answers else ""
    return value[:LONGEST_VALUE]


def _alike(problem: Problem) -> tuple[str, str]:
    """Return what problems have in common that differ in their values only."""
    is_alike = problem.kind in OF_FILE or problem.kind.startswith(OF_RULES)
    return problem.field, problem.kind if is_alike else problem.sentence


def remove_errors(sheet: "Sheet", numbers: list[int]) -> None:
    """Remove the errors of these rows, and the groups that are empty then. Call in a transaction."""
    removed = 0
    for start in range(0, len(numbers), BATCH):
        errors = RowError.objects.filter(group__sheet=sheet, number__in=numbers[start : start + BATCH])
        removed += errors.delete()[0]
    if removed:
        sheet.error_groups.filter(errors=None).delete()


def replace_errors(sheet: "Sheet", numbers: list[int], errors_by_row: dict[int, list[Problem]]) -> None:
    """Store the faults of these rows in place of those they had. Rows that keep their errors are left alone.

    Call in a transaction.
    """
    before: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for start in range(0, len(numbers), BATCH):
        errors = RowError.objects.filter(group__sheet=sheet, number__in=numbers[start : start + BATCH])
        for number, name, digest in errors.values_list("number", "group__field_name", "group__digest"):
            before[number].add((name, digest))
    now = {
        number: {
            (problem.field[:200], _digest(problem.kind, problem.sentence, _grouped_value(problem)))
            for problem in problems
        }
        for number, problems in errors_by_row.items()
    }
    changed = [number for number in numbers if before.get(number, set()) != now.get(number, set())]
    remove_errors(sheet, [number for number in changed if number in before])
    ErrorGrouping(sheet).add({number: errors_by_row[number] for number in changed if number in errors_by_row})


def _digest(kind: str, message: str, value: str) -> str:
    return digest_of({"kind": kind, "message": message, "value": value})
