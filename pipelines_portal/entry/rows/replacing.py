"""Find a text in a column, and replace it in all rows that were not sent."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.rows.cells import RowTexts, stored_text
from pipelines_portal.entry.rows.checking import RECHECKED_AT_ONCE
from pipelines_portal.entry.rows.fixing import LONGEST_TEXT, FixOutcome, change_rows, edit_row
from pipelines_portal.entry.rows.row_list import shown_texts
from pipelines_portal.workflows.fields.date_time import clock_texts, time_of
from pipelines_portal.workflows.fields.reading.times import reading

YEAR = re.compile(r"\b[0-9]{4}\b")
# Rows in which text is replaced. Skipped rows stay as they are.
REPLACEABLE = (
    Row.Status.READY,
    Row.Status.TO_FIX,
    Row.Status.TO_LOOK,
    Row.Status.DUPLICATE,
    Row.Status.REJECTED,
)
# To find in, and to put into, a part of a cell.
LONGEST_PART = 1_000


@dataclass(frozen=True)
class Replacement:
    """A text to find in a column, and the text to put in its place.

    What a cell shows is searched, and a whole cell is also found by the text as which it is edited. A cell stays as it
    is if more than 200,000 characters would be in it.
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

    def replaced(self, row: Row, row_texts: RowTexts) -> str | None:
        """Return the new text of the row's cell, or None if it stays as it is."""
        text = row_texts.text(self.known, row)
        kind = row_texts.types[self.known.name]
        shown, edited = shown_texts(kind, text, row_texts)
        if kind.is_number:  # a file may write them in another way than the person
            shown = edited
        is_part_of_time = kind.is_time and not self.is_whole_cell and shown != text
        if (new := self.apply(shown)) != shown:
            time = time_of(text, row_texts.matching.notation) if is_part_of_time else None
            return _with_hidden_parts(new, shown, time) if time else new
        if is_part_of_time and shown != edited and edited != text:  # a year that the cell does not show is not found
            return None
        new = self.apply(edited)
        return None if new == edited else new

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


def _with_hidden_parts(new: str, shown: str, time: datetime) -> str:
    """Return a changed time with the year and the seconds that its cell did not show, if it still reads as a time."""
    edited = clock_texts(time)[1]
    year, seconds = edited[:4], edited[len("2026-11-28 00:30") :]
    words = new.split(" ")
    for clock in (words[-1:], words[-2:]):  # "9:00" and "9:00 pm"
        day = words[: -len(clock)]
        texts = [*day, *([] if year in shown or YEAR.search(new) else [year]), *clock]
        for text in (" ".join(texts) + seconds, " ".join(texts)):
            if day and reading(text, time.replace(tzinfo=None)):
                return text
    return new


def find_rows(sheet: Sheet, replacement: Replacement) -> list[int]:
    """Return the numbers of the rows that a replacement would change."""
    row_texts = RowTexts(sheet)
    rows = sheet.rows.filter(status__in=REPLACEABLE).defer("fields").iterator(RECHECKED_AT_ONCE)
    return [row.number for row in rows if replacement.replaced(row, row_texts) is not None]


def replace_in_rows(sheet: Sheet, by: User, replacement: Replacement) -> FixOutcome:
    """Replace a text in a column of all rows that were not sent. Raise CannotChange."""
    row_texts, now = RowTexts(sheet), timezone.now()

    def replace(row: Row) -> bool:
        new = replacement.replaced(row, row_texts)
        return new is not None and edit_row(
            row, {replacement.known.name: stored_text(replacement.known, new, row_texts.of_file, now)}
        )

    label = f"Replace “{replacement.find}” with “{replacement.put}”"
    # The search takes longer than the change, which reads each row once more. So it is made only once.
    found = find_rows(sheet, replacement)
    return change_rows(sheet, by, label, found, replace)
