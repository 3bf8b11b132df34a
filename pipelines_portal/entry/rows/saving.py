"""Save cells of the grid. A cell is changed only if it still holds what the page showed."""

import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.core import times
from pipelines_portal.entry import texts
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.entry.rows.cells import RowTexts
from pipelines_portal.entry.rows.checking import SENT
from pipelines_portal.entry.rows.fixing import (
    LARGEST_NUMBER,
    LONGEST_TEXT,
    MOST_POSTED_ROWS,
    CannotChange,
    change_rows,
    edit_row,
)
from pipelines_portal.entry.rows.typed import add_rows, last_number
from pipelines_portal.matching.columns import Matching
from pipelines_portal.matching.notation import clock_in
from pipelines_portal.workflows.fields.dates import moment_in
from pipelines_portal.workflows.fields.local_times import meanings, utc_text
from pipelines_portal.workflows.fields.typed_times import read_typed_time

# New rows have smaller numbers, so that there are always numbers after them.
LARGEST_NEW = 2_000_000_000
# Between the items of a ranking that is typed in one line.
ORDERED = " > "
# For a message that quotes a cell, and for a post with many such messages: the rest of them is one message.
QUOTED, MOST_PROBLEMS = 60, 5
# No page is offline for longer.
OLDEST = timedelta(days=366)
# A copied cell and what ends it. Quotes around all of it are not its own, and those inside are doubled then.
_COPIED = re.compile(r'(?:"((?:[^"]|"")*+)"|([^\t\n]*))([\t\n])')


class Unreadable(ValueError):
    """The page posted something else than cells."""


@dataclass(frozen=True)
class Cell:
    """The text that the page showed, the one that the person typed over it, and how many seconds ago."""

    before: str
    after: str
    age: int = 0


@dataclass
class PostedCells:
    """The cells of one row, by field. `is_new`: the page showed no such row. `is_limited`: longer texts are refused."""

    number: int
    cells: dict[str, Cell]
    is_new: bool = False
    is_limited: bool = False

    def is_too_long(self, name: str) -> bool:
        return self.is_limited and len(self.cells[name].after) > LONGEST_TEXT


