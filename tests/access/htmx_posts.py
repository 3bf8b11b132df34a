"""What htmx posts: by the address's name and the button, on which page it is pressed, and what it leaves."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.urls import resolve, reverse

from pipelines_portal.entry.imports.jobs import send_at_once, work_now
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.rows.saving import Cell, PostedRow, save_rows
from pipelines_portal.entry.rows.typed import get_or_start_typed, ready_rows, start_sending_typed
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.conftest import EVERY_TYPE, FILE_AND_FIELDS
from tests.entry.imports.making import make_import
from tests.factories import Desk, open_workflow
from tests.htmx_page import Request

Key = tuple[str, str]


def key_of(request: Request) -> Key:
    """The name of the address, and of the button what is always the same."""
    name, value = request.element["name"], request.element["value"]
    return resolve(urlsplit(request.address).path).view_name, f"{name}={value}" if name == "do" else name


@dataclass(frozen=True)
class Case:
    """`page` makes what the page shows, and returns its address. `first` are pressed before."""

    page: Callable[[Desk], str]
    shows: str
    # How many rows and uploads there are of each status.
    leaves: dict[str, int]
    typed: dict[str, str] = field(default_factory=dict)
    first: tuple[Key, ...] = ()
    # Why what it brings is not in the page when that is loaded.
    differs: str = ""


def left(desk: Desk) -> dict[str, int]:
    rows = Row.objects.exclude(number=1, sheet__size_bytes__gt=0)
    stages = ZipUpload.objects.values_list("stage", flat=True)
    return dict(Counter([*rows.values_list("status", flat=True), *stages]))


def checked(desk: Desk, rows: list[list[str]]) -> str:
    """The grid of an import."""
    sheet = make_import(desk.key, desk.client.schema(desk.workflow.workflow_id), rows)
    work_now(sheet)
    return reverse("sheets:page", args=[sheet.pk])


def with_errors(desk: Desk) -> str:
    return checked(desk, [["Hello", "Germn"], ["Bye", "Germn"], ["Thanks", "French"]])


def with_duplicates(desk: Desk) -> str:
    return checked(desk, [["Hello", "French"], ["Hello", "French"], ["Thanks", "French"]])


def with_warnings(desk: Desk) -> str:
    WorkflowRule.objects.create(
        key=desk.key, workflow_id=desk.workflow.workflow_id, position=1, kind="one of", field="input_text",
        value={"values": ["Thanks"]}, is_warning=True,
    )  # fmt: skip
    return checked(desk, [["Hello", "French"], ["Hi", "French"], ["Thanks", "French"]])


def typed(desk: Desk, workflow: OpenedWorkflow, rows: list[dict[str, str]]) -> Sheet:
    """Rows that are typed in the grid."""
    sheet = get_or_start_typed(desk.person, workflow, desk.client.schema(workflow.workflow_id))
    cells = ({name: Cell("", text) for name, text in row.items()} for row in rows)
    save_rows(sheet, desk.person, [PostedRow(n, each, is_new=True) for n, each in enumerate(cells, 1)])
    return sheet


def some(count: int) -> list[dict[str, str]]:
    return [{"input_text": f"Hello {number}", "target_language": "French"} for number in range(count)]


def grid(workflow: OpenedWorkflow) -> str:
    return reverse("sheets:new", args=[workflow.key_id, workflow.workflow_id])


def with_an_optional_error(desk: Desk) -> str:
    workflow = open_workflow(desk.key, EVERY_TYPE)
    typed(desk, workflow, [{"short": "Hello", "sure": "yes", "amount": "many"}])
    return grid(workflow)


def waiting(desk: Desk) -> str:
    """So many rows that they wait before they are sent."""
    sheet = typed(desk, desk.workflow, some(21))
    assert start_sending_typed(sheet, desk.person, ready_rows(sheet)) == ""
    return grid(desk.workflow)


def with_created(desk: Desk) -> str:
    sheet = typed(desk, desk.workflow, some(2))
    assert start_sending_typed(sheet, desk.person, {1: ready_rows(sheet)[1]}) == ""
    send_at_once(sheet)
    return grid(desk.workflow)


def choice(desk: Desk) -> str:
    workflow = open_workflow(desk.key, FILE_AND_FIELDS, has_file_fields=True)
    return reverse("uploads:choose", args=[desk.key.pk, workflow.workflow_id])


ALIKE, UNDO = ("sheets:alike", ""), ("sheets:undo", "number")
REPLACE = {"find": "Thanks", "put": "Thank you"}
POSTS: dict[Key, Case] = {
    ALIKE: Case(with_errors, "2 rows updated", {"ready": 3}),
    ("sheets:alike", "do=aside"): Case(with_errors, "2 rows skipped", {"ready": 1, "set_aside": 2}),
    ("sheets:alike", "do=empty"): Case(with_an_optional_error, "1 row updated", {"ready": 1}),
    ("sheets:accept", "all"): Case(with_warnings, "2 accepted", {"ready": 3}),
    ("sheets:accept", ""): Case(with_warnings, "2 accepted", {"ready": 3}),
    UNDO: Case(with_errors, "Undone", {"ready": 1, "to_fix": 2}, first=(ALIKE,)),
    ("sheets:redo", "number"): Case(with_errors, "Redone", {"ready": 3}, first=(ALIKE, UNDO)),
    ("sheets:choose", "do=twice"): Case(with_duplicates, "3 ready", {"ready": 3}),
    ("sheets:replace", ""): Case(
        with_errors,
        "1 row found",
        {"ready": 1, "to_fix": 2},
        REPLACE,
        differs="the preview asks before it changes rows",
    ),
    ("sheets:replace", "replace"): Case(
        with_errors, "1 row updated", {"ready": 1, "to_fix": 2}, first=(("sheets:replace", ""),)
    ),
    ("sheets:stop", ""): Case(waiting, "21 ready", {"ready": 21}),
    ("sheets:send_now", ""): Case(waiting, "Creating", {"requested": 21}),
    ("sheets:clear", ""): Case(with_created, "All 1 Ready 1", {"created": 1, "ready": 1}),
    ("uploads:choose", ""): Case(choice, "No file to check", {}, differs="what was found in files"),
    ("uploads:choose", "add_row"): Case(choice, "Row 2", {}, differs="the page has one row"),
}
