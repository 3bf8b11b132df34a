"""Sending a draft at most once: claim it, POST its rows, record the outcome.

If the answer is lost, an API that honours Idempotency-Key is asked again: the same key and the same body get the answer
of the first request, or create the tasks that it did not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import (
    Conflict,
    ConnectionFailed,
    CreatedTasks,
    Forbidden,
    InvalidRequest,
    NotFound,
    OtherRequest,
    PayloadTooLarge,
    PipelinesClient,
    PipelinesError,
    StillRunning,
    ValidationFailed,
)
from pipelines_portal.core.database_errors import recording_result
from pipelines_portal.keys.clients import KeyCannotBeOpened, client_for
from pipelines_portal.keys.permissions import sendable_keys
from pipelines_portal.keys.pooled_answers import outdate
from pipelines_portal.submissions.kept_rules import BreaksRules, require_kept_rules
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import (
    Outcome,
    describe_unwritten,
    not_sent,
    outcome_of_answer,
    outcome_of_error,
    sentence,
    unconfirmed,
)
from pipelines_portal.submissions.sent_rows import find_duplicates, lock_comparison
from pipelines_portal.submissions.statuses import Status
from pipelines_portal.workflows.rules.once import once_rules

# Seconds for which it is remembered whether the API declares Idempotency-Key.
DECLARATION_SECONDS = 600
FIRST_QUESTION, LONGEST_DELAY = timedelta(seconds=2), timedelta(minutes=5)
# The API refused the repeated request. That says nothing of the first one, and will not change soon.
REFUSED = (NotFound, Forbidden, InvalidRequest, PayloadTooLarge, Conflict, OtherRequest)
# Of the newest submissions with a key, which say whether the API repeats Idempotency-Keys.
LATEST = 20
_declared: dict[str, tuple[bool, float]] = {}


@dataclass(frozen=True)
class Answer:
    """What a POST brought: the tasks or the error, and what that means for the submission."""

    created: CreatedTasks | None
    error: PipelinesError | None
    outcome: Outcome


def send(submission: Submission, client: PipelinesClient, *, newest: int | None = None) -> Outcome | None:
    """POST the rows of a draft at most once, and record the outcome. Return it, or None if this call recorded none.

    One transaction before the POST claims it, one after the POST records what became of it. `newest` is the newest
    task before it, if the caller knows it. Raise the PipelinesError of the request after recording what it means.
    Raise NotRecorded if the database cannot record the outcome, and BreaksRules.
    """
    if submission.status != Status.DRAFT:
        return None
    if newest is None:
        newest = newest_task_id(client, submission.workflow_id)
    is_declared = declares_keys(client)
    with transaction.atomic():
        rows = _claim_kept(submission, newest, is_declared=is_declared)
    return None if rows is None else send_claimed(submission, client, rows)


def _claim_kept(submission: Submission, newest: int | None, *, is_declared: bool) -> list[str] | None:
    """Claim rows that keep the rules. Raise BreaksRules, also if somebody discarded them meanwhile."""
    once = once_rules(require_kept_rules(submission))
    if once:
        lock_comparison(submission.key_id, submission.workflow_id)
    try:
        return submission.claim_rows(newest, until=timezone.now() + lease(), is_declared=is_declared, once=once)
    except Submission.DoesNotExist:
        raise BreaksRules("Not sent. It was discarded in another window.") from None


def send_unless_sent(submission: Submission, client: PipelinesClient, confirmed: str) -> Outcome | None:
    """Send a draft as `send` does, unless its values were sent since by another submission.

    `confirmed` is the mark of the duplicates that the person was shown: see `find_duplicates`. Raise BreaksRules.
    """
    if submission.status != Status.DRAFT:
        return None
    newest, is_declared = newest_task_id(client, submission.workflow_id), declares_keys(client)
    with transaction.atomic():
        lock_comparison(submission.key_id, submission.workflow_id)
        if (duplicates := find_duplicates(submission)) and duplicates.mark != confirmed:
            return None
        rows = _claim_kept(submission, newest, is_declared=is_declared)
    return None if rows is None else send_claimed(submission, client, rows)


def send_claimed(submission: Submission, client: PipelinesClient, rows: list[str]) -> Outcome | None:
    """POST the rows of a submission that the caller claimed, as `send` does.

    A lost answer is no error if the API may be asked again: the submission stays `sending` then.
    """
    if submission.is_overdue:  # this process stood still for long: others have made it unconfirmed by now
        stopped = not_sent("The portal stopped before it could send. Nothing was sent.")
        return _record(submission, Answer(None, None, stopped))
    answer = _post(submission, client, rows)
    may_ask = answer.outcome.status == Status.UNCONFIRMED and not isinstance(answer.error, OtherRequest)
    is_slow = isinstance(answer.error, ConnectionFailed) and answer.error.timed_out
    # After a time-out the worker asks in two seconds. Otherwise this process asks now, under a new claim.
    if answer.error and may_ask and submission.await_answer(timezone.now() + (FIRST_QUESTION if is_slow else lease())):
        return None if is_slow else repeat(submission, client, rows)
    recorded = _record(submission, answer)
    if answer.error:
        raise answer.error
    return recorded


def repeat_next() -> bool:
    """Ask again for one submission that is due. Return whether there was one."""
    submission = Submission.objects.all().due_to_repeat().first()
    if submission is None:
        return False
    if not submission.repeat_at(timezone.now() + lease()):
        return True
    if submission.key is None:
        _end_waiting(submission, "The key was removed while we waited for the answer.")
    elif not submission.may_be_repeated:
        _end_waiting(submission, "Pipelines didn’t answer for 24 hours.")
    elif not sendable_keys(submission.owner).filter(pk=submission.key.pk).exists():
        _end_waiting(submission, "The sender no longer has access to the key.")
    else:
        try:
            client = client_for(submission.key.on_behalf_of(submission.owner))
        except KeyCannotBeOpened:
            _repeat_later(submission)
        else:
            repeat(submission, client, submission.row_texts())
    return True


def repeat(submission: Submission, client: PipelinesClient, rows: list[str]) -> Outcome | None:
    """POST the rows once more with the same key and body. Return the outcome, or None if none is certain yet.

    Call with its claim. Only an API that still declares the key, and repeated it on its last answer, is asked.
    """
    try:
        is_honoured = _honours(client, submission)
    except PipelinesError as error:
        _repeat_later(submission, error)
        return None
    if not is_honoured:
        return _end_waiting(submission, "Pipelines no longer recognizes a request that is sent again.")
    if not submission.repeat_at(timezone.now() + lease()):
        return None  # a person has stopped the waiting
    answer = _post(submission, client, rows)
    if answer.error and isinstance(answer.error, REFUSED) and not isinstance(answer.error, StillRunning):
        is_other = isinstance(answer.error, OtherRequest)
        why = "Pipelines knows another request by the same key." if is_other else sentence(answer.error)
        return _end_waiting(submission, why)
    if answer.error and not (isinstance(answer.error, ValidationFailed) and submission.is_echoed):
        _repeat_later(submission, answer.error)
        return None
    return _record(submission, answer)


def stop_waiting(submissions: Iterable[Submission], by: User) -> int:
    """Do not repeat requests that wait for their answers: a person decides about them. Return how many."""
    waiting = [submission for submission in submissions if submission.waits_for_answer]
    stopped = unconfirmed(f"{by} stopped waiting for Pipelines’ answer. Tasks may have been created.")
    return sum(submission.record(stopped) for submission in waiting)


def declares_keys(client: PipelinesClient) -> bool:
    """Return whether the API declares Idempotency-Key, as it was read at most ten minutes ago or could be read last."""
    url, now = settings.PIPELINES_API_URL, monotonic()
    is_declared, until = _declared.get(url, (False, now))
    if until <= now:
        try:
            is_declared = client.declares_idempotency_keys()
        except PipelinesError:
            now -= DECLARATION_SECONDS * 0.9  # it is read again in a minute
        _declared[url] = is_declared, now + DECLARATION_SECONDS
    return is_declared


def _honours(client: PipelinesClient, submission: Submission) -> bool:
    """Return whether the API declares the key now and repeats it. Raise PipelinesError if it does not answer."""
    is_declared = client.declares_idempotency_keys(submission.idempotency_key)
    is_repeated = client.echoed_key == submission.idempotency_key
    latest = Submission.objects.filter(key=submission.key_id).values_list("is_echoed", flat=True)[:LATEST]
    last_answer = next((echoed for echoed in (submission.is_echoed, *latest) if echoed is not None), True)
    return is_declared and is_repeated and last_answer


def _post(submission: Submission, client: PipelinesClient, rows: list[str]) -> Answer:
    """POST the rows, and note at the submission whether the answer repeats its key."""
    created, error, key = None, None, submission.idempotency_key
    try:
        created = client.create_encoded(submission.workflow_id, body_of(rows), len(rows), idempotency_key=key)
        outcome = outcome_of_answer(created, submission.row_count)
    except PipelinesError as raised:
        is_import = submission.kind == Submission.Kind.IMPORT
        error, outcome = raised, outcome_of_error(raised, submission.row_count, is_import=is_import)
    if client.echoed_key is not None:
        submission.is_echoed = client.echoed_key == key
    return Answer(created, error, outcome)


def _record(submission: Submission, answer: Answer) -> Outcome | None:
    # Without the key in its answer, the API may have taken a repeated request for a new one.
    may_be_second = bool(submission.answer_lost_at and answer.created and not submission.is_echoed)
    with recording_result(describe_unwritten(answer.created, answer.error)), transaction.atomic():
        is_recorded = submission.record(answer.outcome)
        if is_recorded and may_be_second:
            submission.is_earlier_try_uncertain = True
            Submission.objects.filter(pk=submission.pk).update(is_earlier_try_uncertain=True)
        if submission.key is not None:  # tasks may have been created, so lists are read again
            outdate(submission.key, submission.workflow_id)
    return answer.outcome if is_recorded else None


def _repeat_later(submission: Submission, error: PipelinesError | None = None) -> None:
    """Ask again after a quarter of the time for which it was asked, and not before the API wishes."""
    now = timezone.now()
    waited = (now - (submission.answer_lost_at or now)) / 4
    wished = timedelta(seconds=getattr(error, "retry_after", None) or 0)
    is_still_waiting = submission.repeat_at(now + max(min(max(waited, FIRST_QUESTION), LONGEST_DELAY), wished))
    if not is_still_waiting and error and error.maybe_processed:
        # A person stopped the waiting and decided while this request was on its way: tasks may exist after all.
        submission.answer_lost_at = None
        submission.record(unconfirmed(f"{sentence(error)} Tasks may have been created."))


def _end_waiting(submission: Submission, why: str) -> Outcome | None:
    return _record(submission, Answer(None, None, unconfirmed(f"{why} Tasks may have been created.")))


def body_of(rows: Iterable[str]) -> bytes:
    """Return the body of a request that creates a task of each row, given as JSON."""
    return ('{"tasks":[' + ",\n".join(f'{{"fields":{row}}}' for row in rows) + "]}").encode()


def newest_task_id(client: PipelinesClient, workflow_id: int) -> int:
    """Return the newest task ID of the workflow, or 0."""
    tasks = client.list_tasks(workflow_id, limit=1).tasks
    return tasks[0].id if tasks else 0


def lease() -> timedelta:
    """Return a time longer than a POST with its retries can take: see `RetryPolicy.budget` and `POST_PATIENCE`.

    It is also enough to ask the API before the POST whether it honours Idempotency-Key.
    """
    return timedelta(seconds=60 + 5 * settings.API_TIMEOUT_SECONDS)
