"""The roads on which a text becomes a value: each takes cases over HTTP and says what each of them means there.

Where a road has rows, each case is a row, with `anchor` as its name. Where it has one form, each case is a field of a
wide workflow. Values are those that the API received, or that wait beside an archive.
"""

import csv
import io
import itertools
import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from pipelines_portal.entry.imports.jobs import work_on_next
from pipelines_portal.entry.models import Row, RowError, Sheet
from pipelines_portal.entry.rows.reasons import groups_with_rows, reasons_in
from pipelines_portal.entry.rows.typed import ready_rows
from pipelines_portal.external_api.tasks.validation import Fields, check_row
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.workflows.models import OpenedWorkflow
from tests import archives, samples
from tests.entry.grid.conftest import TypedGrid, end_wait
from tests.factories import open_workflow
from tests.fake_api import FakeApi
from tests.uploads.choosing import check_archive, rows_of

from .written import EMPTY, ERROR, FIELDS, QUESTION, ZONE, Case, Doubt

Verdicts = list[Any]
NamedCase = tuple[str, Case]
NAMES = ["anchor", *FIELDS]
ORGANIZATION = "Roads"
# In each cell before something is put in its place. No type but texts takes it.
BEFORE = "§"
# What every road says of a text that has two meanings.
ASKS = re.compile(r"Is it |could be|percentage|came twice|Choose which", re.IGNORECASE)
MOST_IN_POST, MOST_IN_ROW = 200, 20
# The portal found nothing wrong, and the API did.
BY_API = "refused by the API"
_numbers = itertools.count(9101)


def doubt_of(messages: Iterable[str]) -> Doubt:
    return QUESTION if any(ASKS.search(message) for message in messages) else ERROR


def shown(verdict: Any) -> str:
    """Return a value with its JSON type, or the name of a doubt: 5, 5.0 and "5" differ."""
    return verdict.value if isinstance(verdict, Doubt) else f"ready {json.dumps(verdict, ensure_ascii=False)}"


class Traveller:
    """A person in Vienna who takes all roads, each in a workflow of its own."""

    def __init__(self, browser: Client, key: SavedKey, api: FakeApi) -> None:
        self.browser, self.key, self.api = browser, key, api
        key.owner.time_zone = ZONE
        key.owner.save()
        browser.cookies["zone"] = ZONE

    def open(self, *fields: dict[str, Any]) -> OpenedWorkflow:
        number = next(_numbers)
        self.api.load(samples.organization(ORGANIZATION, samples.workflow(number, f"Road {number}", fields=fields)))
        return open_workflow(self.key, number, name=f"Road {number}")

    def open_rows(self, *more: dict[str, Any]) -> OpenedWorkflow:
        return self.open(*more, samples.field("anchor"), *FIELDS.values())

    def open_wide(self, cases: Sequence[Case], *more: dict[str, Any]) -> OpenedWorkflow:
        """Open a workflow that has a field for each case."""
        fields = [FIELDS[case.field] | {"name": f"c{n}", "title": f"C{n}"} for n, case in enumerate(cases)]
        return self.open(*more, samples.field("anchor"), *fields)

    def tasks_of(self, workflow: OpenedWorkflow) -> list[dict[str, Any]]:
        """Return the values that the API received, which are those that the portal stored as sent."""
        tasks = {pk: task.fields for pk, task in self.api.tasks.items() if task.workflow_id == workflow.workflow_id}
        stored = dict(SubmissionRow.objects.filter(task_id__in=tasks).values_list("task_id", "fields"))
        assert {pk: shown(fields) for pk, fields in stored.items()} == {pk: shown(each) for pk, each in tasks.items()}
        return list(tasks.values())


def set_clock(patch: pytest.MonkeyPatch, to: datetime) -> None:
    """Let it be that time, also for the defaults of models, which hold the function `timezone.now` itself.

    Each look at the clock takes a microsecond, so that what is created later is newer.
    """
    looks = itertools.count()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return (to + timedelta(microseconds=next(looks))).astimezone(tz)

    patch.setattr("django.utils.timezone.datetime", Clock)


def work() -> None:
    end_wait()
    while work_on_next():
        end_wait()


# --- one form ---------------------------------------------------------------------------------------------------------


