"""What the form reads as SQL, against plain querysets."""

from datetime import timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.reads import read_last_sent, read_stored, read_there
from pipelines_portal.entry.models.form import KeptFields, Preset, TypedDraft
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.digests import digest_of
from pipelines_portal.submissions.models import LooseTask, Submission, SubmissionRow
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.factories import make_person, make_submission, open_workflow, share_key

VALUES = {"input_text": "grün", "count": 3}
DAY = timedelta(days=1)


@pytest.fixture
def workflow(saved_key: SavedKey) -> OpenedWorkflow:
    return open_workflow(saved_key)


def with_row(owner: User, workflow: OpenedWorkflow, row_state: str = "created", **values: object) -> SubmissionRow:
    place = {"key": workflow.key, "workflow_id": workflow.workflow_id} | values
    submission = make_submission(owner, **place)  # type: ignore[arg-type]
    return SubmissionRow.objects.create(
        submission=submission, index=0, fields=VALUES, digest=digest_of(VALUES), state=row_state
    )


def test_what_is_stored_for_the_form(person: User, workflow: OpenedWorkflow) -> None:
    assert read_stored(person, workflow) == (None, False, False)
    stranger, other = make_person("pia@acme.example"), open_workflow(workflow.key, workflow_id=7)
    place = {"key": workflow.key, "workflow_id": workflow.workflow_id}
    KeptFields.objects.create(owner=stranger, **place, names=["theirs"])
    KeptFields.objects.create(owner=person, key=other.key, workflow_id=7, names=["elsewhere"])
    TypedDraft.objects.create(owner=stranger, **place, typed={}, token=uuid4())
    Preset.objects.create(author=stranger, **place, name="Theirs", fields={})
    assert read_stored(person, workflow) == (None, False, False)
    KeptFields.objects.create(owner=person, **place, names=["größe", "tone"])
    TypedDraft.objects.create(owner=person, **place, typed={}, token=uuid4())
    Preset.objects.create(author=stranger, **place, name="For all", is_shared=True, fields={})
    assert read_stored(person, workflow) == (["größe", "tone"], True, True)


def test_the_last_ones_of_the_form(person: User, workflow: OpenedWorkflow) -> None:
    now = timezone.now()
    for number, (kind, state) in enumerate(product(("form", "import"), ("draft", "sending", "done", "unknown"))):
        with_row(person, workflow, kind=kind, state=state, created_at=now - timedelta(minutes=number))
    made_tasks = make_submission(person, workflow.key, state="draft")
    LooseTask.objects.create(submission=made_tasks, task_id=9)
    make_submission(person, workflow.key, state="draft", is_decided_by_person=True)
    make_submission(person, workflow.key, state="draft", is_earlier_try_uncertain=True)
    with_row(person, workflow, state="done", created_at=now - 2 * DAY)
    with_row(make_person("pia@acme.example"), workflow, state="done")
    with_row(person, open_workflow(workflow.key, workflow_id=7), state="done")
    mine = Submission.objects.filter(owner=person, key=workflow.key, workflow_id=workflow.workflow_id, kind="form")
    plain = list(mine.sent().filter(created_at__gt=now - DAY))
    assert len(plain) == 6
    read = read_last_sent(person, workflow, now - DAY, 10)
    assert [(one.submission, one.submission.state, one.submission.created_at) for one in read] == [
        (one, one.state, one.created_at) for one in plain
    ]
    assert [one.fields for one in read] == [one.rows.first() and VALUES for one in plain]
    assert read_last_sent(person, workflow, now - DAY, 2) == read[:2]


def there(person: User, workflow: OpenedWorkflow, token: UUID) -> tuple[UUID | None, int | None, bool]:
    now = timezone.now()
    return read_there(
        person, workflow, digest_of(VALUES), token, sent_since=now - DAY, stored_since=now - timedelta(minutes=1)
    )


@pytest.mark.parametrize(
    "values",
    [
        {"state": "done"},
        {"state": "unknown", "row_state": "unknown"},
        {"state": "sending", "row_state": "waiting"},
        {"state": "draft", "row_state": "waiting", "sent_at": None},
    ],
)
def test_what_is_there_already(person: User, workflow: OpenedWorkflow, values: dict[str, object]) -> None:
    row = with_row(person, workflow, **{"sent_at": timezone.now()} | values)  # type: ignore[arg-type]
    token = row.submission.token
    assert there(person, workflow, uuid4()) == (None, row.pk, False)
    assert there(person, workflow, token) == (row.submission.pk, None, False)
    stranger = make_person("pia@acme.example")
    share_key(workflow.key, stranger)
    assert there(stranger, workflow, token) == (None, None, False)
    theirs = with_row(stranger, workflow, state="done", sent_at=timezone.now())
    assert there(person, workflow, uuid4()) == (None, theirs.pk, False)
    assert there(person, open_workflow(workflow.key, workflow_id=7), uuid4()) == (None, None, False)


@pytest.mark.parametrize(
    "values",
    [
        {"state": "done", "row_state": "rejected"},
        {"state": "done", "sent_at": timezone.now() - 2 * DAY},
        {"state": "draft", "row_state": "waiting", "created_at": timezone.now() - DAY},
        {"state": "draft", "row_state": "waiting", "kind": "import"},
        {"state": "draft", "row_state": "waiting", "attempt": 1},
        {"state": "draft", "row_state": "waiting", "reason": "The API could not be reached."},
    ],
)
def test_what_is_no_twin(person: User, workflow: OpenedWorkflow, values: dict[str, object]) -> None:
    with_row(person, workflow, **{"sent_at": timezone.now()} | values)  # type: ignore[arg-type]
    assert there(person, workflow, uuid4()) == (None, None, False)


def test_a_stored_draft(person: User, workflow: OpenedWorkflow) -> None:
    place = {"key": workflow.key, "workflow_id": workflow.workflow_id}
    TypedDraft.objects.create(owner=person, **place, typed={}, token=uuid4())
    assert there(person, workflow, uuid4()) == (None, None, True)
