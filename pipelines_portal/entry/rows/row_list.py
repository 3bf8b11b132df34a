"""The list of rows that the grid and the page of a sent import show: columns, cells, and what became of each row."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.api_client.task_status import icon_of
from pipelines_portal.api_client.task_status import label_of as label_of_status
from pipelines_portal.entry import texts
from pipelines_portal.entry.models import ErrorGroup, Row, Sheet
from pipelines_portal.entry.rows.cells import LONGEST_EDITED, RowTexts, read_errors
from pipelines_portal.entry.rows.layout import NO_LAYOUT, Layout, Width
from pipelines_portal.entry.rows.reasons import numbers_in_groups, numbers_with_error_in, select_groups
from pipelines_portal.entry.rows.selection import Selection
from pipelines_portal.entry.rows.tasks import known_tasks, read_index, tasks_of
from pipelines_portal.entry.rows.typed import SHOWN_DIGEST, shown_rows
from pipelines_portal.entry.statuses import PROBLEMS, ROW_LOOKS, SENT, WAITING, RowCounts, RowStatus
from pipelines_portal.matching.columns import Matching
from pipelines_portal.matching.row_values import RowReader
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.statuses import Look
from pipelines_portal.task_index.models import IndexedTask
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.fields.verdicts import TWO_DAYS, TWO_NUMBERS, Answer, Problem
from pipelines_portal.workflows.rules.judge import Rule, wanted_by
from pipelines_portal.workflows.rules.once import once_rules

# So many rows are in the page. If there are more, they come in pages.
MOST_IN_PAGE, ROWS_PER_PAGE = 200, 100
LONGEST_SHOWN = 160
_S = RowStatus
# A text that nobody typed yet may be as long.
LIKELY = 16
# Longer headings are cut.
LONGEST_HEADING = 22
WIDTHS = {
    "w5": 5, "w7": 7, "w9": 9, "w11": 11, "w13": 13, "w16": 16, "w20": 20, "w24": 24, "w28": 28, "w34": 34,
}  # fmt: skip
WIDEST = "w34"
# At most so many characters have room in a narrow column.
NARROW_ROOM = 9
READY = Look("created", "finished", "Ready", is_calm=True)
REQUESTED = Look("pending", "pending", WAITING, is_calm=True)
CREATING = Look("sending", "in_progress", "Creating…", is_calm=True)


@dataclass(frozen=True)
class ListColumn:
    """A field as a column. `kind` is how its cells are edited, and `choices` are their values and labels."""

    type: FieldType
    kind: str
    choices: list[tuple[str, str]]
    hint: str = ""
    width: Width = Width.FITS
    # Whether its values come from a list, whose entries are offered, and the further fields that they fill.
    is_listed: bool = False
    fills: tuple[str, ...] = ()
    # Whether no two rows have the same value.
    is_once: bool = False

    @property
    def known(self) -> Field:
        return self.type.field

    @property
    def is_number(self) -> bool:
        return self.type.is_number

    @property
    def has_suggestions(self) -> bool:
        return self.is_listed or self.type.has_suggestions

    @property
    def fills_json(self) -> str:
        return json.dumps(self.fills)

    @property
    def choices_json(self) -> str:
        return json.dumps([label for _, label in self.choices])


@dataclass(frozen=True)
class ListedCell:
    """A cell: its text, as it is shown, as it is edited, and what is wrong with it, in few words and in a sentence."""

    column: ListColumn
    text: str
    shown: str
    edited: str
    why: str = ""
    message: str = ""
    is_typed: bool = False
    is_long: bool = False
    answers: tuple[Answer, ...] = ()
    # The key of a warning under the grid, or who has accepted what a rule warned of.
    mark: str = ""
    accepted: str = ""

    @property
    def answers_json(self) -> str:
        """The meanings of a text that has two, in words and as texts with this meaning alone."""
        return json.dumps([[answer.words, answer.text] for answer in self.answers])

    @property
    def css(self) -> str:
        classes = {
            "right": self.column.is_number,
            "bad": bool(self.why) and not self.mark,
            "odd": bool(self.mark),
            "seen": bool(self.accepted),
            "fixed": self.is_typed and not self.why,
        }
        return " ".join(name for name, holds in classes.items() if holds)


@dataclass(frozen=True)
class GridRow:
    """A row of the grid. `task_id` and `task` are known if it became a task."""

    row: Row
    cells: list[ListedCell]
    look: Look
    message: str = ""
    task_id: int | None = None
    task: IndexedTask | None = None

    @property
    def css(self) -> str:
        if self.row.status in SENT:
            return "sent"
        return "skipped" if self.row.status == _S.SKIPPED else ""

    @property
    def is_sent(self) -> bool:
        return self.row.status in SENT

    @property
    def ready_digest(self) -> str:
        """What tells the portal that the page shows these values, for a ready row."""
        return self.row.digest[:SHOWN_DIGEST] if self.row.status == _S.READY else ""

    @property
    def is_requested(self) -> bool:
        """Whether it is requested and not created yet."""
        return self.row.status == _S.REQUESTED

    @property
    def task_icon(self) -> str:
        return icon_of(self.task.status) if self.task else ""

    @property
    def task_word(self) -> str:
        return label_of_status(self.task.status) if self.task else ""

    @property
    def changes_by_itself(self) -> bool:
        """Whether its status may change without a person: it is being sent, or its task is in progress."""
        return self.row.status == _S.REQUESTED or (self.row.status == _S.CREATED and not self._is_finished)

    @property
    def _is_finished(self) -> bool:
        return self.task is not None and self.task.status in ("finished", "failed")


@dataclass
class Grid:
    """A page of rows with its columns."""

    columns: list[ListColumn]
    rows: list[GridRow]
    selection: Selection
    # The optional fields that no row has.
    folded: list[Field] = field(default_factory=list)
    total: int = 0
    first: int = 0
    page: int = 1
    # The texts of typed rows change: their columns have the same width before and after.
    has_steady_widths: bool = False

    @property
    def previous(self) -> str:
        """The address of the previous page, or ""."""
        return self.selection.query(page=self.page - 1) if self.page > 1 else ""

    @property
    def next(self) -> str:
        is_last = self.first + len(self.rows) > self.total
        return "" if is_last or not self.rows else self.selection.query(page=self.page + 1)

    @property
    def has_lists(self) -> bool:
        """Whether entries of a list are offered in a column."""
        return any(column.is_listed for column in self.columns)

    @property
    def last_number(self) -> int:
        return self.rows[-1].row.number

    @property
    def has_long_numbers(self) -> bool:
        """Whether a row's number has more than three digits."""
        return self.total >= 1000 or any(row.row.number >= 1000 for row in self.rows)

    @property
    def has_copies(self) -> bool:
        """Whether rows are corrected copies, which say so."""
        return any(row.row.corrects_task for row in self.rows)

    @property
    def widths(self) -> list[str]:
        """The names of the widths of the columns: they have room for their headings and their texts, within limits."""
        rows = [] if self.has_steady_widths else self.rows
        texts_by_column = zip(*([cell.shown for cell in row.cells] for row in rows), strict=True)
        columns = zip(self.columns, texts_by_column if rows else ([] for _ in self.columns), strict=True)
        return [_width_of(column, list(shown)) for column, shown in columns]

    @property
    def fields_address(self) -> str:
        """The address with all optional fields, or without the empty ones."""
        return self.selection.query(fields="" if self.selection.all_fields else "all")


