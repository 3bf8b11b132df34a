"""What a test of the portal starts from: people, teams, saved keys, opened workflows, submissions, uploads.

Each function creates one thing with plain defaults and returns it. Keyword arguments are fields of the model.
"""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from django.utils import timezone

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.accounts.session_store import SessionStore
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.api_client import NodeSummary, PipelinesClient, Task
from pipelines_portal.core.http.middleware import BEGAN_AT, USED_AT
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import KeyShare, SavedKey, fingerprint
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import send as send_submission
from pipelines_portal.task_index.models import StatusCount, WorkflowIndex
from pipelines_portal.task_index.recording import record_tasks
from pipelines_portal.task_index.scanning import OPEN_LISTS
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.conftest import ACME, TRANSLATIONS
from tests.fake_api import FakeApi

# Rows for the workflow TRANSLATIONS: the API accepts the first and rejects the second.
GOOD = {"input_text": "Hello", "target_language": "French"}
BAD = {"input_text": "Hello", "target_language": "Klingon"}
UPLOAD_ID = UUID("11111111-1111-4111-8111-111111111111")


# --- people and teams ------------------------------------------------------------------------------------------------


def make_person(email: str = "maria@acme.example", password: str | None = None, **values: Any) -> User:
    return User.objects.create_user(email, password, **values)


def make_colleague() -> User:
    """Create Ben Okafor, a second person who works at Acme."""
    return make_person("ben@acme.example", name="Ben Okafor")


def make_stranger() -> User:
    """Create a person who has nothing to do with Acme's keys."""
    return make_person("stranger@else.example")


def browser_of(person: User) -> Client:
    """Return a new browser in which the person is signed in."""
    return sign_in(Client(), person)


def sign_in(browser: Client, person: User) -> Client:
    """Sign the person in by one row. Django's `force_login` takes four times as long, and most tests use it."""
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
    [session[BACKEND_SESSION_KEY]] = settings.AUTHENTICATION_BACKENDS
    session[BEGAN_AT] = session[USED_AT] = int(time.time())
    session.save(must_create=True)
    browser.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return browser


def confirm_in(browser: Client, person: User) -> Client:
    """Let the person, who is signed in with `browser`, have shown just now who they are. Return `browser`."""
    session = browser.session
    session["shown"] = {"user": person.pk, "ways": ["password"], "at": time.time()}
    session.save()
    return browser


def make_team(*members: User, lead: User | None = None, name: str = "Intake") -> Team:
    team = Team.objects.create(name=name)
    for member in members:
        Membership.objects.create(team=team, user=member)
    if lead:
        Membership.objects.create(team=team, user=lead, is_lead=True)
    return team


# --- keys and workflows ----------------------------------------------------------------------------------------------


def save_key(owner: User, key: str, name: str = "Acme") -> SavedKey:
    saved = SavedKey(owner=owner, name=name, fingerprint=fingerprint(key))
    saved.encrypt(key)
    saved.save()
    return saved


def end_of_day(days: int) -> datetime:
    """Return the last minute of the day in this many days, by the clock of pages and of the worker."""
    return timezone.now().replace(hour=23, minute=59) + timedelta(days=days)


def share_key(key: SavedKey, to: User | Team) -> KeyShare:
    """Share the key with a person or with a team, in its owner's name."""
    recipient = {"team": to} if isinstance(to, Team) else {"user": to}
    return KeyShare.objects.create(key=key, shared_by=key.owner, **recipient)


def open_workflow(key: SavedKey, workflow_id: int = TRANSLATIONS, **values: Any) -> OpenedWorkflow:
    """Open the workflow with the key, without asking the API."""
    defaults = {"name": f"Workflow {workflow_id}", "status": "ACTIVE"} | values
    opened = OpenedWorkflow.objects.create(key=key, workflow_id=workflow_id, **defaults)
    outdate_sidebars(key.user_ids())
    return opened


def make_task(task_id: int, status: str, created: datetime, hours: float = 0) -> Task:
    """Return a task as the API lists it, which last moved that many hours after it was created."""
    nodes = NodeSummary(total=5, finished=2, in_progress=1, pending=2)
    moved = created + timedelta(hours=hours)
    return Task(id=task_id, status=status, node_summary=nodes, created_at=created, updated_at=moved)


