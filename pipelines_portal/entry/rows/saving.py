"""Save rows that a page posts: cells of the grid, or the form of one row.

A cell of the grid is saved only if it still holds what the page showed, and the form of a row only if nobody changed
the row since. What was typed and is not saved is shown to the person.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.entry import texts
from pipelines_portal.entry.models import ChangedRow, Row, Sheet
from pipelines_portal.entry.rows.cells import RowTexts, ShownRow, plain_line_ends, plain_text, show_rows, stored_text
from pipelines_portal.entry.rows.fixing import (
    LARGEST_NUMBER,
    LONGEST_TEXT,
    Changes,
    FixOutcome,
    edit_row,
    lock_changeable,
    skip_row,
)
from pipelines_portal.entry.rows.typed import add_rows, follow_zone, last_number
from pipelines_portal.entry.statuses import SENT
from pipelines_portal.web.parameters import number_in

# New rows have smaller numbers, so that there are always numbers after them.
LARGEST_NEW = 2_000_000_000
MOST_POSTED_ROWS = 200
# For a message that quotes a cell, and for a post with many such messages: the rest of them is one message.
QUOTED, MOST_PROBLEMS = 60, 5
# No page is offline for longer.
OLDEST = timedelta(days=366)
VERSION_PREFIX, VALUE_PREFIX = "was-", "v-"


class Unreadable(ValueError):
    """The page posted something else than cells."""


@dataclass(frozen=True)
class Cell:
    """The text that the page showed, the one that the person typed over it, and how many seconds ago.

    The form of a row knows the version of the row, and not what each cell showed.
    """

    before: str | None
    after: str
    age: int = 0


@dataclass
class PostedRow:
    """The cells of one row, by field.

    `is_new`: the page showed no such row. `is_limited`: longer texts are rejected. `version`: the row that the page
    showed, which is saved only as a whole. `is_skipped`: the row is skipped, too.
    """

    number: int
    cells: dict[str, Cell]
    is_new: bool = False
    is_limited: bool = False
    version: str = ""
    is_skipped: bool = False

    def is_too_long(self, name: str) -> bool:
        return self.is_limited and len(self.cells[name].after) > LONGEST_TEXT


@dataclass
class SavedRows:
    """The rows to show again, new numbers for those whose number was taken, and sentences about what was not saved.

    `stale` rows were changed by somebody else since their form was shown, and stay as they are.
    """

    numbers: list[int] = field(default_factory=list)
    moved: dict[int, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)
    outcome: FixOutcome = field(default_factory=FixOutcome)


def read_posted_cells(body: bytes) -> list[PostedRow]:
    """Read `{"rows": [{"number": 3, "new": false, "cells": {"name": ["before", "after", 0]}}]}`. Raise Unreadable.

    The last of a cell is how many seconds ago it was typed, and may be missing.
    """
    try:
        rows = json.loads(body)["rows"]
        posted = [_read_row(row) for row in rows[:MOST_POSTED_ROWS]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Unreadable from error
    return posted


def _read_row(row: dict[str, Any]) -> PostedRow:
    number = row["number"]
    if not isinstance(number, int) or not 0 < number < LARGEST_NUMBER:
        raise ValueError
    cells = {}
    for name, (before, after, *more) in row["cells"].items():
        (age,) = more or [0]
        if not (isinstance(before, str) and isinstance(after, str) and isinstance(age, int)):
            raise TypeError
        cells[str(name)] = Cell(plain_text(before), plain_text(after), min(max(age, 0), int(OLDEST.total_seconds())))
    return PostedRow(number, cells, row.get("new") is True, is_limited=True)


def read_posted_forms(data: Mapping[str, str]) -> list[PostedRow]:
    """Read forms of rows, and not more than a page can have. `aside` is the number of the row that is skipped."""
    skipped = number_in(data.get("aside", ""))
    rows = {
        number: PostedRow(number, {}, version=data[name], is_skipped=number == skipped)
        for name in data
        if name.startswith(VERSION_PREFIX)
        and (number := number_in(name.removeprefix(VERSION_PREFIX), LARGEST_NUMBER)) is not None
    }
    for name in data:
        number_text, _, field_name = name.removeprefix(VALUE_PREFIX).partition("-")
        number = number_in(number_text, LARGEST_NUMBER) if name.startswith(VALUE_PREFIX) else None
        if number in rows:
            rows[number].cells[field_name] = Cell(None, plain_text(data[name]))
    return list(rows.values())[:MOST_POSTED_ROWS]


def save_rows(sheet: Sheet, by: User, posted: list[PostedRow], label: str = "Edit rows") -> SavedRows:
    """Save posted rows as far as nobody else changed them, and check them. Raise CannotChange.

    Afterwards `sheet` has the columns that were written.
    """
    saved = SavedRows()
    with transaction.atomic():
        # Nobody else changes these rows, or takes the numbers of new ones, until their texts are stored.
        locked = lock_changeable(sheet)
        if locked.changed_at != sheet.changed_at:
            sheet.forget_rules()
        sheet.copy_from(locked)
        if sheet.is_typed:
            follow_zone(sheet)
        row_texts = RowTexts(sheet)
        _read_times(posted, row_texts)
        if sheet.is_typed:
            saved.moved = _add_new_rows(sheet, posted, row_texts)
        by_number = {saved.moved.get(post.number, post.number): post for post in posted}
        changes, problems = Changes(sheet, by_number), list[str]()
        for row in changes.rows():
            post = by_number[row.number]
            if post.version and post.version != row.version:
                saved.stale.append(row.number)
            elif _write(row, post, row_texts, problems, by):
                changes.add(row)
        changes.check()
        skipped = [number for number, post in by_number.items() if post.is_skipped]
        is_skip = skipped == [row.number for row in changes.before]
        saved.outcome = changes.store(sheet, by, texts.SKIP_ROWS if is_skip else label)
        others = {number: post for number, post in by_number.items() if number not in changes.found}
        problems += _problems_of_others(sheet, others, row_texts)
    saved.numbers, saved.problems = list(by_number), problems[:MOST_PROBLEMS]
    if more := problems[MOST_PROBLEMS:]:
        # The page no longer shows what was typed, so each text is quoted.
        saved.problems.append(" ".join([f"{len(more):,} more cells weren’t saved.", *more]))
    return saved


def _write(row: Row, posted: PostedRow, row_texts: RowTexts, problems: list[str], by: User) -> bool:
    """Put the posted texts into the row, but not over what somebody else typed. Return whether it changed.

    A sentence for each cell that is not saved is added to `problems`.
    """
    new = dict[str, str]()
    for name, cell in posted.cells.items():
        if name not in row_texts.types:
            continue
        known = row_texts.types[name].field
        present = plain_line_ends(row_texts.text(known, row))
        if present == plain_line_ends(cell.after):
            continue
        if posted.is_too_long(name):
            problems.append(
                f"{known.label} of row {row.number:,} not saved: it has more than {LONGEST_TEXT:,} characters. "
                f"It begins with “{cell.after[:QUOTED]}”."
            )
            continue
        after = stored_text(known, cell.after, row_texts.of_file)
        if present == plain_line_ends(after):
            continue
        if cell.before is None or present == plain_line_ends(cell.before):
            new[name] = after
        else:
            changed = _tell_change(row, name, present[:QUOTED], by)
            problems.append(f"{known.label} of row {row.number:,}: {changed}. Your “{after[:QUOTED]}” isn’t saved.")
    is_edited = bool(new) and edit_row(row, new)
    return (posted.is_skipped and skip_row(row)) or is_edited


def _tell_change(row: Row, name: str, present: str, reader: User) -> str:
    """Return who gave a cell its present text, as the middle of a sentence."""
    changes = ChangedRow.objects.filter(change__sheet=row.sheet_id, number=row.number)
    newest_first = changes.select_related("change__by").order_by("-change__number")
    found = next((each for each in newest_first if each.edits.get(name) != row.edits.get(name)), None)
    changed = f"changed it to “{present}”" if present else "cleared it"
    if found is None or found.change.by is None:
        return f"somebody {changed}"
    return f"you {changed} in another window" if found.change.by == reader else f"{found.change.by} {changed}"


def _problems_of_others(sheet: Sheet, posted: dict[int, PostedRow], row_texts: RowTexts) -> list[str]:
    """Return a sentence for each typed text of rows that were sent with another one, or that were removed."""
    if not posted:
        return []
    stored = sheet.rows.filter(number__in=list(posted), status__in=SENT).defer("fields")
    sent = {row.number: row for row in stored}
    problems = []
    for number in sorted(posted):
        for known in row_texts.fields:
            cell = posted[number].cells.get(known.name)
            if cell is None or not _is_lost(cell, known, sent.get(number), row_texts):
                continue
            why = "the row was sent" if number in sent else "the row no longer exists"
            typed = cell.after[:QUOTED]
            problems.append(f"{known.label} of row {number:,} not saved: {why}. You entered “{typed}”.")
    return problems


def _is_lost(cell: Cell, known: Field, sent: Row | None, row_texts: RowTexts) -> bool:
    if sent is None:
        return bool(cell.after)
    present = plain_line_ends(row_texts.text(known, sent))
    return present not in map(plain_line_ends, (cell.after, stored_text(known, cell.after, row_texts.of_file)))


def _add_new_rows(sheet: Sheet, posted: list[PostedRow], row_texts: RowTexts) -> dict[int, int]:
    """Create rows for new numbers. Return the next free numbers of those whose number another window has taken.

    Call with the sheet locked. Raise Unreadable for numbers that no grid reaches.
    """
    if not (new := [row for row in posted if row.is_new]):
        return {}
    moved = dict[int, int]()
    taken = {row.number: row for row in sheet.lines.filter(number__in=[row.number for row in new])}
    next_number = max([last_number(sheet), *(row.number for row in posted)]) + 1
    for row in new:
        if row.number in taken and not _is_same(row_texts, taken[row.number], row):
            moved[row.number], next_number = next_number, next_number + 1
    if next_number > LARGEST_NEW:
        raise Unreadable
    add_rows(sheet, [moved.get(row.number, row.number) for row in new])
    return moved


def _is_same(row_texts: RowTexts, stored: Row, posted: PostedRow) -> bool:
    """Return whether the stored row holds nothing but what was posted.

    The answer to an earlier post may have been lost, and more been typed since. A row that replaces a task is another
    one, even if it was emptied: nobody posts it as a new one.
    """
    if stored.corrects_task:
        return False
    fields = {known.name: known for known in row_texts.fields}
    present = {name: text for name, text in row_texts.by_field(stored).items() if text}
    wanted = {
        name: cell.after for name, cell in posted.cells.items() if name in present and not posted.is_too_long(name)
    }
    stored_as = {name: stored_text(fields[name], text, row_texts.of_file) for name, text in wanted.items()}
    return present.items() <= stored_as.items()


def _read_times(posted: list[PostedRow], row_texts: RowTexts) -> None:
    """Replace words such as "today" by the time that they meant when they were typed, in a page that was offline."""
    for row in posted:
        for name, cell in row.cells.items():
            kind = row_texts.types.get(name)
            if cell.age and kind and kind.is_time:
                typed_at = timezone.now() - timedelta(seconds=cell.age)
                row.cells[name] = replace(cell, after=stored_text(kind.field, cell.after, row_texts.of_file, typed_at))


def show_posted(sheet: Sheet, posted: list[PostedRow], stale: list[int]) -> list[ShownRow]:
    """Show stale rows with the posted texts in their inputs and the present texts beside them."""
    rows = list(sheet.lines.filter(number__in=stale).order_by("number"))
    shown, changed_by = show_rows(sheet, rows), _last_changed_by(sheet, stale)
    cells = {row.number: row.cells for row in posted}
    for each in shown:
        values = cells[each.row.number]
        each.changed_by = changed_by.get(each.row.number, "Somebody")
        for cell in each.cells:
            typed = values.get(cell.known.name)
            if typed and typed.after != plain_line_ends(cell.text):
                cell.present_text, cell.text = cell.text, typed.after
    return shown


def _last_changed_by(sheet: Sheet, numbers: list[int]) -> dict[int, str]:
    """Return the person who changed each row last, if their account still exists."""
    changed = ChangedRow.objects.filter(change__sheet=sheet, number__in=numbers).select_related("change__by")
    last = {row.number: row.change.by for row in changed.order_by("change__number")}
    return {number: str(by) for number, by in last.items() if by}
