"""Things to try in the demo, each one press away. Home lists those that the person can do."""

from dataclasses import dataclass
from itertools import chain

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.demo.orders import Fields, as_csv, new_orders
from pipelines_portal.demo.story import ARCHIVE, NOVEMBER, ORDER_ENTRY
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import may_write_notes

PASTED, NEW_IN_FILE = 6, 30


@dataclass(frozen=True)
class Thing:
    """Something to try: a link, or a button if it prepares rows first."""

    name: str
    text: str
    action: str
    url: str
    is_post: bool = False


def order_entry(user: User) -> OpenedWorkflow | None:
    """Return the workflow of the demo's story, if this is the demo and the person may use it."""
    if not (settings.DEMO_IS_ON and user.is_demo):
        return None
    keys = SavedKey.objects.usable_by(user).values("pk")
    opened = OpenedWorkflow.objects.select_related("key__owner").filter(key__in=keys, workflow_id=ORDER_ENTRY)
    return opened.order_by("pk").first()


def november(user: User, workflow: OpenedWorkflow) -> Sheet | None:
    """Return the import of Friday, if the person may see it."""
    visible = Sheet.objects.visible_to(user).filter(key=workflow.key_id, workflow_id=workflow.workflow_id)
    return visible.filter(file_name=NOVEMBER, row_counts__has_key="created").order_by("created_at").first()


def things_to_try(user: User) -> list[Thing]:
    workflow = order_entry(user) if user.may_send else None
    if workflow is None:
        return []
    place = [workflow.key_id, workflow.workflow_id]
    things = [
        Thing(
            "Paste six rows with two mistakes",
            "Each is named at its cell before anything is sent. Rows in your grid become a draft.",
            "Paste", reverse("demo:paste"), is_post=True,
        )
    ]  # fmt: skip
    if november(user, workflow):
        text = f"{NOVEMBER}: 400 rows went out on Friday, {NEW_IN_FILE} are new."
        things.append(Thing("Import a file that was sent before", text, "Import", reverse("demo:file"), is_post=True))
    if group := ProblemGroup.objects.open().filter(workflow=workflow, status="failed", is_single=False).first():
        text = f"One line instead of {group.task_count:,}. Then make corrected copies."
        url = reverse("attention:detail", args=[group.pk])
        things.append(Thing(f"See why {group.task_count:,} tasks failed", text, "Open", url))
    lost = {"status": "unconfirmed", "zip_upload__file_name": ARCHIVE}
    if unconfirmed := Submission.objects.visible_to(user).filter(**lost).order_by("created_at").first():
        text = f"{ARCHIVE}: did Pipelines create the tasks? We never send twice."
        url = reverse("submissions:detail", args=[unconfirmed.pk])
        things.append(Thing("Decide about an answer that was lost", text, "Decide", url))
    if may_write_notes(user, workflow):
        text = "Try it on the last 500 rows before it holds."
        return [*things, Thing("Add a rule", text, "Add", reverse("rules:add", args=place))]
    stopped = Sheet.objects.visible_to(user).filter(size_bytes__gt=0, status="checked", row_counts__to_fix__gt=0)
    if with_errors := stopped.order_by("created_at").first():
        text = f"{with_errors.file_name}: {with_errors.counts_as_read.to_fix} rows have errors."
        things.append(Thing("Correct the errors of an import", text, "Correct", with_errors.errors_url))
    return things


def sent_orders(user: User, workflow: OpenedWorkflow) -> list[Fields]:
    """Return the values of orders that the person may see."""
    visible = Submission.objects.visible_to(user).filter(key=workflow.key_id, workflow_id=workflow.workflow_id)
    rows = SubmissionRow.objects.filter(submission__in=visible, fields__isnull=False).order_by("pk")
    return [fields for fields in rows.values_list("fields", flat=True)[: 10 * NEW_IN_FILE] if fields]


def rows_to_paste(workflow: OpenedWorkflow, sent: list[Fields]) -> list[Fields]:
    """Return six orders, two of them with a mistake, which leaves them good once it is corrected."""
    typed = {"size_bytes": 0, "key": workflow.key_id, "workflow_id": workflow.workflow_id}
    numbers_before = Row.objects.filter(sheet__in=Sheet.objects.filter(**typed)).count()
    rows = new_orders(sent, 106_000 + numbers_before, PASTED, timezone.now())
    rows[1]["country"] = "Austria"
    rows[4] |= {"net": 100.42, "gross": "12o.50"}
    return rows


def longer_file(sheet: Sheet, schema: Schema, sent: list[Fields]) -> bytes:
    """Return the file of the import with new orders below."""
    old = bytes(chain.from_iterable(part.data for part in sheet.parts.order_by("number")))
    new = as_csv(schema, new_orders(sent, 107_000, NEW_IN_FILE, timezone.now()))
    return old + new.partition(b"\r\n")[2]