def by_form(at: Traveller, cases: Sequence[Case]) -> Verdicts:
    """Post the form until it is sent, each time without the fields that were refused. The API names ten at a time."""
    workflow = at.open_wide(cases)
    address = reverse("new_task:create", args=[workflow.key_id, workflow.workflow_id])
    typed = {f"field-c{n}": case.text.replace("\n", "\r\n") for n, case in enumerate(cases)}
    refused: dict[str, Any] = {}
    while not at.tasks_of(workflow):
        calls = len(at.api.calls("POST"))
        form = {"field-anchor": "x", "zone": ZONE, "token": str(uuid4())} | typed
        answer = at.browser.post(address, form)
        errors = {} if answer.status_code == 302 else answer.context["form"].errors
        assert errors or at.tasks_of(workflow), answer.content
        is_by_api = len(at.api.calls("POST")) > calls
        refused |= {name: BY_API if is_by_api else doubt_of(map(str, said)) for name, said in errors.items()}
        typed = {name: text for name, text in typed.items() if name not in errors}
    (task,) = at.tasks_of(workflow)
    return [refused.get(f"field-c{n}", task.get(f"c{n}", EMPTY)) for n in range(len(cases))]


def by_row_form(at: Traveller, cases: Sequence[Case]) -> Verdicts:
    """Type a row beside an archive."""
    workflow = at.open_wide(cases, samples.field("scan", "file_upload"))
    typed = {f"row-1-c{n}": case.text.replace("\n", "\r\n") for n, case in enumerate(cases)}
    refused: dict[str, Doubt] = {}
    for _ in range(3):
        row = {"row-1-scan": "cat.png", "row-1-anchor": "x"} | typed
        answer: Any = check_archive(at.browser, workflow, archives.files("cat.png"), typed=1, zone=ZONE, **row)
        errors = {f"row-1-{name}": messages for name, messages in answer.context["typed"][0].errors.items()}
        if not errors:
            break
        refused |= {name: doubt_of(map(str, messages)) for name, messages in errors.items()}
        typed = {name: text for name, text in typed.items() if name not in errors}
    (row,) = rows_of(upload_of(workflow))
    return [refused.get(f"row-1-c{n}", in_upload(case, row.get(f"c{n}", EMPTY))) for n, case in enumerate(cases)]


def in_upload(case: Case, value: Any) -> Any:
    """Return a value that waits beside an archive, as the API would take it."""
    is_sent = not isinstance(value, Doubt)
    return BY_API if is_sent and check_row(Fields([FIELDS[case.field]]), 0, {case.field: value}) else value


def upload_of(workflow: OpenedWorkflow) -> ZipUpload:
    return ZipUpload.objects.get(submission__workflow_id=workflow.workflow_id)


# --- typed rows -------------------------------------------------------------------------------------------------------


def by_grid(at: Traveller, cases: Sequence[Case]) -> Verdicts:
    workflow = at.open_rows()
    type_rows(grid_of(at, workflow), cases)
    return sent_from_grid(at, workflow, cases)


def by_paste(at: Traveller, cases: Sequence[Case]) -> Verdicts:
    workflow = at.open_rows()
    answer = grid_of(at, workflow).paste(table(named(cases), "excel-tab"), columns="\n".join(NAMES), first_row="1")
    assert answer.status_code == 200
    return sent_from_grid(at, workflow, cases)


def by_copy(at: Traveller, cases: Sequence[Case]) -> Verdicts:
    """Type rows, create their tasks, and create corrected copies of these. What has no task has no copy."""
    workflow = at.open_rows()
    type_rows(grid_of(at, workflow), cases)
    first = sent_from_grid(at, workflow, cases)
    tasks = {task.fields["anchor"]: number for number, task in at.api.tasks.items() if task.fields.get("anchor")}
    numbers = [tasks[f"case {n}"] for n in range(len(cases)) if not isinstance(first[n], Doubt)]
    grid = grid_of(at, workflow)
    at.browser.post(grid.address("clear"))
    for start in range(0, len(numbers), MOST_IN_POST):
        at.browser.post(grid.address("copy"), {"task": numbers[start : start + MOST_IN_POST]})
    copies = grid.job.lines.filter(corrects_task__isnull=False)
    changed = [
        {"number": row.number, "new": False, "cells": {"anchor": [row.edits["anchor"], f"copy {row.edits['anchor']}"]}}
        for row in copies
    ]
    post_cells(grid, changed)
    again = sent_from_grid(at, workflow, cases, "copy case")
    return [one if isinstance(one, Doubt) else other for one, other in zip(first, again, strict=True)]


def by_replacing(at: Traveller, cases: Sequence[Case]) -> Verdicts:
    """Replace what stands in a column, one case after the other."""
    return by_one_row(at, cases, replace)


def by_tray(at: Traveller, cases: Sequence[Case]) -> Verdicts:
    """Give all rows with the same error a value. Texts without an error cannot take part."""
    return by_one_row(at, cases, replace_alike)


