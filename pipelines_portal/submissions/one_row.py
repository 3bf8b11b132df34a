"""One typed row on its way: kept and claimed in one transaction, and ended in one.

The short way of `drafts` and `transitions` for what operators do hundreds of times a day, by the same rules: a
submission is begun once a form, and only the try that it stands at ends it. Whatever is not plain goes the long way.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.models import BigIntegerField, BinaryField, CharField, DateTimeField, Exists, QuerySet, UUIDField
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record as record_event
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.shared.prepared import Given, prepared_write
from pipelines_portal.workflows.models import OpenedWorkflow

from .counting import count_rows
from .digest_keys import note_first_key
from .models import LooseTask, RowBlock, Submission, SubmissionRow
from .rows import RowText, packed
from .transitions import Outcome, State, record

Values = dict[str, Any]


def begin(
    owner: User, workflow: OpenedWorkflow, text: RowText, token: UUID, *, newest: int, until: datetime
) -> Submission:
    """What a form sends, kept as `sending` from the first. Call in a transaction that found no submission of `token`.

    `newest` and `until` as in `transitions.claim`.
    """
    key, now = workflow.key, timezone.now()
    submission = Submission(
        id=uuid4(), owner=owner, token=token, key=key, key_name=key.name, key_last4=key.last4,
        workflow_id=workflow.workflow_id, workflow_name=workflow.name, kind=Submission.Kind.FORM, state=State.SENDING,
        row_count=1, attempt=1, newest_task_id_before=newest, created_at=now, sent_at=now, sending_until=until,
    )  # fmt: skip
    _submission.run(**{name: getattr(submission, name) for name in KINDS})
    _block.run(submission=submission.pk, data=packed([text.text]))
    _row.run(submission=submission.pk, digest=text.digest)
    name = f"{key.name} …{key.last4}"
    record_event(Verb.SUBMISSION_SENT, by=owner, target=submission, label=submission.label, key=name, attempt=1)
    note_first_key()
    return submission


def end_well(submission: Submission, task_id: int) -> bool:
    """It became this task. Call in a transaction. False as in `transitions.record`."""
    place: Values = {"submission": submission.pk, "workflow": submission.workflow_id, "task": task_id}
    if not _done.run(**place, attempt=submission.attempt, now=timezone.now()):
        return record(submission, Outcome(State.DONE, "", 1, 0, {}, (task_id,)))
    _created.run(submission=submission.pk, task=task_id)
    count_rows(created=1)
    submission.state, submission.success_count, submission.sending_until = State.DONE, 1, None
    return True


KINDS: Values = {
    "id": UUIDField(), "owner_id": BigIntegerField(), "token": UUIDField(), "key_id": BigIntegerField(),
    "key_name": CharField(), "key_last4": CharField(), "workflow_id": BigIntegerField(), "workflow_name": CharField(),
    "newest_task_id_before": BigIntegerField(), "created_at": DateTimeField(), "sent_at": DateTimeField(),
    "sending_until": DateTimeField(),
}  # fmt: skip


@prepared_write(**KINDS)
def _submission(**given: Any) -> Submission:
    same: Values = {"kind": Submission.Kind.FORM, "state": State.SENDING, "row_count": 1, "attempt": 1}
    return Submission(**given, **same)


@prepared_write(submission=UUIDField(), data=BinaryField())
def _block(submission: Any, data: Any) -> RowBlock:
    return RowBlock(submission_id=submission, first=0, row_count=1, data=data)


@prepared_write(submission=UUIDField(), digest=CharField())
def _row(submission: Any, digest: Any) -> SubmissionRow:
    return SubmissionRow(submission_id=submission, index=0, digest=digest)


@prepared_write(
    submission=UUIDField(), workflow=BigIntegerField(), task=BigIntegerField(), attempt=BigIntegerField(),
    now=DateTimeField(),
)  # fmt: skip
def _done(
    submission: Given, workflow: Given, task: Given, attempt: Given, now: Given
) -> tuple[QuerySet[Submission], Values]:
    """Of the try that it stands at; and while no person took the task for another submission's."""
    guess = {"task_id": task, "submission__workflow_id": workflow, "submission__is_decided_by_person": True}
    guesses = [~Exists(model.objects.filter(**guess)) for model in (SubmissionRow, LooseTask)]
    standing = Submission.objects.filter(*guesses, pk=submission, attempt=attempt, state=State.SENDING)
    return standing, {"state": State.DONE, "success_count": 1, "sending_until": None, "finished_at": now}


@prepared_write(submission=UUIDField(), task=BigIntegerField())
def _created(submission: Given, task: Given) -> tuple[QuerySet[SubmissionRow], Values]:
    return SubmissionRow.objects.filter(submission=submission), {"state": SubmissionRow.State.CREATED, "task_id": task}
