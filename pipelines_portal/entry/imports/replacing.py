"""Find and replace in a column, over all rows that are not sent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.entry.imports.fixing import Outcome, change_rows, type_over
from pipelines_portal.entry.imports.rechecking import BATCH
from pipelines_portal.entry.imports.shown_rows import RowTexts
from pipelines_portal.entry.models import ImportJob, ImportRow

# What is set aside stays as it is.
SEARCHED = (ImportRow.Status.READY, ImportRow.Status.TO_FIX, ImportRow.Status.DUPLICATE, ImportRow.Status.REJECTED)


@dataclass(frozen=True)
class Replacement:
    known: Field
    find: str
    put: str
    is_whole: bool = True
    is_case_kept: bool = False

    def replaced(self, text: str) -> str:
        """`text` where nothing of it is found."""
        return self._pattern().sub(lambda _: self.put, text)

    def _pattern(self) -> re.Pattern[str]:
        escaped = re.escape(self.find)
        whole = rf"\A\s*{escaped}\s*\Z" if self.is_whole else escaped
        return re.compile(whole, re.NOFLAG if self.is_case_kept else re.IGNORECASE)


def rows_with(import_job: ImportJob, replacement: Replacement) -> list[int]:
    """The numbers of the rows that would change."""
    return [row.number for row, old, new in _found(import_job, replacement) if old != new]


def replace_in_rows(import_job: ImportJob, by: User, replacement: Replacement) -> Outcome:
    """Raises CannotChange."""
    texts = RowTexts(import_job)

    def decide(row: ImportRow) -> bool:
        old = texts.of_field(replacement.known, row)
        new = replacement.replaced(old)
        return new != old and type_over(row, {replacement.known.name: new})

    label = f"replaced “{replacement.find}” by “{replacement.put}” in {{}}"
    # Looked for before: it takes longer than the change, which looks at each row once more.
    found = rows_with(import_job, replacement)
    return change_rows(import_job, by, label, lambda: found, decide)


def _found(import_job: ImportJob, replacement: Replacement) -> Iterator[tuple[ImportRow, str, str]]:
    texts = RowTexts(import_job)
    for row in import_job.rows.filter(status__in=SEARCHED).defer("fields").iterator(BATCH):
        old = texts.of_field(replacement.known, row)
        yield row, old, replacement.replaced(old)