def _width_of(column: ListColumn, shown: list[str]) -> str:
    if column.width == Width.WIDE:
        return WIDEST
    least, most = column.type.room
    labels = [label for _, label in column.choices]
    longest = max(map(len, [*shown, *labels]), default=0) or min(LIKELY, most)
    # Headings are bold, and so a little wider.
    heading = min(len(column.known.label), LONGEST_HEADING) * 1.1
    wanted = max(heading, min(max(longest, least), most))
    if column.width == Width.NARROW:
        wanted = min(wanted, NARROW_ROOM)
    return next((name for name, room in WIDTHS.items() if room >= wanted), WIDEST)


def sorted_fields(schema: Schema) -> list[Field]:
    """Return the fields as columns show them, the required ones first."""
    return sorted(schema.fields, key=lambda known: not known.required)


def columns_of(
    schema: Schema,
    notes: Mapping[str, str] = MappingProxyType({}),
    layout: Layout = NO_LAYOUT,
    rules: Sequence[Rule] = (),
) -> list[ListColumn]:
    """Return a column for each field, in the order of the layout or else the required ones first.

    `notes` are the hints by field.
    """
    columns, listed = [], {rule.field: tuple(rule.value.get("fills", ())) for rule in rules if rule.codes}
    once = {rule.field for rule in once_rules(rules)}
    for known in layout.order(sorted_fields(schema)):
        kind = type_of(known)
        choices = kind.offered
        editor = "choice" if choices else kind.editor
        hint, width = notes.get(known.name, ""), layout.column_for(known).width
        fills = listed.get(known.name, ())
        is_listed, is_once = known.name in listed, known.name in once
        columns.append(ListColumn(kind, editor, choices, hint, width, is_listed, fills, is_once))
    return columns


def empty_grid(
    schema: Schema,
    selection: Selection,
    pinned: Iterable[str],
    notes: Mapping[str, str],
    layout: Layout,
    rules: Sequence[Rule],
) -> Grid:
    """Return the grid in which nothing was typed yet."""
    grid = Grid(columns_of(schema, notes, layout, rules), [], selection, has_steady_widths=True)
    return _fold(grid, set(pinned) | wanted_by(rules) | layout.always_shown(schema.fields))


