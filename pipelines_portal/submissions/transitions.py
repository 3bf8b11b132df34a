"""Every change of a submission's status and of its rows': compare-and-set, rows and submission in one transaction.

STEPS says what may follow what; docs/decisions/0065 shows it as a picture. A caller that loses a race gets False (or
sees nothing changed), and the submission as it is now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, F, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record as record_event
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.many_rows import db_id, update_many
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.permissions import teams_through
from pipelines_portal.submissions.counting import count_rows
from pipelines_portal.submissions.models import Submission, SubmissionRow, SubmissionTeam, UnattributedTask
from pipelines_portal.submissions.rows import CHUNK
from pipelines_portal.submissions.search_index import index_rows
from pipelines_portal.submissions.signals import outcome_written

Status = Submission.Status
RowStatus = SubmissionRow.Status


class Step(Enum):
    CLAIM = "claim"  # it goes out now
    ANSWER = "answer"  # what the API said, or that nobody heard it
    LATE_ANSWER = "late answer"  # what the API said of a try that a person has decided about
    DECIDE = "decide"  # what a person found out
    WITHDRAW = "withdraw"  # a task that a person took for one of its own was another's


# From which statuses, to which.
STEPS: dict[Step, tuple[frozenset[str], frozenset[str]]] = {
    Step.CLAIM: (frozenset({Status.DRAFT}), frozenset({Status.SENDING})),
    Step.ANSWER: (
        frozenset({Status.SENDING, Status.UNCONFIRMED}),
        frozenset({Status.DRAFT, Status.CREATED, Status.PARTLY_CREATED, Status.REJECTED, Status.UNCONFIRMED}),
    ),
    Step.LATE_ANSWER: (
        frozenset({Status.DRAFT, Status.CREATED, Status.PARTLY_CREATED, Status.REJECTED}),
        frozenset({Status.DRAFT, Status.CREATED, Status.PARTLY_CREATED, Status.REJECTED, Status.UNCONFIRMED}),
    ),
    Step.DECIDE: (
        frozenset({Status.UNCONFIRMED}),
        frozenset({Status.DRAFT, Status.CREATED, Status.PARTLY_CREATED, Status.REJECTED}),
    ),
    Step.WITHDRAW: (frozenset({Status.CREATED, Status.PARTLY_CREATED}), frozenset({Status.UNCONFIRMED})),
}
TAKEN_BY_MISTAKE = (
    "A task that was recorded as coming of this submission came of another one. Look again which tasks are its own."
)


@dataclass(frozen=True)
class Refusal:
    """Why a row was rejected, all entries about it in one."""

    field: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """What came of a try. Rows that no refusal names went well, or are left as they are when nothing `is_known`."""

    status: str
    reason: str = ""
    success_count: int = 0
    error_count: int = 0
    refusals: Mapping[int, Refusal] | None = None
    task_ids: tuple[int, ...] = ()

    @property
    def is_known(self) -> bool:
        return self.status in (Status.CREATED, Status.PARTLY_CREATED, Status.REJECTED)


def claim(submission: Submission, newest: int | None, *, until: datetime | None) -> bool:
    """Turn a draft to `sending`. Of several requests at once one gets True, and only that one may send.

    `newest` is the workflow's newest task before it; None leaves what was noted. After `until` a sending without an
    outcome counts as unknown; None leaves that to the caller.
    """
    noted: dict[str, Any] = {} if newest is None else {"newest_task_id_before": newest}
    with transaction.atomic():
        claimed = _step(
            submission, Step.CLAIM, Status.SENDING, {"is_called_off": False},
            attempt=F("attempt") + 1, is_decided_by_person=False,
            # Nobody heard what came of a try that a person called off, unless its answer comes yet.
            is_earlier_try_uncertain=Q(is_decided_by_person=True) | Q(is_earlier_try_uncertain=True),
            sent_at=timezone.now(), sending_until=until, finished_at=None, **noted,
        )  # fmt: skip
        if claimed:
            note_sent(submission)
    return claimed


def note_sent(submission: Submission) -> None:
    """Record that it is sent now. Call in the transaction that makes it `sending`."""
    index_rows(submission, note_teams(submission))
    record_sent(submission)


def record_sent(submission: Submission) -> None:
    """Record it in the audit log."""
    continued_by = submission.continued_by.email if submission.continued_by else ""
    _tell(Verb.SUBMISSION_SENT, submission, submission.owner, continued_by=continued_by)


def note_teams(submission: Submission) -> list[int]:
    """Record the teams through which its owner can use the key now, and return them: their leads may see it."""
    teams = teams_of_sender(submission.owner, submission.key) if submission.key else []
    record_teams(submission, teams)
    return teams


def teams_of_sender(owner: User, key: SavedKey) -> list[int]:
    return list(teams_through(owner, key).order_by("pk").values_list("pk", flat=True))


def record_teams(submission: Submission, teams: list[int]) -> None:
    through = [SubmissionTeam(submission=submission, team_id=team, key_id=submission.key_id) for team in teams]
    SubmissionTeam.objects.bulk_create(through, ignore_conflicts=True)


def call_off(submission: Submission) -> None:
    """A draft whose rows go out with another one, if at all: whoever is about to claim it does not."""
    Submission.objects.filter(pk=submission.pk, status=Status.DRAFT).update(is_called_off=True)


def note_newest(submission: Submission, newest: int) -> None:
    """Before tasks may be made: what was there. The first note of a try stands, for what came later may be its own."""
    unsent = Submission.objects.filter(pk=submission.pk, status=Status.DRAFT, newest_task_id_before=None)
    unsent.update(newest_task_id_before=newest)


def forget_newest(submission: Submission) -> None:
    """A try begins anew, and nothing came of the one before."""
    Submission.objects.filter(pk=submission.pk, status=Status.DRAFT).update(newest_task_id_before=None)


def record(submission: Submission, outcome: Outcome) -> bool:
    """Write down what came of the try that `submission` was read at.

    What the API says goes before what a person decided about the same try. Once a later try has begun, tasks of the
    earlier one are listed as unattributed, and it is certain then; nothing else changes.
    """
    attempt = submission.attempt
    with transaction.atomic():
        _withdraw_guesses(submission, outcome.task_ids)
        recorded = _record(submission, outcome)
        if recorded:
            unknown = submission.row_count if outcome.status == Status.UNCONFIRMED else 0
            count_rows(created=outcome.success_count, rejected=outcome.error_count, unknown=unknown)
        if not recorded and outcome.task_ids:
            _list_unattributed(submission, outcome.task_ids)
        if not recorded and outcome.status != Status.UNCONFIRMED and attempt == submission.attempt - 1:
            Submission.objects.filter(pk=submission.pk).update(is_earlier_try_uncertain=False)
        if recorded:
            outcome_written.send(Submission, submission=submission)
    return recorded


def decide(submission: Submission, outcome: Outcome, by: User) -> bool:
    """What a person says of an unknown one. False when the answer came after all, or another tab decided first.

    False too when one of the tasks was recorded for another submission meanwhile: then this one is still unknown.
    """
    with transaction.atomic():
        if claimed_elsewhere(submission, outcome.task_ids):
            return False
        decided = _step(
            submission, Step.DECIDE, outcome.status, is_decided_by_person=True, reason=outcome.reason,
            success_count=outcome.success_count, error_count=outcome.error_count, finished_at=_finished_at(outcome),
        )  # fmt: skip
        if decided:
            _write_rows(submission, outcome)
            _tell(Verb.SUBMISSION_DECIDED, submission, by, outcome=outcome.status, tasks=outcome.success_count)
            outcome_written.send(Submission, submission=submission)
    return decided


def _tell(verb: Verb, submission: Submission, by: User, **detail: Any) -> None:
    key = f"{submission.key_name} …{submission.key_last4}"
    record_event(verb, by=by, target=submission, label=submission.label, key=key, attempt=submission.attempt, **detail)


def lose_overdue(reason: str, **where: Any) -> None:
    """Sendings whose process died on the way become unknown. Cheap: call it before showing any."""
    for submission in overdue(**where):
        record(submission, Outcome(Status.UNCONFIRMED, reason))


def overdue(**where: Any) -> QuerySet[Submission]:
    """Those."""
    return Submission.objects.filter(status=Status.SENDING, sending_until__lt=timezone.now(), **where)


def claimed_elsewhere(submission: Submission, task_ids: Iterable[int]) -> set[int]:
    """Those that the ledger knows to be another submission's."""
    return set(_others(SubmissionRow, submission, task_ids).values_list("task_id", flat=True)) | set(
        _others(UnattributedTask, submission, task_ids).values_list("task_id", flat=True)
    )


