"""The demo's past: what four people typed, imported and sent in fourteen working days.

The product's own functions write all of it, at the times of the story, against what was recorded of the API.
"""

import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.core.files.base import ContentFile
from django.db.models import Q
from django.http import QueryDict

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import ConnectionFailed, NotFound, PipelinesClient, Schema, ValidationFailed
from pipelines_portal.demo.customers import customer_lines
from pipelines_portal.demo.groups import tell_groups
from pipelines_portal.demo.named_lists import name_lists
from pipelines_portal.demo.orders import (
    FAILING,
    LARGE,
    OLD_DAYS,
    as_csv,
    as_xlsx,
    make_large,
    make_old,
    new_orders,
    with_errors,
    with_warnings,
)
from pipelines_portal.demo.replay import RecordedApi, clock_at
from pipelines_portal.entry.form.creation import Typed, create_task
from pipelines_portal.entry.form.drafts import save_typed
from pipelines_portal.entry.form.presets import save_preset
from pipelines_portal.entry.imports.jobs import send_at_once, work_now
from pipelines_portal.entry.imports.reading import start_import
from pipelines_portal.entry.imports.sending import send_requests
from pipelines_portal.entry.lists.stored import add_list
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.models.sheet import UNDO_FOR
from pipelines_portal.entry.rows.accepting import accept_warnings
from pipelines_portal.entry.rows.saving import Cell, PostedRow, save_rows
from pipelines_portal.entry.rows.typed import get_or_start_typed, next_number, ready_rows, start_sending_typed
from pipelines_portal.entry.rules.stored import add_rule, switch_rule
from pipelines_portal.entry.transitions import transfer_import
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.notifications.events import notify_of_unconfirmed
from pipelines_portal.submissions.used_values import record_earlier
from pipelines_portal.task_index.jobs import scan_next
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.uploads.archive.directory import Tail, read_directory
from pipelines_portal.uploads.archive.preview import preview_of_rows
from pipelines_portal.uploads.choices import CheckedArchive, save_choice
from pipelines_portal.uploads.forms import ChosenFile
from pipelines_portal.uploads.given_rows import GivenRow
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.uploads.polling import poll_now
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.marks import mark
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.notes import NotesForm, input_name, save_notes
from pipelines_portal.workflows.opening import open_workflow
from pipelines_portal.workflows.rules.judge import Rule
from pipelines_portal.workflows.rules.masks import looking_like
from pipelines_portal.workflows.schema_form import PREFIX

ORDER_ENTRY, TRANSLATIONS, INVOICES, RECEIPTS = 40, 42, 57, 59
MARIA, BEN, LENA, TOM = "demo@example.com", "operator@example.com", "lena@example.com", "tom@example.com"
NOVEMBER, QUARTER, RETURNS, TODAY = "orders-november.csv", "orders-q4.xlsx", "returns-2.csv", "orders-today.csv"
ARCHIVE = "november.zip"
INSTRUCTIONS = "Type one row for each order form. Orders without a stamp go to Maria."
HINTS = {
    "order_number": "As printed at the top right of the order",
    "customer": "Code from the stamp, or the name",
    "country": "Where the goods go, not the invoice",
    "net": "Without tax",
}
AS_PRINTED = "As printed at the top right of the order."
TOO_LARGE = "Is the comma in the right place? Large orders need the approval of sales."
RULES = (
    Rule(0, 1, Kind.PATTERN, "order_number", looking_like("A-104391"), message=AS_PRINTED),
    Rule(0, 1, Kind.ONCE, "order_number", {"is_number": False}),
    Rule(0, 1, Kind.COMPARE, "gross", {"op": "at least", "other": "net"}),
    Rule(0, 1, Kind.COMPARE, "gross", {"op": "at most", "number": LARGE}, message=TOO_LARGE, is_warning=True),
    Rule(0, 1, Kind.COMPARE, "received_at", {"op": "at most", "days": 0}),
    Rule(0, 1, Kind.COMPARE, "received_at", {"op": "at least", "days": -OLD_DAYS}, is_warning=True),
    Rule(0, 1, Kind.FILLED, "notes", {}, when="priority", is_value=5, message="Say why this order is urgent."),
    Rule(0, 1, Kind.PATTERN, "invoice_number", looking_like("R2026-12345")),
)
# Each thousand rows take a second.
QUARTER_ROWS = 2_480
KEY_DAYS_LEFT = 12
# Counting all workflows at a call a second takes less.
MOST_SECONDS = 400


