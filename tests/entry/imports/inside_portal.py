"""Functions that tests of imports run inside a portal. See `tests.inside_portal`."""

import itertools
import threading
from datetime import timedelta

from django.db import connection
from django.db.models import DateTimeField, F
from django.utils import timezone

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.entry.import_requests import settle_overdue
from pipelines_portal.entry.imports.jobs import work_now
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.statuses import SheetStep
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import KeyShare, SavedKey
from pipelines_portal.submissions.appeared import tasks_since
from pipelines_portal.submissions.models import Submission
from pipelines_portal.task_index.models import Scan

from .making import distinct, make_import, statuses


def make_office(emails: list[str], password: str, key: str, workflow_ids: list[int]) -> None:
    """Create people, a team that uses the key of the first, and the opened workflows. The others lead the team."""
    owner, *others = [User.objects.create_user(email, password) for email in emails]
    saved = SavedKey(owner=owner, name="Acme")
    saved.encrypt(key)
    saved.save()
    team = Team.objects.create(name="Office")
    Membership.objects.create(team=team, user=owner)
    Membership.objects.bulk_create(Membership(team=team, user=other, is_lead=True) for other in others)
    KeyShare.objects.create(key=saved, team=team, shared_by=owner)
    for workflow_id in workflow_ids:
        saved.workflows.create(workflow_id=workflow_id, name="French translations", status="ACTIVE")


def check_while_others_write(rows: int) -> str:
    """Return the status after a check during constant writes."""
    key = SavedKey.objects.get()
    sheet = make_import(key, client_for(key).schema(42), distinct(rows))
    is_over = threading.Event()
    writer = threading.Thread(target=_write_until, args=(is_over,))
    writer.start()
    try:
        work_now(sheet)
    finally:
        is_over.set()
        writer.join()
    return sheet.status


def _write_until(is_over: threading.Event) -> None:
    for number in itertools.count():  # a value that is there already is not written
        SavedKey.objects.update(name=f"Acme {number}")
        if is_over.wait(0.001):
            break
    connection.close()


def begin_import(rows: int, rows_per_request: int) -> str:
    """Checked, and to be sent."""
    key = SavedKey.objects.get()
    sheet = make_import(key, client_for(key).schema(42), distinct(rows), rows_per_request=rows_per_request)
    work_now(sheet)
    assert sheet.start_sending(key.owner, rows, one_row_first=False)
    return str(sheet.pk)


def import_stands(import_id: str) -> dict[str, object]:
    sheet = Sheet.objects.get(pk=import_id)
    rows = list(statuses(sheet).values())
    return {
        "status": sheet.status,
        "problem": sheet.problem,
        "rows": {status: rows.count(status) for status in set(rows)},
    }


def is_at_work(import_id: str) -> bool:
    """Return whether the import has a lease or is over."""
    sheet = Sheet.objects.get(pk=import_id)
    return sheet.lease_holder is not None or sheet.status != Sheet.Status.SENDING


def end_turns() -> int:
    """End all leases of imports and submissions."""
    Submission.objects.filter(status=Submission.Status.SENDING).update(sending_until=timezone.now())
    return Sheet.objects.update(lease_until=None, lease_holder=None, due_at=timezone.now())


def forget_limits() -> int:
    """End the pause that a 429 asked for, and use a key again that a 401 rejected."""
    return SavedKey.objects.update(paused_until=None, rejected_at=None)


def let_pass(minutes: int) -> None:
    """Let so much time pass: all times of imports and of what they sent are that much longer ago."""
    for model in (Sheet, Submission):
        times = [field.name for field in model._meta.fields if isinstance(field, DateTimeField)]
        model._default_manager.update(**{name: F(name) - timedelta(minutes=minutes) for name in times})


def decide_and_go_on(import_id: str) -> int:
    """As a person who looks what appeared, and says so of each request that nobody knows about. How many there were."""
    sheet = Sheet.objects.get(pk=import_id)
    settle_overdue(sheet)
    lost = list(sheet.submissions.filter(status=Submission.Status.UNCONFIRMED).select_related("key"))
    for request in lost:
        appeared = tasks_since(request, client_for(sheet.key)).ids
        if appeared:
            assert len(appeared) == request.row_count
            assert request.decide_created(appeared, sheet.owner)
        else:
            assert request.decide_not_created(sheet.owner)
    sheet.refresh_from_db()
    if sheet.status == Sheet.Status.UNCONFIRMED and not sheet.has_unconfirmed:
        sheet.take_step(SheetStep.SETTLE, Sheet.Status.PAUSED)
    if sheet.status == Sheet.Status.PAUSED:
        assert sheet.start_sending(sheet.owner, 1, one_row_first=False)
    return len(lost)


def scan_now(workflow_id: int) -> None:
    """Let the worker read the lists of a workflow's tasks before everything else."""
    first = timezone.now() - timedelta(hours=1)
    Scan.objects.filter(index__workflow__workflow_id=workflow_id).update(due_at=first)