def _record(submission: Submission, outcome: Outcome) -> bool:
    values = {
        "reason": outcome.reason,
        "sending_until": None,
        "success_count": outcome.success_count,
        "error_count": outcome.error_count,
        "finished_at": _finished_at(outcome),
        "is_decided_by_person": False,
    }
    this_try = {"attempt": submission.attempt}
    if _step(submission, Step.ANSWER, outcome.status, this_try, **values):
        _write_rows(submission, outcome)
        return True
    decided: dict[str, Any] = this_try | {"is_decided_by_person": True}
    if outcome.status == Status.UNCONFIRMED:
        # Who said that nothing was created had looked too early; who found tasks knows more than this.
        decided["status__in"] = (Status.DRAFT, Status.REJECTED)
    if not _step(submission, Step.LATE_ANSWER, outcome.status, decided, **values):
        return False
    submission.unattributed_tasks.all().delete()
    _write_rows(submission, outcome)
    return True


def _step(submission: Submission, step: Step, to: str, only: Mapping[str, Any] | None = None, **values: Any) -> bool:
    """The one UPDATE that changes a status. True for whoever made the step; `submission` is read again either way."""
    sources, targets = STEPS[step]
    if to not in targets:
        raise ValueError(f"{step.value} does not lead to {to}.")
    standing = Submission.objects.filter(pk=submission.pk, status__in=sources).filter(**(only or {}))
    values = {"reason": ""} | values | {"status": to}
    made = standing.update(**values)
    if made and step is Step.ANSWER:
        for name, value in values.items():
            setattr(submission, name, value)
    else:
        submission.refresh_from_db()
    submission.__dict__.pop("unattributed_task_ids", None)
    return bool(made)