class Story:
    """Tells the story with one API key, to which the recorded workflows belong."""

    def __init__(self, told: dict[str, Any], api: RecordedApi, key: SavedKey) -> None:
        self.told, self.api, self.key = told, api, key
        self.start = datetime.fromisoformat(told["start"])
        self.people = {person.email: person for person in User.objects.filter(is_demo=True)}
        orders = [send for send in told["sends"] if send["workflow"] == ORDER_ENTRY]
        self.sent = [task["fields"] for send in orders for task in send["tasks"]]

    def tell(self) -> None:
        """Let everything happen, oldest first. Without requests, only the workflows are opened and counted."""
        sends: list[tuple[datetime, Callable[[], object]]] = [
            (datetime.fromisoformat(send["at"]), lambda send=send: self._send(send))  # type: ignore[misc]
            for send in self.told["sends"]
            if send["sender"]
        ]
        first = min((at for at, _ in sends), default=self.start)
        self._at(first - timedelta(days=1), self._open_workflows)
        if sends:
            notes = (first - timedelta(hours=20), self._write_notes)
            self._tell_events([notes, (first - timedelta(hours=19), record_earlier), *sends])
        self._count_tasks()
        if sends:
            tell_groups(self.key, self.people, self.start)
            name_lists(self.key, self.people[BEN], self.people[MARIA])

    def _tell_events(self, sends: list[tuple[datetime, Callable[[], object]]]) -> None:
        events = [
            *sends,
            (datetime.fromisoformat(self.told["receipts"]["at"]) - timedelta(minutes=1), self._lose_answer),
            (self.start - timedelta(days=1, hours=2), self._reject_translation),
            (self.start - timedelta(minutes=95), self._import_quarter),
            (self.start - timedelta(minutes=42), self._transfer_returns),
            (self.start - timedelta(minutes=31), self._choose_archive),
            (self.start - timedelta(minutes=21), self._begin_form),
            (self.start - timedelta(minutes=6), self._type_rows),
            (self.start - timedelta(minutes=2), self._check_today),
        ]
        for at, happen in sorted(events, key=lambda event: event[0]):
            self._at(at, happen)

    def _at(self, time: datetime, happen: Callable[[], object]) -> None:
        self.api.now, self.api.failure = time, None
        with clock_at(time):
            happen()

    def _workflow(self, workflow_id: int) -> OpenedWorkflow:
        return OpenedWorkflow.objects.select_related("key__owner").get(key=self.key, workflow_id=workflow_id)

    def _schema(self, workflow: OpenedWorkflow) -> Schema:
        return client_for(workflow.key).schema(workflow.workflow_id)

    def _client(self, workflow: OpenedWorkflow, person: User) -> PipelinesClient:
        return client_for(workflow.key.on_behalf_of(person))

    # Before anything is sent

    def _open_workflows(self) -> None:
        for each in self.told["workflows"]:
            if each["workflow"]["status"] != "ARCHIVED":
                open_workflow(self.key, client_for(self.key), each["workflow"]["id"], self.people[MARIA])

        for person in self.people.values():
            mark(self._workflow(ORDER_ENTRY), person, "pin")

    def _write_notes(self) -> None:
        workflow, maria = self._workflow(ORDER_ENTRY), self.people[MARIA]
        notes = {"": INSTRUCTIONS} | HINTS
        form = NotesForm(self._schema(workflow), {}, {input_name(name): text for name, text in notes.items()})
        if form.is_valid():
            save_notes(workflow, form, maria)
        for rule in RULES:
            stored = add_rule(workflow, rule, self._schema(workflow), maria)
            if rule.field == "invoice_number":
                switch_rule(workflow, stored, self._schema(workflow), maria, is_on=False)
        customers = add_list(self.key, "Customers", customer_lines(self.sent), 0, 1, maria)
        fills = {"fills": {"customer_name": "Name", "country": "Country"}}
        add_rule(workflow, Rule(0, 1, Kind.ONE_OF, "customer", fills, codes=customers), self._schema(workflow), maria)
        save_preset(maria, workflow, "Phone order", {"channel": "Phone", "priority": 3}, is_shared=True)
        save_preset(maria, workflow, "Web shop", {"channel": "Web form", "priority": 3}, is_shared=True)

    # What was sent

    def _send(self, send: dict[str, Any]) -> None:
        person, workflow = self.people[send["sender"]], self._workflow(send["workflow"])
        rows = [task["fields"] for task in send["tasks"]]
        self.api.next_ids = [task["id"] for task in send["tasks"]]
        if send["kind"] == "form":
            token = uuid5(NAMESPACE_URL, f"demo {send['tasks'][0]['id']}")
            create_task(person, workflow, self._client(workflow, person), Typed(rows[0], token, is_meant=True))
        elif send["kind"] == "grid":
            sheet = self._type(person, workflow, rows)
            start_sending_typed(sheet, person, ready_rows(sheet))
            send_at_once(sheet)
        else:
            sheet = self._import(person, workflow, send["file_name"], as_csv(self._schema(workflow), rows))
            self._accept(sheet, person)
            sheet.start_sending(person, len(rows))
            self._at(self.api.now + UNDO_FOR + timedelta(seconds=1), lambda: self._send_import(sheet))

    def _send_import(self, sheet: Sheet) -> None:
        sheet.refresh_from_db()
        if sheet.take_lease():
            send_requests(sheet)

    def _type(self, person: User, workflow: OpenedWorkflow, rows: list[dict[str, Any]]) -> Sheet:
        """Type rows in the grid."""
        sheet = get_or_start_typed(person, workflow, self._schema(workflow))
        first = next_number(sheet)
        posted = [
            PostedRow(first + place, {name: Cell("", str(value)) for name, value in row.items()}, is_new=True)
            for place, row in enumerate(rows)
        ]
        save_rows(sheet, person, posted)
        sheet.refresh_from_db()
        return sheet

    def _import(self, person: User, workflow: OpenedWorkflow, name: str, data: bytes) -> Sheet:
        """Import a file, and check its rows."""
        sheet = start_import(person, workflow, ContentFile(data), name, uuid5(NAMESPACE_URL, f"demo {name}"))
        work_now(sheet)
        return sheet

    def _accept(self, sheet: Sheet, person: User, most: int | None = None) -> None:
        """Accept the warnings of the first rows that have some."""
        numbers = list(sheet.rows.filter(status=Row.Status.TO_LOOK).values_list("number", flat=True)[:most])
        for rule in sheet.rules if numbers else ():
            if rule.is_warning:
                accept_warnings(sheet, person, rule, numbers, "")

    def _reject_translation(self) -> None:
        """Send a translation into a language that Pipelines refuses."""
        ben, workflow = self.people[BEN], self._workflow(TRANSLATIONS)
        fields = {"input_text": "The invoice is attached as a PDF.", "target_language": "Latin"}
        message = "The task failed: tasks.0: Field target_language: value is not one of the options"
        self.api.failure = ValidationFailed(422, "validation_failed", message)
        token = uuid5(NAMESPACE_URL, "demo translation")
        create_task(ben, workflow, self._client(workflow, ben), Typed(fields, token, is_meant=True))

    def _lose_answer(self) -> None:
        """Upload an archive. Pipelines confirms it, but the answer is lost, and it forgets the upload."""
        told, ben, workflow = self.told["receipts"], self.people[BEN], self._workflow(RECEIPTS)
        upload = self._choose(ben, workflow, ARCHIVE, told["rows"])
        self.api.next_upload = {
            "upload_id": str(uuid5(NAMESPACE_URL, "demo upload")),
            "upload_url": "https://storage.example.com/november.zip",
            "expires_at": (self.api.now + timedelta(hours=1)).isoformat(),
        }
        client = self._client(workflow, ben)
        started = client.start_upload(RECEIPTS, file_size_bytes=upload.size_bytes, rows=told["rows"])
        upload.store_link(started)
        upload.mark_stored("")
        self.api.failure = ConnectionFailed("The connection broke.", maybe_processed=True)
        poll_now(upload)
        self.api.failure = NotFound(404, "not_found", "Upload not found")
        with clock_at(self.api.now + timedelta(seconds=20)):
            upload.reload()
            poll_now(upload)
            notify_of_unconfirmed()

    def _choose(self, person: User, workflow: OpenedWorkflow, name: str, rows: list[dict[str, Any]]) -> ZipUpload:
        """Choose an archive with one small file for each row."""
        schema = self._schema(workflow)
        (file_field,) = schema.file_fields
        data = BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            for row in rows:
                archive.writestr(row[file_field.name], b"demo")
        tail = data.getvalue()
        given = [GivenRow(number, dict(row)) for number, row in enumerate(rows, 1)]
        preview = preview_of_rows(given, read_directory(Tail(tail, len(tail))), schema)
        checked = CheckedArchive(preview, [dict(row) for row in rows], [row[file_field.name] for row in rows])
        token = uuid5(NAMESPACE_URL, f"demo {name}")
        return save_choice(person, workflow, ChosenFile(name, len(tail), "", tail), checked, token)

    # What is still to be done

    def _import_quarter(self) -> None:
        """Import rows of which some had errors, and correct half of them. Others have warnings."""
        tom, workflow = self.people[TOM], self._workflow(ORDER_ENTRY)
        rows = new_orders(self.sent, 120_000, QUARTER_ROWS, self.api.now)
        rows = with_errors(rows[:480], 24) + with_warnings(rows[480:], large=340, old=18)
        sheet = self._import(tom, workflow, QUARTER, as_xlsx(self._schema(workflow), rows))
        wrong = [(number, row["country"]) for number, row in enumerate(rows, 2) if row["country"] == "Austria"]
        corrected = [PostedRow(number, {"country": Cell(text, "AT")}) for number, text in wrong]
        save_rows(sheet, tom, corrected)

    def _transfer_returns(self) -> None:
        lena, workflow = self.people[LENA], self._workflow(ORDER_ENTRY)
        rows = with_errors(new_orders(self.sent, 105_400, 119, self.api.now), 3)
        sheet = self._import(lena, workflow, RETURNS, as_csv(self._schema(workflow), rows))
        transfer_import(sheet, self.people[BEN], lena)

    def _choose_archive(self) -> None:
        rows = [{"invoice": f"invoice-{number:03}.pdf"} for number in range(1, 13)]
        self._choose(self.people[BEN], self._workflow(INVOICES), "invoices-week.zip", rows)

    def _begin_form(self) -> None:
        (order,) = new_orders(self.sent, 105_560, 1, self.api.now)
        posted = QueryDict(mutable=True)
        for name in ("order_number", "customer", "customer_name", "country"):
            posted[f"{PREFIX}{name}"] = str(order[name])
        token = uuid5(NAMESPACE_URL, "demo form")
        save_typed(self.people[MARIA], self._workflow(ORDER_ENTRY), posted, token)

    def _type_rows(self) -> None:
        """Type rows of which one has an error and four have warnings, and accept the first."""
        ben, rows = self.people[BEN], new_orders(self.sent, 105_570, 7, self.api.now)
        for place, gross in ((1, 26_000.0), (2, 48_000.0), (6, 61_200.0)):
            make_large(rows[place], gross)
        rows[4]["customer"] = "4799"
        make_old(rows[5], 19)
        sheet = self._type(ben, self._workflow(ORDER_ENTRY), rows)
        self._accept(sheet, ben, most=1)

    def _check_today(self) -> None:
        """Check a file that is sent after the start. Two of its orders may fail as those of Friday did."""
        rows = new_orders(self.sent, 105_600, 240, self.api.now)
        for row, failing in zip(rows[40::120], (one for one in self.sent if one["country"] == FAILING), strict=False):
            row.update({name: failing[name] for name in ("customer", "customer_name", "country")})
        workflow = self._workflow(ORDER_ENTRY)
        self._import(self.people[TOM], workflow, TODAY, as_csv(self._schema(workflow), rows))

    # The numbers of pages

    def _count_tasks(self) -> None:
        """Count the tasks of all workflows as the worker does, but without its pauses."""
        time = self.start - timedelta(seconds=MOST_SECONDS)
        with clock_at(time):
            WorkflowIndex.objects.watch(OpenedWorkflow.objects.filter(key=self.key))
        uncounted = WorkflowIndex.objects.filter(Q(open_as_of=None) | Q(is_backfilled=False))
        for second in range(MOST_SECONDS):
            self._at(time + timedelta(seconds=second), scan_next)
            if not uncounted.exists():
                break