Replacing = Callable[[TypedGrid, int, Case], Doubt | None]


def by_one_row(at: Traveller, cases: Sequence[Case], put: Replacing) -> Verdicts:
    """Begin with a row in which everything is wrong. Few at once, since each error of a row is checked each time."""
    if len(cases) > MOST_IN_ROW:
        return by_one_row(at, cases[:MOST_IN_ROW], put) + by_one_row(at, cases[MOST_IN_ROW:], put)
    workflow = at.open_wide(cases)
    grid = grid_of(at, workflow)
    cells = {"anchor": ["", "case 0"]} | {f"c{n}": ["", BEFORE] for n in range(len(cases))}
    post_cells(grid, [{"number": 1, "new": True, "cells": cells}])
    refused = {f"c{n}": doubt for n, case in enumerate(cases) if (doubt := put(grid, n, case))}
    job = grid.job
    refused |= {name: doubt_of(messages) for (_, name), messages in errors_of(job).items() if name not in refused}
    texts = dict(job.rows.get().edits)
    emptied = {name: [texts.get(name, ""), ""] for name in refused}
    post_cells(grid, [{"number": 1, "new": False, "cells": emptied}])
    create(grid)
    (task,) = at.tasks_of(workflow)
    return [refused.get(f"c{n}", task.get(f"c{n}", EMPTY)) for n in range(len(cases))]


def replace(grid: TypedGrid, number: int, case: Case) -> None:
    """Find and replace the whole cell."""
    form = {"column": f"c{number}", "find": BEFORE, "put": case.text, "how": "whole", "replace": "1"}
    assert grid.browser.post(grid.step("replace"), form).status_code == 302


def replace_alike(grid: TypedGrid, number: int, case: Case) -> Doubt | None:
    """Press "Replace" beside the error. The answer to a text that is wrong, too, says so there."""
    reasons = reasons_in(groups_with_rows(grid.job), grid.job.parsed_schema, is_typed=True)
    key = next(reason.key for reason in reasons if reason.known and reason.known.name == f"c{number}")
    answer = grid.browser.post(grid.step("alike"), {"reason": key, "do": "replace", f"to-{key}": case.text})
    if answer.status_code == 302:
        return None
    issues = [*answer.context["issues"], *answer.context["more_issues"]]
    (said,) = (each["error"] for each in issues if each.get("error"))
    return EMPTY if said == "Choose a replacement first." else doubt_of([said])


def grid_of(at: Traveller, workflow: OpenedWorkflow) -> TypedGrid:
    return GridOfWorkflow(at.browser, workflow, at.key.owner)


class GridOfWorkflow(TypedGrid):
    @property
    def job(self) -> Sheet:
        return Sheet.objects.filter(workflow_id=self.workflow.workflow_id, size_bytes=0).latest("created_at")

    def seen(self) -> dict[int, str]:
        return dict(sorted(ready_rows(self.job).items()))


def type_rows(grid: TypedGrid, cases: Sequence[Case]) -> None:
    rows = [
        {"number": n + 1, "new": True, "cells": {"anchor": ["", f"case {n}"], case.field: ["", case.text]}}
        for n, case in enumerate(cases)
    ]
    post_cells(grid, rows)


def post_cells(grid: TypedGrid, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), MOST_IN_POST):
        assert grid.save(*rows[start : start + MOST_IN_POST]).status_code == 200


def create(grid: TypedGrid) -> None:
    answer = grid.create_seen(grid.seen())
    assert answer.status_code == 200, answer.content
    work()


def sent_from_grid(at: Traveller, workflow: OpenedWorkflow, cases: Sequence[Case], anchor: str = "case") -> Verdicts:
    """Create all ready rows, and return what the API received."""
    grid = grid_of(at, workflow)
    rows = {row.edits.get("anchor", ""): row.number for row in grid.job.rows}
    create(grid)
    return verdicts(at, workflow, grid.job, cases, lambda n: rows.get(f"{anchor} {n}"), anchor)


def verdicts(
    at: Traveller,
    workflow: OpenedWorkflow,
    job: Sheet,
    cases: Sequence[Case],
    row_of: Callable[[int], int | None],
    anchor: str = "case",
) -> Verdicts:
    tasks = {task["anchor"]: task for task in at.tasks_of(workflow)}
    errors, found = errors_of(job), Verdicts()
    rejected = set(job.rows.filter(status=Row.Status.REJECTED).values_list("number", flat=True))
    for n, case in enumerate(cases):
        messages = errors.get((row_of(n), case.field))
        if row_of(n) in rejected:
            found.append(BY_API)
        elif messages:
            found.append(doubt_of(messages))
        else:
            task = tasks.get(f"{anchor} {n}")
            found.append("not sent" if task is None else task.get(case.field, EMPTY))
    return found


