"""Checking rows again after a person changed them: all of it is made out first, and then written at once, for whoever
writes keeps others from writing.
"""

from pipelines_portal.api_client import Schema
from pipelines_portal.entry.imports.checking import Judged, judged_row, settle_duplicates, write_judged
from pipelines_portal.entry.imports.errors import ErrorGroups, forget_errors
from pipelines_portal.entry.imports.matching import Matching
from pipelines_portal.entry.imports.row_values import RowReader
from pipelines_portal.entry.models import ImportJob, ImportRow

BATCH = 2_000
Before = tuple[str, object]


class Recheck:
    """Rows as they are to be, and those that were taken for duplicates of one of them. None is in a submission."""

    def __init__(self, import_job: ImportJob) -> None:
        self.import_job = import_job
        self._reader = RowReader(Schema.model_validate(import_job.schema), Matching.of(import_job.matching))
        # By number: what a check says of each, and its state and submission when it was read.
        self._judged: dict[int, Judged] = {}
        self._before: dict[int, Before] = {}

    def add(self, row: ImportRow, before: Before) -> None:
        self._judged[row.number] = judged_row(row, self._reader.read(row.cells, row.edits))
        self._before[row.number] = before

    def settle(self) -> None:
        """Call when all are added."""
        self._add_duplicates()
        judged = [self._judged[number] for number in sorted(self._judged)]
        settle_duplicates(
            self.import_job, judged, self._first_rows({each.row.digest for each in judged if each.row.digest})
        )

    def is_as_read(self) -> bool:
        """Whether nothing happened to any of the rows since. They are locked: call in a transaction."""
        keys, now = [each.row.pk for each in self._judged.values()], dict[int, Before]()
        for start in range(0, len(keys), BATCH):
            rows = ImportRow.objects.select_for_update().filter(pk__in=keys[start : start + BATCH]).order_by()
            now |= {
                number: (status, sent) for number, status, sent in rows.values_list("number", "status", "submission")
            }
        return now == self._before

    def write(self) -> None:
        """Call in a transaction."""
        forget_errors(self.import_job, list(self._judged))
        to_fix = {n: each.faults for n, each in self._judged.items() if each.row.status == ImportRow.Status.TO_FIX}
        ErrorGroups(self.import_job).add(to_fix)
        write_judged(self._judged.values())

    def _add_duplicates(self) -> None:
        same = self.import_job.rows.filter(status=ImportRow.Status.DUPLICATE, duplicate_of_row__isnull=False).order_by(
            "number"
        )
        found = [number for number, first in same.values_list("number", "duplicate_of_row") if first in self._judged]
        wanted = [number for number in found if number not in self._judged]
        for start in range(0, len(wanted), BATCH):
            for row in self.import_job.rows.filter(number__in=wanted[start : start + BATCH]):
                self.add(row, state_of(row))

    def _first_rows(self, digests: set[str]) -> dict[str, int]:
        """Rows of the file, others than these, that have the same values: the first of each digest."""
        wanted, first = list(digests), dict[str, int]()
        for start in range(0, len(wanted), BATCH):
            others = self.import_job.rows.filter(digest__in=wanted[start : start + BATCH]).exclude(
                status=ImportRow.Status.SET_ASIDE
            )
            for digest, number in others.order_by("number").values_list("digest", "number"):
                if number not in self._judged:
                    first.setdefault(digest, number)
        return first


def state_of(row: ImportRow) -> Before:
    return row.status, row.submission_id