def make_index(workflow: OpenedWorkflow, tasks: list[Task], **values: Any) -> WorkflowIndex:
    """Create the workflow's index as if all of its tasks, `tasks`, had been read a moment ago."""
    index = WorkflowIndex.objects.start(workflow)
    now = timezone.now()
    record_tasks(index, tasks, now)
    read: dict[str, Any] = {"open_as_of": now, "ends_as_of": now, "newest_as_of": now, "durations_as_of": now}
    read |= {"newest_id": max((task.id for task in tasks), default=0), "is_backfilled": True}
    WorkflowIndex.objects.filter(pk=index.pk).update(**read | values)
    list_statuses(index, Counter(task.status for task in tasks), (read | values)["open_as_of"])
    index.refresh_from_db()
    return index


def list_statuses(index: WorkflowIndex, counts: Counter[str], at: datetime) -> None:
    """Store what the API's lists of open tasks had at that time."""
    rows = {row.status: row for row in index.status_counts.filter(status__in=OPEN_LISTS)}
    for status, row in rows.items():
        row.listed, row.listed_at = counts[status], at
    StatusCount.objects.bulk_update(rows.values(), ["listed", "listed_at"])
    index.status_counts.bulk_create(
        StatusCount(index=index, status=status, listed=counts[status], listed_at=at)
        for status in OPEN_LISTS
        if status not in rows
    )


# --- somebody at work ------------------------------------------------------------------------------------------------


@dataclass
class Desk:
    """A person at work: their browser, key and workflow."""

    person: User
    browser: Client
    key: SavedKey
    workflow: OpenedWorkflow

    @property
    def client(self) -> PipelinesClient:
        return client_for(self.key)

    def draft(self, *rows: dict[str, Any], workflow: OpenedWorkflow | None = None, kind: str = "form") -> Submission:
        return Submission.objects.draft(self.person, workflow or self.workflow, rows or [GOOD], uuid4(), kind)


def open_desk(api: FakeApi, email: str = "maria@acme.example") -> Desk:
    """Create a person with a key of their own to Acme's workflows, who has opened one of them."""
    person = make_person(email)
    key = save_key(person, api.new_key(ACME), "Acme Labeling")
    # No page was opened yet, so that no sidebar is outdated.
    workflow = key.workflows.create(workflow_id=TRANSLATIONS, name="Translations", status="ACTIVE")
    return Desk(person, browser_of(person), key, workflow)


def make_submission(owner: User, key: SavedKey | None, workflow_id: int = TRANSLATIONS, **values: Any) -> Submission:
    """Create a submission without rows, which was sent unless its state is "draft"."""
    submission = Submission.objects.create(owner=owner, key=key, workflow_id=workflow_id, **{"kind": "form"} | values)
    if submission.status != Submission.Status.DRAFT:
        submission.record_teams()
    return submission


def make_upload(
    desk: Desk, stage: str = Stage.CHOSEN, url: str = "http://127.0.0.1:9/put?signature=secret", **values: Any
) -> ZipUpload:
    """Create an upload of two rows. It has a storage link, `url`, at the stages from `uploading` to `stored`."""
    submission = desk.draft({"scan": "a.png"}, {"scan": "b.png"}, kind=Submission.Kind.ZIP)
    archive = {"file_name": "scans.zip", "size_bytes": 5, "task_count": 2, "entries": ["a.png", "b.png"]}
    upload = ZipUpload(submission=submission, stage=stage, **archive | values)
    if stage != Stage.CHOSEN:
        upload.remote_upload_id, upload.next_poll_at = UPLOAD_ID, timezone.now() - timedelta(seconds=1)
    if stage in (Stage.UPLOADING, Stage.STORED):
        upload.link, upload.expires_at = url, timezone.now() + timedelta(hours=1)
        submission.record_teams()
    if stage == Stage.PROCESSING:
        submission.claim(0, until=None)
    upload.save()
    return upload


def send(submission: Submission, client: PipelinesClient, newest: int | None = None) -> Submission:
    """Send the submission, and return it as it is then."""
    send_submission(submission, client, newest=newest)
    return submission
