"""Find a text in a column, and replace it in all rows that were not sent."""

from dataclasses import dataclass

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.entry.rows.cells import RowTexts, stored_text
from pipelines_portal.entry.rows.checking import RECHECKED_AT_ONCE
from pipelines_portal.entry.rows.fixing import LONGEST_TEXT, FixOutcome, change_rows, edit_row

# Rows in which text is replaced. Skipped rows stay as they are.
REPLACEABLE = (
    ImportRow.Status.READY,
    ImportRow.Status.TO_FIX,
    ImportRow.Status.TO_LOOK,
    ImportRow.Status.DUPLICATE,
    ImportRow.Status.REJECTED,
)
# To find in, and to put into, a part of a cell.
LONGEST_PART = 1_000


@dataclass(frozen=True)
class Replacement:
    """A text to find in a column, and the text to put in its place.

    A cell stays as it is if more than 200,000 characters would be in it.
    """

    known: Field
    find: str
    put: str
    is_whole_cell: bool = True
    is_case_sensitive: bool = False

    def apply(self, text: str) -> str:
        if self.is_whole_cell:
            return self.put if self._without_case(text.strip()) == self._without_case(self.find.strip()) else text
        places = self._places(text)
        longer = len(places) * (len(self.put) - len(self.find))
        if not places or (longer > 0 and len(text) + longer > LONGEST_TEXT):
            return text
        starts = [0, *(place + len(self.find) for place in places)]
        return self.put.join(text[start:end] for start, end in zip(starts, [*places, len(text)], strict=True))

    def _places(self, text: str) -> list[int]:
        """Return where the text to find begins. Takes linear time, which a pattern that ignores case does not."""
        searched, find = self._without_case(text), self._without_case(self.find)
        places, place = list[int](), searched.find(find) if find else -1
        while place >= 0:
            places.append(place)
            place = searched.find(find, place + len(find))
        return places

    def _without_case(self, text: str) -> str:
        """Return the text, in small letters if case is ignored. Each character stays at its place."""
        return text if self.is_case_sensitive else text.replace("İ", "i").lower().replace("ς", "σ")


def find_rows(import_job: ImportJob, replacement: Replacement) -> list[int]:
    """Return the numbers of the rows that a replacement would change."""
    row_texts = RowTexts(import_job)
    rows = import_job.rows.filter(status__in=REPLACEABLE).defer("fields").iterator(RECHECKED_AT_ONCE)
    found = ((row.number, row_texts.text(replacement.known, row)) for row in rows)
    return [number for number, text in found if replacement.apply(text) != text]


def replace_in_rows(import_job: ImportJob, by: User, replacement: Replacement) -> FixOutcome:
    """Replace a text in a column of all rows that were not sent. Raise CannotChange."""
    row_texts, now = RowTexts(import_job), timezone.now()

    def replace(row: ImportRow) -> bool:
        old = row_texts.text(replacement.known, row)
        new = replacement.apply(old)
        return new != old and edit_row(
            row, {replacement.known.name: stored_text(replacement.known, new, row_texts.of_file, now)}
        )

    label = f"Replace “{replacement.find}” with “{replacement.put}”"
    # The search takes longer than the change, which reads each row once more. So it is made only once.
    found = find_rows(import_job, replacement)
    return change_rows(import_job, by, label, lambda: found, replace)