@dataclass
class SavedCells:
    """The rows to show again, new numbers for those whose number was taken, and sentences about what was not saved."""

    numbers: list[int] = field(default_factory=list)
    moved: dict[int, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_posted_cells(body: bytes) -> list[PostedCells]:
    """Read `{"rows": [{"number": 3, "new": false, "cells": {"name": ["before", "after", 0]}}]}`. Raise Unreadable.

    The last of a cell is how many seconds ago it was typed, and may be missing.
    """
    try:
        rows = json.loads(body)["rows"]
        posted = [_read_row(row) for row in rows[:MOST_POSTED_ROWS]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Unreadable from error
    return posted


def _read_row(row: dict[str, Any]) -> PostedCells:
    number = row["number"]
    if not isinstance(number, int) or not 0 < number < LARGEST_NUMBER:
        raise ValueError
    cells = {
        str(name): Cell(_text(before), _text(after), _age(*age)) for name, (before, after, *age) in row["cells"].items()
    }
    return PostedCells(number, cells, row.get("new") is True, is_limited=True)


def _age(seconds: Any = 0) -> int:
    if not isinstance(seconds, int):
        raise TypeError
    return min(max(seconds, 0), int(OLDEST.total_seconds()))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return _with_plain_line_ends(value).replace("\0", "")


def _with_plain_line_ends(text: str) -> str:
    """Return a text as browsers show it. Cells of files may have other line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def save_cells(import_job: ImportJob, by: User, posted: list[PostedCells], label: str = texts.EDIT_ROWS) -> SavedCells:
    """Save the cells that still hold what the page showed, and check their rows. Raise CannotChange."""
    row_texts = RowTexts(import_job)
    known = {each.name: each for each in row_texts.fields}
    for row in posted:
        row.cells = {name: _of_its_time(cell, known.get(name), row_texts.of_file) for name, cell in row.cells.items()}
    if not (import_job.is_typed and any(row.is_new for row in posted)):
        return _save(import_job, by, posted, SavedCells(), row_texts, label)
    with transaction.atomic():
        # Until the new rows have their texts, no other window can take their numbers.
        import_job.lock()
        return _save(import_job, by, posted, _add_new_rows(import_job, posted), row_texts, label)


def _save(
    import_job: ImportJob, by: User, posted: list[PostedCells], saved: SavedCells, row_texts: RowTexts, label: str
) -> SavedCells:
    known = {each.name: each for each in row_texts.fields}
    by_number = {saved.moved.get(row.number, row.number): row for row in posted}
    problems: list[str] = []
    found = set[int]()

    def numbers() -> list[int]:
        problems.clear()
        found.clear()
        return list(by_number)

    def save(row: ImportRow) -> bool:
        found.add(row.number)
        new, said = _compare(row, by_number[row.number], row_texts, known)
        problems.extend(said)
        return bool(new) and edit_row(row, new)

    change_rows(import_job, by, label, numbers, save)
    saved.numbers = list(by_number)
    problems += _problems_of_others(import_job, {n: row for n, row in by_number.items() if n not in found}, row_texts)
    saved.problems = problems[:MOST_PROBLEMS]
    if more := problems[MOST_PROBLEMS:]:
        # The page no longer shows what was typed, so each text is quoted.
        saved.problems.append(" ".join([texts.MORE_CELLS.format(count=f"{len(more):,}"), *more]))
    return saved


def _compare(
    row: ImportRow, posted: PostedCells, row_texts: RowTexts, known: dict[str, Field]
) -> tuple[dict[str, str], list[str]]:
    """Return the texts to save, and a sentence for each cell that holds something else than what the page showed."""
    new, problems = dict[str, str](), []
    for name, cell in posted.cells.items():
        if name not in known:
            continue
        present = _with_plain_line_ends(row_texts.text(known[name], row))
        place = {"column": known[name].label, "row": f"{row.number:,}"}
        if present == _with_plain_line_ends(cell.after):
            continue
        if posted.is_too_long(name):
            problems.append(texts.CELL_LONG.format(**place, most=f"{LONGEST_TEXT:,}", typed=cell.after[:QUOTED]))
            continue
        after = understood(known[name], cell.after, row_texts.of_file)
        if present == _with_plain_line_ends(after):
            continue
        if present == _with_plain_line_ends(cell.before):
            new[name] = after
        else:
            problems.append(texts.CELL_CHANGED.format(**place, now=present[:QUOTED], typed=after[:QUOTED]))
    return new, problems


def _problems_of_others(import_job: ImportJob, posted: dict[int, PostedCells], row_texts: RowTexts) -> list[str]:
    """Return a sentence for each typed text of rows that were sent with another one, or that were removed."""
    if not posted:
        return []
    stored = import_job.rows.filter(number__in=list(posted), status__in=SENT).defer("fields")
    sent = {row.number: row for row in stored}
    problems = []
    for number in sorted(posted):
        for known in row_texts.fields:
            cell = posted[number].cells.get(known.name)
            if cell is None or not _is_lost(cell, known, sent.get(number), row_texts):
                continue
            sentence = texts.CELL_SENT if number in sent else texts.CELL_GONE
            problems.append(sentence.format(column=known.label, row=f"{number:,}", typed=cell.after[:QUOTED]))
    return problems


def _is_lost(cell: Cell, known: Field, sent: ImportRow | None, row_texts: RowTexts) -> bool:
    if sent is None:
        return bool(cell.after)
    present = _with_plain_line_ends(row_texts.text(known, sent))
    return present not in map(_with_plain_line_ends, (cell.after, understood(known, cell.after, row_texts.of_file)))


def _add_new_rows(import_job: ImportJob, posted: list[PostedCells]) -> SavedCells:
    """Create rows for new numbers. A new row whose number another window has taken gets the next free one.

    Call with the import locked. Raise CannotChange, and Unreadable for numbers that no grid reaches.
    """
    if not import_job.can_change_rows:
        raise CannotChange(texts.NOT_CHANGEABLE)
    saved = SavedCells()
    new = [row for row in posted if row.is_new]
    taken = {row.number: row for row in import_job.lines.filter(number__in=[row.number for row in new])}
    next_number = max([last_number(import_job), *(row.number for row in posted)]) + 1
    row_texts = RowTexts(import_job)
    for row in new:
        if row.number in taken and not _is_same(row_texts, taken[row.number], row):
            saved.moved[row.number], next_number = next_number, next_number + 1
    if new and next_number > LARGEST_NEW:
        raise Unreadable
    add_rows(import_job, [saved.moved.get(row.number, row.number) for row in new])
    return saved


def _is_same(row_texts: RowTexts, stored: ImportRow, posted: PostedCells) -> bool:
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
    stored_as = {name: understood(fields[name], text, row_texts.of_file) for name, text in wanted.items()}
    return present.items() <= stored_as.items()


def _of_its_time(cell: Cell, known: Field | None, matching: Matching | None) -> Cell:
    """Return a cell whose words mean the time at which they were typed, in a page that was offline since."""
    if not cell.age or known is None or known.type != "datetime":
        return cell
    return replace(cell, after=understood(known, cell.after, matching, timezone.now() - timedelta(seconds=cell.age)))


def understood(known: Field, text: str, matching: Matching | None = None, at: datetime | None = None) -> str:
    """Return a typed text as it is stored: times as moments, rankings with an item on each line.

    A time as the file writes it (`matching`) stays a text, and is read in the file's time zone as its other rows are.
    Words such as "now" mean the time `at`.
    """
    if known.type == "datetime":
        return text if matching and clock_in(text, matching) else _moment(text, at or timezone.now())
    if known.type == "ranking" and ORDERED in text:
        return "\n".join(item.strip() for item in text.split(ORDERED))
    return text


def _moment(text: str, at: datetime) -> str:
    """Return the moment that "today 9am" means in the person's time zone, in UTC as the form sends it, or the text."""
    if not text.strip() or (stored := moment_in(text)) and stored.tzinfo:
        return text
    read = read_typed_time(text, times.local(at).replace(tzinfo=None))
    if read is None:
        return text
    try:
        meant = meanings(read, times.name_of(timezone.get_current_timezone()))
    except OverflowError:
        return text
    # A time that occurs twice or never when the clocks change is no moment yet: its row gets an error.
    return utc_text(meant[0]) if len(meant) == 1 else read.isoformat(" ", "minutes")


# Pasted cells


def pasted_cells(text: str) -> list[list[str]]:
    """Return the cells of copied spreadsheet cells: separated by tabs, with quotes around those that hold line ends."""
    text = _with_plain_line_ends(text).removesuffix("\n")
    lines, line = list[list[str]](), list[str]()
    for found in _COPIED.finditer(text if not text or text.endswith("\n") else f"{text}\n"):
        quoted, plain, end = found[1], found[2], found[3]
        line.append(_text(plain if quoted is None else quoted.replace('""', '"')))
        if end == "\n":
            lines.append([] if len(line) == 1 and plain == "" else line)
            line = []
    return lines