def grid_of(
    sheet: Sheet,
    selection: Selection,
    counts: RowCounts,
    groups: list[ErrorGroup],
    pinned: Iterable[str] = (),
    notes: Mapping[str, str] = MappingProxyType({}),
    layout: Layout = NO_LAYOUT,
) -> Grid:
    """Return the selected rows. `groups` are all error groups that have rows."""
    numbers = _select_numbers(sheet, selection, groups)
    total = _count(sheet, selection, counts, numbers)
    per_page = MOST_IN_PAGE if total <= MOST_IN_PAGE else ROWS_PER_PAGE
    last_page = max(-(-total // per_page), 1)
    # Of typed rows the last ones are on top of people's minds.
    page = min(selection.page or (last_page if sheet.is_typed else 1), last_page)
    start = (page - 1) * per_page
    wanted = list(numbers[start : start + per_page])
    columns = columns_of(sheet.parsed_schema, notes, layout, sheet.rules)
    rows = read_rows(sheet, wanted, columns)
    grid = Grid(columns, rows, selection, [], total, start + 1, page, sheet.is_typed)
    used = set(pinned) | _mapped(sheet) | wanted_by(sheet.rules)
    return _fold(grid, used | layout.always_shown(sheet.parsed_schema.fields))


def page_of_row(sheet: Sheet, number: int, counts: RowCounts) -> int:
    """Return the page of all shown rows on which a row is."""
    numbers = _select_numbers(sheet, Selection(), [])
    total = _count(sheet, Selection(), counts, numbers)
    per_page = MOST_IN_PAGE if total <= MOST_IN_PAGE else ROWS_PER_PAGE
    return int(numbers.filter(number__lt=number).count()) // per_page + 1


def next_error(sheet: Sheet, after: int) -> int | None:
    """Return the number of the next row that needs a person, or of the first one if none follows."""
    numbers = sheet.rows.filter(status__in=PROBLEMS).order_by("number")
    found: int | None = numbers.filter(number__gt=after).values_list("number", flat=True).first()
    return found or numbers.values_list("number", flat=True).first()


def read_rows(
    sheet: Sheet, numbers: list[int] | QuerySet[Row, int], columns: list[ListColumn] | None = None
) -> list[GridRow]:
    """Return rows by their numbers, in order. Without `columns`, they have cells of all fields."""
    rows = list(sheet.lines.filter(number__in=numbers).defer("fields").order_by("number"))
    errors = read_errors(sheet, [row for row in rows if row.status in PROBLEMS])
    row_texts, task_ids = RowTexts(sheet), tasks_of(rows)
    tasks = known_tasks(read_index(sheet), list(task_ids.values())) if task_ids else {}
    columns, reader = columns or columns_of(sheet.parsed_schema), sheet.row_reader()
    is_paused = sheet.status == Sheet.Status.PAUSED
    on_the_wire = requests_on_the_wire(sheet, rows) if is_paused else set()
    shown = []
    for row in rows:
        found, task_id = errors.get(row.number, {}), task_ids.get(row.number)
        cells = [_show_cell(column, row, row_texts, found.pop(column.known.name, []), reader) for column in columns]
        left = [problem.sentence for problems in found.values() for problem in problems]
        wrong = sum(1 for cell in cells if cell.why and not cell.mark) + len(left)
        warnings = sum(1 for cell in cells if cell.mark)
        is_held = is_paused and row.submission_id not in on_the_wire
        waits = sheet.waits_to_start or is_held or bool(sheet.away_since)
        look = _look_in_grid(row, wrong, warnings, waits=waits)
        shown.append(GridRow(row, cells, look, " ".join(left), task_id, tasks.get(task_id or 0)))
    return shown


def requests_on_the_wire(sheet: Sheet, rows: list[Row]) -> set[UUID]:
    """Return the requests that are being sent now, if one of the rows is in a request without an outcome."""
    if not any(row.status == _S.REQUESTED for row in rows):
        return set()
    return set(sheet.submissions.filter(status=Submission.Status.SENDING).values_list("pk", flat=True))


def status_of(row: Row, on_the_wire: set[UUID]) -> RowStatus:
    """Return what people read: a row is ready while its request waits, for example for a key that works."""
    is_held = row.status == _S.REQUESTED and row.submission_id not in on_the_wire
    return _S.READY if is_held else _S(row.status)


def look_of_row(sheet: Sheet, row: Row, on_the_wire: set[UUID]) -> Look:
    """Return the look of a row on the page of a sent import and in downloads, as long as its task is not known."""
    status = status_of(row, on_the_wire)
    is_waiting = status == _S.READY and sheet.status == Sheet.Status.SENDING
    return ROW_LOOKS[status]._replace(word=WAITING) if is_waiting else ROW_LOOKS[status]


def _look_in_grid(row: Row, wrong: int, warnings: int, *, waits: bool) -> Look:
    """Return the look of a row that a person may change: it says what is wrong, and what was requested."""
    if row.status == _S.READY:
        return READY
    if row.status in (_S.TO_FIX, _S.TO_LOOK):
        count = texts.errors(wrong) if row.status == _S.TO_FIX else texts.warnings(warnings)
        return ROW_LOOKS[row.status]._replace(word=count)
    if row.status == _S.DUPLICATE and not row.duplicate_of_task:
        same = texts.SAME_AS_ROW.format(row=row.duplicate_of_row) if row.duplicate_of_row else texts.SENT_BEFORE
        return Look("warning", "duplicate", same)
    if row.status == _S.REQUESTED:
        return REQUESTED if waits else CREATING
    return ROW_LOOKS[row.status]


def _show_cell(
    column: ListColumn, row: Row, row_texts: RowTexts, problems: list[Problem], reader: RowReader
) -> ListedCell:
    known, kind, text = column.known, column.type, row_texts.text(column.known, row)
    shown, edited = shown_texts(kind, text, row_texts, is_wrong=bool(problems))
    if kind.is_time and not row.cells:
        shown = shown.replace(" 00:00", " midnight")  # a day that was typed without a time, so that people see it
    if choice := kind.meant(text, row_texts.meanings):
        text = text if known.name in row.edits else choice
    return ListedCell(
        column,
        text,
        " ".join(shown[: LONGEST_SHOWN * 2].split())[:LONGEST_SHOWN],
        edited,
        problems[0].short if problems else "",
        " ".join(problem.sentence for problem in problems),
        known.name in row.edits and bool(row.cells),
        len(text) > LONGEST_EDITED,
        _answers_to(known, text, problems, reader),
        problems[0].mark if problems else "",
        "" if problems else row.accepted_in(known.name),
    )


def shown_texts(kind: FieldType, text: str, row_texts: RowTexts, *, is_wrong: bool = False) -> tuple[str, str]:
    """Return the text of a cell as it is shown, and as it is edited."""
    if choice := kind.meant(text, row_texts.meanings):
        return (kind.label_of(choice),) * 2
    return kind.shown_and_edited(text, row_texts.matching.notation, is_wrong=is_wrong)


def _answers_to(known: Field, text: str, problems: list[Problem], reader: RowReader) -> tuple[Answer, ...]:
    """Return the meanings of a text that has two. They are not stored with its problem."""
    if not problems or problems[0].kind not in (TWO_NUMBERS, TWO_DAYS):
        return problems[0].answers if problems else ()
    problem = reader.read_value(known, text).problem
    return problem.answers if problem else ()


def _mapped(sheet: Sheet) -> set[str]:
    """Return the fields that have a column of the file, or a value for all rows."""
    if sheet.is_typed:
        return set()
    matching = Matching.load(sheet.matching)
    return set(matching.places()) | set(matching.constants)


def _fold(grid: Grid, used: set[str]) -> Grid:
    """Leave out the columns of optional fields that no row uses."""
    filled = {cell.column.known.name for row in grid.rows for cell in row.cells if cell.text or cell.why}
    is_shown = {
        column.known.name: grid.selection.all_fields or column.known.required or column.known.name in used | filled
        for column in grid.columns
    }
    if not any(is_shown.values()):
        return grid
    grid.folded = [column.known for column in grid.columns if not is_shown[column.known.name]]
    grid.columns = [column for column in grid.columns if is_shown[column.known.name]]
    for row in grid.rows:
        row.cells[:] = [cell for cell in row.cells if is_shown[cell.column.known.name]]
    return grid


def _select_numbers(sheet: Sheet, selection: Selection, groups: list[ErrorGroup]) -> Any:
    """Return the row numbers as a query to slice."""
    if selection.reason:
        return numbers_in_groups([group.pk for group in select_groups(groups, selection.reason)])
    if selection.field:
        return numbers_with_error_in(sheet, selection.field)
    rows: QuerySet[Row] = shown_rows(sheet) if sheet.is_typed else sheet.rows
    if selection.show:
        rows = rows.filter(status__in=selection.statuses)
    return rows.order_by("number").values_list("number", flat=True)


def _count(sheet: Sheet, selection: Selection, counts: RowCounts, numbers: Any) -> int:
    if selection.reason or selection.field or (sheet.is_typed and not selection.show):
        return int(numbers.count())
    if not selection.show:
        return counts.total
    return counts.sum_of(selection.statuses)