def errors_of(job: Sheet) -> dict[tuple[int | None, str], list[str]]:
    """Return messages by row and field."""
    found: dict[tuple[int | None, str], list[str]] = {}
    errors = RowError.objects.filter(group__sheet=job).values_list("number", "group__field_name", "group__message")
    for number, name, message in errors:
        found.setdefault((number, name), []).append(message)
    return found


# --- files ------------------------------------------------------------------------------------------------------------


def by_csv(at: Traveller, cases: Sequence[Case]) -> Verdicts:
    # A block of the file has an even number of lines: with the empty row, no case is parted from its mirror.
    text = csv_line(NAMES) + csv_line(["empty"]) + table(with_mirrors(cases))
    return by_file(at, cases, "rows.csv", text.encode())


def by_xlsx(at: Traveller, cases: Sequence[Case]) -> Verdicts:
    return by_file(at, cases, "rows.xlsx", xlsx(cases))


def by_file(at: Traveller, cases: Sequence[Case], name: str, data: bytes) -> Verdicts:
    workflow = at.open_rows()
    job = upload_rows(at, workflow, name, data)
    if job.status == Sheet.Status.MATCHING:
        settle_columns(at, job)
    job.refresh_from_db()
    assert job.status == Sheet.Status.CHECKED, (job.status, job.problem)
    send_ready(at, job)
    numbers = {row.cells[0]: row.number for row in job.rows if row.cells}
    return verdicts(at, workflow, job, cases, lambda n: numbers.get(f"case {n}"))


def send_ready(at: Traveller, job: Sheet) -> None:
    at.browser.post(step(job, "send"), {"rows": job.rows.filter(status=Row.Status.READY).count()})
    work()


def upload_rows(at: Traveller, workflow: OpenedWorkflow, name: str, data: bytes) -> Sheet:
    address = reverse("imports:new", args=[workflow.key_id, workflow.workflow_id])
    at.browser.post(address, {"token": uuid4(), "file": SimpleUploadedFile(name, data)})
    work()
    return Sheet.objects.get(workflow_id=workflow.workflow_id)


def step(job: Sheet, name: str) -> str:
    return reverse(f"sheets:{name}", args=[job.pk])


def settle_columns(at: Traveller, job: Sheet) -> None:
    """Accept the columns as the page shows them, without a format of numbers and dates."""
    form = {f"column-{n}": f"field:{name}" for n, name in enumerate(NAMES)}
    form |= {"seen": job.version, "decimal": "", "day_first": "", "zone": ZONE}
    answer = at.browser.post(step(job, "match"), form)
    assert answer.status_code == 302, answer.content
    work()


def by_edited_file(at: Traveller, cases: Sequence[Case]) -> Verdicts:
    """Type over the cells of a file's rows, which are read as the file writes numbers and dates."""
    workflow = at.open_rows()
    text = csv_line(NAMES) + table(named(Case(case.field, BEFORE) for case in cases))
    job = upload_rows(at, workflow, "rows.csv", text.encode())
    assert job.status == Sheet.Status.CHECKED
    numbers = {row.cells[0]: row.number for row in job.rows if row.cells}
    rows = [
        {"number": numbers[f"case {n}"], "new": False, "cells": {case.field: [BEFORE, case.text]}}
        for n, case in enumerate(cases)
    ]
    for start in range(0, len(rows), MOST_IN_POST):
        body = json.dumps({"rows": rows[start : start + MOST_IN_POST]})
        assert at.browser.post(step(job, "cells"), body, content_type="application/json").status_code == 200
    send_ready(at, job)
    return verdicts(at, workflow, job, cases, lambda n: numbers[f"case {n}"])


def by_rows_file(at: Traveller, cases: Sequence[Case]) -> Verdicts:
    """A file of rows beside an archive."""
    return beside_archive(at, cases, [case.text for case in cases])


def by_correction(at: Traveller, cases: Sequence[Case]) -> Verdicts:
    """Type over the cells of a file of rows beside an archive. What is no error there has no input."""
    return beside_archive(at, cases, [BEFORE] * len(cases), correct=True)


