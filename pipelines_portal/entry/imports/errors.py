"""Faults of rows, grouped so that one decision mends many of them."""

from collections import Counter, defaultdict

from pipelines_portal.core.json_text import cleaned
from pipelines_portal.entry.imports.row_values import Fault
from pipelines_portal.entry.models import ErrorGroup, ImportJob, RowError
from pipelines_portal.submissions.digests import digest_of

# Beyond that many values with the same fault in the same field, a group a value would help nobody.
MOST_VALUES = 50
LONGEST_VALUE = 200
BATCH = 2_000


class ErrorGroups:
    """Collects the faults of rows, batch by batch."""

    def __init__(self, import_job: ImportJob) -> None:
        self._of = import_job
        self._groups: dict[tuple[str, str], int] = {}
        self._values: Counter[tuple[str, str]] = Counter()
        for group in import_job.error_groups.all():
            self._groups[group.field_name, group.digest] = group.pk
            if group.value:
                self._values[group.field_name, group.message] += 1

    def add(self, faults_of_rows: dict[int, list[Fault]]) -> None:
        """By row number. Call in a transaction, at most once a row."""
        numbers: dict[int, dict[int, None]] = defaultdict(dict)
        for number, faults in faults_of_rows.items():
            for fault in faults:
                numbers[self._group(fault)][number] = None
        errors = [RowError(group_id=group, number=number) for group, of_group in numbers.items() for number in of_group]
        RowError.objects.bulk_create(errors, BATCH)

    def _group(self, fault: Fault) -> int:
        value = fault.value[:LONGEST_VALUE]
        key = (fault.field, _digest(fault.message, value))
        if value and key not in self._groups and self._values[fault.field, fault.message] >= MOST_VALUES:
            value, key = "", (fault.field, _digest(fault.message, ""))
        if key not in self._groups:
            self._groups[key] = self._made(fault, key[1], value)
        return self._groups[key]

    def _made(self, fault: Fault, digest: str, value: str) -> int:
        self._values[fault.field, fault.message] += bool(value)
        fault_of_group = {"field_name": fault.field[:200], "message": cleaned(fault.message), "value": cleaned(value)}
        return ErrorGroup.objects.create(import_job=self._of, digest=digest, **fault_of_group).pk


def forget_errors(import_job: ImportJob, numbers: list[int]) -> None:
    """Of these rows, and groups that are empty then. Call in a transaction."""
    if not numbers:
        return
    for start in range(0, len(numbers), BATCH):
        RowError.objects.filter(group__import_job=import_job, number__in=numbers[start : start + BATCH]).delete()
    import_job.error_groups.filter(errors=None).delete()


def _digest(message: str, value: str) -> str:
    return digest_of({"message": message, "value": value})
