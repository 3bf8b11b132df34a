"""Sending the good rows, request after request, as the worker. Every request is in the ledger before it leaves.

A killed worker leaves at most one request whose outcome nobody knows; the rest goes on where it stood.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from pipelines_portal.api_client import (
    ConnectionFailed,
    NotAsked,
    PipelinesClient,
    PipelinesError,
    RateLimited,
    Schema,
    ServiceUnavailable,
)
from pipelines_portal.core.stopping import is_stopping
from pipelines_portal.entry.imports.ending import tell_of_end
from pipelines_portal.entry.imports.matching import Matching
from pipelines_portal.entry.imports.requests import (
    Moved,
    give_back,
    give_back_unsent,
    has_unknown,
    next_submission,
    open_submission,
    settle_overdue,
)
from pipelines_portal.entry.imports.schema_changes import changes_between, without_gone_fields
from pipelines_portal.entry.imports.transitions import TURN, Step, end_turn, keep_turn, mine, step
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.clients import KeyCannotBeOpened, client_for
from pipelines_portal.keys.permissions import may_send_with, teams_through
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import sentence
from pipelines_portal.submissions.sending import lease, send
from pipelines_portal.workflows.models import OpenedWorkflow

MOST_TRIES = 20
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
WAIT_UNLESS_TOLD = 5
TOO_LARGE = 413
NO_ACCESS = "{owner} can no longer send with this key. Hand the import over to somebody who can."
CONTINUED_WITHOUT_ACCESS = "{person}, who continued this import, can no longer send with this key."
NOT_OPENED = "The workflow was taken off the list. Open it again, then continue the import."
FIRST_REJECTED = "The first row was rejected, so the others were not sent. Look at what the API says of it."
LOST = "Nobody knows what came of a request. Nothing more is sent until somebody decides."
SCHEMA_CHANGED = "The workflow's fields changed since the rows were checked."
NO_FIELDS = "The API says that the workflow has no fields at all. Nothing more was sent; go on when it has some again."
# What passes by itself.
PASSING = (ConnectionFailed, NotAsked, ServiceUnavailable)


def send_on(import_job: ImportJob) -> None:
    """Send until nothing is left, something has to be waited for, or a person must decide. The turn is the caller's."""
    if reason := missing_right(import_job):
        return _pause(import_job, reason)
    settle_overdue(import_job)
    if has_unknown(import_job):
        return _lose(import_job)
    give_back_unsent(import_job, of_others=True)
    try:
        client = client_for(import_job.key.on_behalf_of(import_job.owner))
        if _schema_changed(import_job, client.schema(import_job.workflow_id)):
            return None
    except (KeyCannotBeOpened, PipelinesError) as error:
        return _stand_back(import_job, error)
    Sending(import_job, client).run()
    return None


def missing_right(import_job: ImportJob) -> str:
    """Return why nothing more may be sent, in a sentence for people, or ""."""
    if not OpenedWorkflow.objects.filter(key=import_job.key_id, workflow_id=import_job.workflow_id).exists():
        return NOT_OPENED
    if not may_send_with(import_job.owner, import_job.key):
        return NO_ACCESS.format(owner=import_job.owner)
    if import_job.continued_by and not may_send_with(import_job.continued_by, import_job.key):
        return CONTINUED_WITHOUT_ACCESS.format(person=import_job.continued_by)
    return ""


def _schema_changed(import_job: ImportJob, schema: Schema) -> bool:
    """The API is asked before the first request leaves: with other fields, every row is checked anew."""
    now = schema.model_dump(mode="json")
    if now == import_job.schema:
        return False
    if not schema.fields:
        _pause(import_job, NO_FIELDS)
        return True
    give_back_unsent(import_job)
    values = {
        "schema": now,
        "schema_changes": changes_between(Schema.model_validate(import_job.schema), schema),
        "matching": without_gone_fields(Matching.of(import_job.matching), schema).kept(),
    }
    step(import_job, Step.RECHECK, ImportJob.Status.CHECKING, mine(import_job), problem=SCHEMA_CHANGED, **values)
    return True


