"""Files for reference lists: read, checked line by line, and stored until a person decides about their columns."""

import json
import re
import zlib
from collections import defaultdict
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.housekeeping import delete_in_batches
from pipelines_portal.core.json_text import cleaned, json_text
from pipelines_portal.core.unicode_forms import fold, visible_text
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.spreadsheets.cells import Cell, Lines, field_error_of, text_of
from pipelines_portal.spreadsheets.limits import MEBIBYTE, Bounds, RowsFileError, too_many_rows
from pipelines_portal.spreadsheets.reading import ReadingOptions, likely_header, lines_in, read_lines
from pipelines_portal.web.file_names import in_sentence
from pipelines_portal.web.form_fields import one_line
from pipelines_portal.web.time_budget import TimeBudget, page_budget, within
from pipelines_portal.workflows.lists import MOST_BYTES, MOST_COLUMNS, MOST_ENTRIES
from pipelines_portal.workflows.models import LONGEST_CODE, ListFile, ReferenceList

LONGEST_COLUMN, LONGEST_FILE_NAME = 100, 255
# A person waits for it.
MOST_SECONDS = 40
BOUNDS = Bounds(
    rows=MOST_ENTRIES, bytes=MOST_BYTES, longest_cell=1_000, text=MOST_BYTES, columns=MOST_COLUMNS,
    lines=2 * MOST_ENTRIES, values=1_200_000, unpacked=128 * MEBIBYTE, seconds=MOST_SECONDS,
)  # fmt: skip
MOST_PROBLEMS, MOST_LINES_NAMED = 20, 10
STORED_FOR = timedelta(days=1)
# What a column of codes is called, in English and German.
_CODE = re.compile(r"\b(code|id|key|no|number|sku)\b|(nr|nummer|kurzel)\b")


@dataclass(frozen=True)
class ListLines:
    """The names of the columns, and the lines below them: the number in the file, and as many texts as columns."""

    columns: list[str]
    lines: list[tuple[int, list[str]]]

    def column(self, place: int) -> list[str]:
        return [cells[place] for _, cells in self.lines]


def list_budget(by: User) -> AbstractContextManager[TimeBudget]:
    """Return the time for a file of the person. Raise OutOfTime if another one is at work for them.

    A file of a million cells takes 260 MB while it is read or shown.
    """
    return page_budget(by.pk, MOST_SECONDS)


def read_list_file(name: str, data: bytes, budget: TimeBudget) -> ListLines:
    """Return the lines of a file. Raise RowsFileError, and OutOfTime if it takes too long."""
    with read_lines(name, data, ReadingOptions(), BOUNDS) as reading:
        return _lines_in(name, [line for block in within(budget, reading.blocks) for line in lines_in(block)])


def _lines_in(name: str, read: Lines) -> ListLines:
    """Return the names in the header, and the lines below it."""
    at = likely_header(read)
    below = [(number, [_text(cell) for cell in cells]) for number, cells in read[at + 1 :]]
    if not below:
        raise RowsFileError(f"{in_sentence(name)} has no rows.", "Check that it’s the right file, or the right sheet.")
    if len(below) > MOST_ENTRIES:
        raise too_many_rows(in_sentence(name), MOST_ENTRIES)
    header = [_text(cell) for cell in read[at][1]]
    width = max(len(header), *(len(cells) for _, cells in below))
    columns = _names(header, width)
    return ListLines(columns, [(number, cells + [""] * (width - len(cells))) for number, cells in below])


def _text(cell: Cell) -> str:
    """Return the text of a cell. Errors, and formulas that were never calculated, are no values."""
    return "" if field_error_of(cell) else str(cleaned(text_of(cell))).strip()


def _names(header: list[str], width: int) -> list[str]:
    """Return a name for each column, all of them different."""
    names: list[str] = []
    for place in range(width):
        name = one_line(header[place])[:LONGEST_COLUMN] if place < len(header) else ""
        name = name or f"Column {place + 1}"
        names.append(f"{name} ({place + 1})" if name in names else name)
    return names