def _finished_at(outcome: Outcome) -> datetime | None:
    return None if outcome.status == Status.DRAFT else timezone.now()


def _write_rows(submission: Submission, outcome: Outcome) -> None:
    if outcome.status == Status.UNCONFIRMED:
        submission.rows.update(status=RowStatus.UNCONFIRMED, task_id=None)
        _list_unattributed(submission, outcome.task_ids)
    elif outcome.status == Status.DRAFT:
        submission.rows.update(status=RowStatus.WAITING, task_id=None)
    else:
        _write_known_rows(submission, outcome.refusals or {}, outcome.task_ids)


def _write_known_rows(submission: Submission, refusals: Mapping[int, Refusal], task_ids: tuple[int, ...]) -> None:
    """Task ids follow the order of the rows that went well; when their numbers differ nobody knows which is whose."""
    fine = [index for index in range(submission.row_count) if index not in refusals]
    if len(fine) == len(set(task_ids)) == len(task_ids):
        _write_created(submission, zip(fine, task_ids, strict=True))
    else:
        submission.rows.update(status=RowStatus.UNCONFIRMED, task_id=None)
        _list_unattributed(submission, task_ids)
    place = db_id(submission)
    rejected = ((*_rejected(refusal), place, index) for index, refusal in refusals.items())
    update_many(
        SubmissionRow, ("status", "task_id", "error_field", "error_message"), ("submission_id", "index"), rejected
    )


def _write_created(submission: Submission, tasks: Iterable[tuple[int, int]]) -> None:
    """(index, task id): most follow each other in both, and are written a run at a time."""
    for offset, run in groupby(tasks, lambda task: task[1] - task[0]):
        indexes = [index for index, _ in run]
        rows = submission.rows.filter(index__range=(indexes[0], indexes[-1]))
        if len(indexes) <= indexes[-1] - indexes[0]:
            rows = rows.filter(index__in=indexes)
        rows.update(
            status=RowStatus.CREATED,
            task_id=Cast("index", BigIntegerField()) + offset,
            error_field="",
            error_message="",
        )


def _withdraw_guesses(submission: Submission, task_ids: tuple[int, ...]) -> None:
    """What a person took for another submission's is this one's by the API's own word."""
    decided = Submission.objects.filter(workflow_id=submission.workflow_id, is_decided_by_person=True)
    if not task_ids or not decided.exists():
        return
    for owner in Submission.objects.filter(pk__in=_guessing(submission, task_ids)):
        values = {"reason": TAKEN_BY_MISTAKE, "success_count": 0, "error_count": 0, "finished_at": None}
        if _step(owner, Step.WITHDRAW, Status.UNCONFIRMED, {"is_decided_by_person": True}, **values):
            owner.unattributed_tasks.all().delete()
            owner.rows.update(status=RowStatus.UNCONFIRMED, task_id=None)
            outcome_written.send(Submission, submission=owner)


def _guessing(submission: Submission, task_ids: tuple[int, ...]) -> set[Any]:
    """The submissions that one of these tasks was recorded for by a person.

    Tasks are looked for by their range: IDs of one sending are close together, and thousands are many to name.
    """
    decided = {
        "task_id__range": (min(task_ids), max(task_ids)), "submission__workflow_id": submission.workflow_id,
        "submission__is_decided_by_person": True,
    }  # fmt: skip
    rows, unattributed = (
        model.objects.filter(**decided).order_by().values_list("submission", "task_id")
        for model in (SubmissionRow, UnattributedTask)
    )
    mine = set(task_ids)
    return {owner for owner, task_id in rows.union(unattributed) if task_id in mine} - {submission.pk}


def _others(
    model: type[SubmissionRow] | type[UnattributedTask], submission: Submission, task_ids: Iterable[int]
) -> QuerySet[Any]:
    claims = model.objects.filter(task_id__in=list(task_ids), submission__workflow_id=submission.workflow_id)
    return claims.exclude(submission=submission.pk)


def _list_unattributed(submission: Submission, task_ids: Iterable[int]) -> None:
    mine = set(submission.rows.filter(task_id__in=list(task_ids)).values_list("task_id", flat=True))
    unattributed = [UnattributedTask(submission=submission, task_id=task_id) for task_id in dict.fromkeys(task_ids)]
    UnattributedTask.objects.bulk_create(
        [task for task in unattributed if task.task_id not in mine], CHUNK, ignore_conflicts=True
    )
    submission.__dict__.pop("unattributed_task_ids", None)


def _rejected(refusal: Refusal) -> tuple[Any, ...]:
    return RowStatus.REJECTED.value, None, refusal.field[:200], refusal.message