class Sending:
    """One turn of it, request after request."""

    def __init__(self, import_job: ImportJob, client: PipelinesClient) -> None:
        self.import_job, self.client = import_job, client
        # The newest task before the next request, where the one before it made that.
        self.newest: int | None = None

    def run(self) -> None:
        while keep_turn(self.import_job, TURN + lease()) and self._next() and not is_stopping():
            pass
        if is_stopping():
            end_turn(self.import_job)  # another worker goes on at once

    def _next(self) -> bool:
        """Whether to go on with another one."""
        is_first = self.import_job.one_row_first
        if is_first:
            give_back_unsent(self.import_job)  # it may hold many
        try:
            submission = open_submission(self.import_job) or next_submission(self.import_job)
        except Moved:
            end_turn(self.import_job)
            return False
        if submission is None:
            return self._finish()
        if submission.status == Submission.Status.SENDING:
            end_turn(self.import_job, due_at=timezone.now() + timedelta(seconds=1))
            return False
        if not keep_turn(self.import_job, TURN + lease()) or not self._may_leave():
            return False
        self._note_senders(submission)
        return self._send(submission, is_first=is_first)

    def _may_leave(self) -> bool:
        """Rights end at once: they are asked for before each request. Pause the import where one is missing."""
        if reason := missing_right(self.import_job):
            _pause(self.import_job, reason)
        return not reason

    def _note_senders(self, submission: Submission) -> None:
        """Record, as of now, the teams that the rows go through, and who continued the import."""
        self.import_job.teams.add(*teams_through(self.import_job.owner, self.import_job.key))
        if submission.continued_by_id != self.import_job.continued_by_id:
            draft = Submission.objects.filter(pk=submission.pk, status=Submission.Status.DRAFT)
            draft.update(continued_by=self.import_job.continued_by_id)

    def _finish(self) -> bool:
        with transaction.atomic():
            if step(self.import_job, Step.FINISH, ImportJob.Status.CHECKED, mine(self.import_job)):
                tell_of_end(self.import_job)
        return False

    def _send(self, submission: Submission, *, is_first: bool) -> bool:
        try:
            submission = send(submission, self.client, newest=self.newest)
        except Submission.DoesNotExist:  # it was given back
            return True
        except PipelinesError as error:
            self.newest = None
            return _after(self.import_job, submission, error, is_first=is_first)
        if submission.status == Submission.Status.UNCONFIRMED:
            _lose(self.import_job)
            return False
        self.newest = submission.rows.order_by("-index").values_list("task_id", flat=True).first()
        return _went_well(self.import_job, is_rejected=is_first and submission.status == Submission.Status.REJECTED)


def _went_well(import_job: ImportJob, *, is_rejected: bool) -> bool:
    if is_rejected:
        _pause(import_job, FIRST_REJECTED)
    elif import_job.tries:
        ImportJob.objects.filter(mine(import_job), pk=import_job.pk).update(tries=0, problem="")
        import_job.tries = 0
    return not is_rejected


def _after(import_job: ImportJob, submission: Submission, error: PipelinesError, *, is_first: bool) -> bool:
    """What a failed request means for the rest. Whether to go on at once."""
    try:
        submission.refresh_from_db()
    except Submission.DoesNotExist:  # a person stopped the import meanwhile, which gave the rows back
        return False
    if submission.status == Submission.Status.UNCONFIRMED:
        _lose(import_job)
        return False
    if submission.status == Submission.Status.REJECTED:
        return _went_well(import_job, is_rejected=is_first)
    if getattr(error, "status", None) == TOO_LARGE and submission.row_count > 1:
        return _halve(import_job, submission)
    _stand_back(import_job, error)
    return False


def _halve(import_job: ImportJob, submission: Submission) -> bool:
    half = max(submission.row_count // 2, 1)
    ImportJob.objects.filter(mine(import_job), pk=import_job.pk).update(rows_per_request=half)
    import_job.rows_per_request = half
    return give_back(submission)


def _stand_back(import_job: ImportJob, error: Exception) -> None:
    """Nothing of the request was taken. What passes is waited for; all else waits for a person."""
    if isinstance(error, RateLimited):
        wait = timedelta(seconds=error.retry_after or WAIT_UNLESS_TOLD)
        end_turn(import_job, due_at=timezone.now() + wait, problem="The API asked for a pause with this key.")
    elif isinstance(error, PASSING) and import_job.tries < MOST_TRIES:
        wait = timedelta(seconds=min(FIRST_WAIT * 1.5**import_job.tries, LONGEST_WAIT))
        end_turn(import_job, due_at=timezone.now() + wait, problem=sentence(error), tries=import_job.tries + 1)
    else:
        advice = getattr(error, "advice", "")
        _pause(import_job, advice or (sentence(error) if isinstance(error, PipelinesError) else str(error)))


def _pause(import_job: ImportJob, problem: str) -> None:
    step(import_job, Step.PAUSE, ImportJob.Status.PAUSED, mine(import_job), problem=problem)


def _lose(import_job: ImportJob) -> None:
    """Also where a person paused it."""
    step(import_job, Step.LOSE, ImportJob.Status.UNCONFIRMED, problem=LOST)