def guess_columns(lines: ListLines, stored: ReferenceList | None) -> tuple[int, int | None]:
    """Return the columns of code and name: those of the list before, or else those that look like them."""
    if stored and (before := stored.columns[stored.code_column]) in lines.columns:
        name = None if stored.name_column is None else stored.columns[stored.name_column]
        return lines.columns.index(before), lines.columns.index(name) if name in lines.columns else None
    places = range(len(lines.columns))
    named = [place for place in places if _CODE.search(fold(lines.columns[place]))]
    unique = [place for place in places if _is_unique(lines.column(place))]
    code = next(iter([place for place in named if place in unique] or named or unique), 0)
    others = [place for place in range(len(lines.columns)) if place != code]
    texts = [place for place in others if any(text and not text[0].isdigit() for text in lines.column(place)[:50])]
    return code, next(iter(texts or others), None)


def _is_unique(texts: list[str]) -> bool:
    return all(texts) and len(set(texts)) == len(texts)


def codes_of(lines: ListLines, code_column: int) -> list[str]:
    """Return the codes as they are seen, so that people can type them and those that look the same are the same."""
    return [visible_text(code) for code in lines.column(code_column)]


def problems_of(lines: ListLines, code_column: int) -> list[str]:
    """Return a sentence for each thing that is wrong with the lines, with their numbers in the file."""
    by_code: dict[str, list[int]] = defaultdict(list)
    for (number, _), code in zip(lines.lines, codes_of(lines, code_column), strict=True):
        by_code[code].append(number)
    problems = [_about("no code", by_code.pop("", []))]
    too_long = [number for code, numbers in by_code.items() if len(code) > LONGEST_CODE for number in numbers]
    problems += [_about(f"a code of more than {LONGEST_CODE} characters", too_long)]
    problems += [_twice(code, numbers) for code, numbers in by_code.items() if len(numbers) > 1]
    return [problem for problem in problems if problem]


def _about(what: str, numbers: list[int]) -> str:
    if not numbers:
        return ""
    return f"Line {numbers[0]:,} has {what}." if len(numbers) == 1 else f"Lines {_listed(numbers)} have {what}."


def _twice(code: str, numbers: list[int]) -> str:
    times = "twice" if len(numbers) == 2 else f"{len(numbers):,} times"
    return f"Code {code[:LONGEST_CODE]} is there {times}: lines {_listed(numbers)}."


def _listed(numbers: list[int]) -> str:
    shown, more = numbers[:MOST_LINES_NAMED], len(numbers) - MOST_LINES_NAMED
    if more > 0:
        return f"{', '.join(f'{number:,}' for number in shown)} and {more:,} more"
    *others, last = [f"{number:,}" for number in shown]
    return f"{', '.join(others)} and {last}"


def store_file(key: SavedKey, by: User, name: str, lines: ListLines, replaced: ReferenceList | None) -> ListFile:
    """Store the lines until the person decides about them, in place of those of an earlier file."""
    content = zlib.compress(json_text([lines.columns, lines.lines]).encode(), 1)
    ListFile.objects.filter(key=key, person=by).delete()
    return ListFile.objects.create(
        key=key, person=by, reference_list=replaced, name=one_line(name)[-LONGEST_FILE_NAME:] or "List", content=content
    )


def stored_file(key: SavedKey, by: User, pk: int) -> ListFile | None:
    """Return a file that the person chose, unless they chose another one since."""
    return ListFile.objects.select_related("reference_list").filter(pk=pk, key=key, person=by).first()


def lines_of(file: ListFile) -> ListLines:
    columns, lines = json.loads(zlib.decompress(file.content))
    return ListLines(columns, [(number, cells) for number, cells in lines])


def delete_old_files() -> int:
    """Delete files about which nobody decided for a day. Return how many."""
    return delete_in_batches(ListFile.objects.filter(created_at__lt=timezone.now() - STORED_FOR))
