"""What the form reads as SQL, against plain querysets."""

from datetime import timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.reads import read_existing, read_recent, read_stored
from pipelines_portal.entry.models.form import PinnedFields, Preset, TypedDraft
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.permissions import teams_through
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.task_index.recording import record_tasks
from pipelines_portal.workflows.models import OpenedWorkflow, WorkflowNote
from tests.factories import make_person, make_submission, make_task, make_team, open_workflow, save_key, share_key

VALUES = {"input_text": "grün", "count": 3}
DAY = timedelta(days=1)


@pytest.fixture
def workflow(saved_key: SavedKey) -> OpenedWorkflow:
    return open_workflow(saved_key)


def with_row(owner: User, workflow: OpenedWorkflow, row_status: str = "created", **values: object) -> SubmissionRow:
    place = {"key": workflow.key, "workflow_id": workflow.workflow_id} | values
    submission = make_submission(owner, **place)  # type: ignore[arg-type]
    return SubmissionRow.objects.create(
        submission=submission, index=0, fields=VALUES, digest=digest_of(VALUES), status=row_status
    )


def test_what_is_stored_for_the_form(person: User, workflow: OpenedWorkflow) -> None:
    assert read_stored(person, workflow) == ([], {}, False, False, False)
    stranger, other = make_person("pia@acme.example"), open_workflow(workflow.key, workflow_id=7)
    place = {"key": workflow.key, "workflow_id": workflow.workflow_id}
    PinnedFields.objects.create(owner=stranger, **place, names=["theirs"])
    PinnedFields.objects.create(owner=person, key=other.key, workflow_id=7, names=["elsewhere"])
    TypedDraft.objects.create(owner=stranger, **place, typed={}, token=uuid4())
    Preset.objects.create(author=stranger, **place, name="Theirs", fields={})
    assert read_stored(person, workflow) == ([], {}, False, False, False)
    PinnedFields.objects.create(owner=person, **place, names=["größe", "tone"], texts={"tone": "ä"})
    TypedDraft.objects.create(owner=person, **place, typed={}, token=uuid4())
    Preset.objects.create(author=stranger, **place, name="For all", is_shared=True, fields={})
    assert read_stored(person, workflow) == (["größe", "tone"], {"tone": "ä"}, True, True, False)
    WorkflowNote.objects.create(**place, text="Read the handbook first.")
    assert read_stored(person, workflow).has_notes


def test_the_last_ones_of_the_form(person: User, workflow: OpenedWorkflow) -> None:
    now = timezone.now()
    for number, (kind, state) in enumerate(product(("form", "import"), ("draft", "sending", "created", "unconfirmed"))):
        with_row(person, workflow, kind=kind, status=state, created_at=now - timedelta(minutes=number))
    made_tasks = make_submission(person, workflow.key, status="draft")
    UnattributedTask.objects.create(submission=made_tasks, task_id=9)
    make_submission(person, workflow.key, status="draft", is_decided_by_person=True)
    make_submission(person, workflow.key, status="draft", is_earlier_try_uncertain=True)
    with_row(person, workflow, status="created", created_at=now - 2 * DAY)
    with_row(make_person("pia@acme.example"), workflow, status="created")
    with_row(person, open_workflow(workflow.key, workflow_id=7), status="created")
    mine = Submission.objects.filter(owner=person, key=workflow.key, workflow_id=workflow.workflow_id, kind="form")
    plain = list(mine.sent().filter(created_at__gt=now - DAY))
    assert len(plain) == 6
    index = WorkflowIndex.objects.start(workflow)
    record_tasks(index, [make_task(7, "failed", now)], now)
    created = next(one for one in plain if one.status == "created")
    created.rows.update(task_id=7)
    recent = read_recent(person, workflow, now - DAY, now - timedelta(minutes=1), 10)
    assert (recent.created, recent.rejected) == (0, 0)
    read = recent.newest
    assert [one.task_status for one in read] == ["failed" if one == created else "" for one in plain]
    assert [(one.submission, one.submission.status, one.submission.created_at) for one in read] == [
        (one, one.status, one.created_at) for one in plain
    ]
    assert [one.fields for one in read] == [one.rows.first() and VALUES for one in plain]
    assert read_recent(person, workflow, now - DAY, now - 3 * DAY, 2) == (read[:2], 2, 0)


def there(person: User, workflow: OpenedWorkflow, token: UUID) -> tuple[UUID | None, int | None, bool, bool]:
    existing = read_existing(person, workflow, digest_of(VALUES), token, uuid4(), timezone.now() - DAY)
    assert existing.teams == list(teams_through(person, workflow.key).order_by("pk").values_list("pk", flat=True))
    return existing[:4]


@pytest.mark.parametrize(
    "values",
    [
        {"status": "created"},
        {"status": "unconfirmed", "row_status": "unconfirmed"},
        {"status": "sending", "row_status": "waiting"},
    ],
)
def test_what_is_there_already(person: User, workflow: OpenedWorkflow, values: dict[str, object]) -> None:
    row = with_row(person, workflow, **{"sent_at": timezone.now()} | values)  # type: ignore[arg-type]
    token = row.submission.token
    assert there(person, workflow, uuid4()) == (None, row.pk, False, False)
    assert there(person, workflow, token) == (row.submission.pk, None, False, False)
    stranger = make_person("pia@acme.example")
    share_key(workflow.key, stranger)
    assert there(stranger, workflow, token) == (None, row.pk, False, False)
    theirs = with_row(stranger, workflow, status="created", sent_at=timezone.now())
    assert there(person, workflow, uuid4()) == (None, theirs.pk, False, False)
    assert there(person, open_workflow(workflow.key, workflow_id=7), uuid4()) == (None, None, False, False)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "created", "row_status": "rejected"},
        {"status": "created", "sent_at": timezone.now() - 2 * DAY},
        {"status": "draft", "row_status": "waiting", "sent_at": None},
        {"status": "draft", "row_status": "waiting", "attempt": 1},
    ],
)
def test_what_is_no_twin(person: User, workflow: OpenedWorkflow, values: dict[str, object]) -> None:
    with_row(person, workflow, **{"sent_at": timezone.now()} | values)  # type: ignore[arg-type]
    assert there(person, workflow, uuid4()) == (None, None, False, False)


def test_a_stored_draft(person: User, workflow: OpenedWorkflow) -> None:
    place = {"key": workflow.key, "workflow_id": workflow.workflow_id}
    TypedDraft.objects.create(owner=person, **place, typed={}, token=uuid4())
    assert there(person, workflow, uuid4()) == (None, None, True, False)


def test_the_teams_through_which_it_is_sent(person: User, workflow: OpenedWorkflow) -> None:
    shared, not_shared = make_team(person, name="Scans"), make_team(person, name="Proofs")
    of_others = make_team(make_person("pia@acme.example"), name="Others")
    second = make_team(person, lead=make_person("ben@acme.example"))
    for team in (second, shared, of_others):
        share_key(workflow.key, team)
    share_key(open_workflow(save_key(person, "other"), workflow_id=7).key, not_shared)
    with_row(person, workflow, sent_at=timezone.now())
    existing = read_existing(person, workflow, digest_of(VALUES), uuid4(), uuid4(), timezone.now() - DAY)
    assert existing.teams == [shared.pk, second.pk] and existing.duplicate_id