def beside_archive(at: Traveller, cases: Sequence[Case], texts: list[str], *, correct: bool = False) -> Verdicts:
    workflow = at.open_rows(samples.field("scan", "file_upload", required=True))
    given = with_mirrors([Case(case.field, text) for case, text in zip(cases, texts, strict=True)])
    names = [f"{name}.png" for name, _ in given]
    archive = archives.archive((name, b"x") for name in names)
    header = csv_line(["scan", *NAMES])
    rows = "".join(csv_line([path, *cells]) for path, cells in zip(names, cells_of(given), strict=True))
    file = {"zone": ZONE, "tail": len(archive), "token": str(uuid4())}
    answer: Any = check_archive(at.browser, workflow, archive, rows_file=rows_file(header + rows), **file)
    row_numbers = {row.values.get("scan"): row.number for row in answer.context["given"].rows}
    if correct:
        typed = {f"cell-{row_numbers[f'case {n}.png']}-{case.field}": case.text for n, case in enumerate(cases)}
        source = answer.context["given"].corrections.source
        more = {"corrections_of": source, "corrections": "{}"} | typed | file
        answer = check_archive(at.browser, workflow, archive, rows_file=rows_file(header + rows), **more)
    errors = {(row.number, error.field): str(error) for row in answer.context["given"].rows for error in row.errors}
    ready = {row["anchor"]: row for row in rows_of(upload_of(workflow))}
    found: Verdicts = []
    for n, case in enumerate(cases):
        message = errors.get((row_numbers.get(f"case {n}.png"), case.field), "")
        row = ready.get(f"case {n}")
        value = "not sent" if row is None else in_upload(case, row.get(case.field, EMPTY))
        found.append(doubt_of([message]) if message else value)
    return found


def rows_file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("rows.csv", text.encode())


def named(cases: Iterable[Case]) -> list[NamedCase]:
    return [(f"case {n}", case) for n, case in enumerate(cases)]


def with_mirrors(cases: Iterable[Case]) -> list[NamedCase]:
    """Return each case and its mirror: with comma and point, or day and month, in each other's place.

    So as a whole, the file does not show how it writes numbers and dates.
    """
    return [
        each
        for name, case in named(cases)
        for each in ((name, case), (f"mirror of {name}", Case(case.field, mirrored(case))))
    ]


INDIAN = re.compile(r"[0-9],[0-9]{2},[0-9]{3}")
SLASHED = re.compile(r"^\s*(\d{1,2})([/-])(\d{1,2})\2")


def mirrored(case: Case) -> str:
    if case.field == "due":
        return SLASHED.sub(r"\3\2\1\2", case.text)
    if INDIAN.search(case.text):  # groups of two have commas only, so another number shows the other notation
        return "1.234,5"
    text = case.text.translate(str.maketrans(",.", ".,"))
    return case.text if INDIAN.search(text) else text


def cells_of(cases: Iterable[NamedCase]) -> list[list[Any]]:
    places = {name: place for place, name in enumerate(NAMES)}
    rows = []
    for name, case in cases:
        cells: list[Any] = [""] * len(NAMES)
        cells[0], cells[places[case.field]] = name, case.text
        rows.append(cells)
    return rows


def table(cases: Iterable[NamedCase], dialect: str = "excel") -> str:
    return "".join(csv_line(cells, dialect) for cells in cells_of(cases))


def csv_line(cells: Sequence[Any], dialect: str = "excel") -> str:
    out = io.StringIO()
    csv.writer(out, dialect=dialect).writerow(cells)
    return out.getvalue()


def xlsx(cases: Sequence[Case]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.active.append(NAMES)
    for cells in cells_of(named(cases)):
        book.active.append([None if cell == "" else cell for cell in cells])
    book.save(out)
    return out.getvalue()


ROADS: dict[str, Callable[[Traveller, Sequence[Case]], Verdicts]] = {
    "form": by_form, "grid": by_grid, "paste": by_paste, "replacing": by_replacing, "tray": by_tray, "file": by_csv,
    "row edited of a file": by_edited_file, "rows beside an archive": by_rows_file,
    "row typed beside an archive": by_row_form, "row corrected beside an archive": by_correction, "copy": by_copy,
}  # fmt: skip
# These take a request for each case. So they get a few: from which case on, and in which steps.
FEW = {"replacing": (3, 27), "tray": (0, 23), "copy": (0, 3)}
# In the tray, what a person replaces has an error. A text has none.
TEXTS = ("short", "long", "source", "pair", "criteria", "loudness", "ranked")


def cases_on(road: str, cases: Sequence[Case]) -> list[Case]:
    if road == "tray":
        cases = [case for case in cases if case.field not in TEXTS]
    first, step = FEW.get(road, (0, 1))
    return list(cases[first::step])
