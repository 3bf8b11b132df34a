"""Send the good rows of an import, request after request, as the worker.

Every request is stored as a submission before it is sent. A worker that is killed leaves at most one request
unconfirmed, and another worker continues with the rest.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists
from django.utils import timezone

from pipelines_portal.api_client import (
    AWAY,
    PipelinesClient,
    PipelinesError,
    RateLimited,
    Schema,
    is_away,
)
from pipelines_portal.core.shutdown import is_stopping
from pipelines_portal.entry import texts
from pipelines_portal.entry.import_requests import (
    ReadDifferently,
    SheetChanged,
    check_again,
    give_back,
    give_back_unsent,
    next_submission,
    open_submission,
    request_again,
    settle_overdue,
    unsettled_submissions,
)
from pipelines_portal.entry.models import LEASE, LONGEST_WAIT, Sheet
from pipelines_portal.entry.rows.schema_changes import changes_between, without_gone_fields
from pipelines_portal.entry.statuses import SheetStep
from pipelines_portal.entry.transitions import finish_import, notify_not_sent, pause_for, stop_unconfirmed
from pipelines_portal.keys.clients import KeyCannotBeOpened, client_for
from pipelines_portal.keys.permissions import sendable_keys, teams_through
from pipelines_portal.matching.columns import Matching
from pipelines_portal.submissions.kept_rules import BreaksRules
from pipelines_portal.submissions.models import Submission, ValuesUsed
from pipelines_portal.submissions.outcomes import sentence
from pipelines_portal.submissions.sending import lease, send
from pipelines_portal.submissions.sent_rows import lock_comparison
from pipelines_portal.submissions.statuses import FINAL
from pipelines_portal.workflows.models import OpenedWorkflow

FIRST_DELAY, LONGEST_DELAY = 2.0, 60.0
DEFAULT_RETRY_AFTER = 5
TOO_LARGE = 413
# Until it is looked again whether a lost answer came.
WAITING_DELAY = timedelta(seconds=5)


def send_requests(sheet: Sheet, *, most: int | None = None) -> None:
    """Send requests until no row is left, until a temporary error, or until a person must decide.

    Call with the lease. After `most` requests the import waits for a minute, and other imports with the key go on.
    """
    reason = missing_right(sheet) or (texts.AWAY_FOR_LONG if sheet.is_away_for_long else "")
    if reason:
        pause_for(sheet, reason)
        return
    unsettled = _settled(sheet)
    if unsettled is None:
        return
    try:
        client = client_for(sheet.key.on_behalf_of(sheet.owner))
        if _schema_changed(sheet, client.schema(sheet.workflow_id)):
            return
    except (KeyCannotBeOpened, PipelinesError) as error:
        _wait_or_pause(sheet, error)
    else:
        if not sheet.away_since or _is_requested_again(sheet):
            Sender(sheet, client, has_open=bool(unsettled)).run(most)


def _is_requested_again(sheet: Sheet) -> bool:
    """Judge rows once more that waited while the API was away. Return whether those that are good are sent."""
    away_since = sheet.away_since
    try:
        with transaction.atomic():
            left = request_again(sheet)
            if left and away_since:
                notify_not_sent(sheet, away_since, texts.duplicates(left))
    except ReadDifferently:
        with transaction.atomic():
            check_again(sheet)
            if away_since:
                notify_not_sent(sheet, away_since, texts.READ_DIFFERENTLY)
        return False
    except SheetChanged:
        sheet.release_lease()
        return False
    return True


def _settled(sheet: Sheet) -> list[Submission] | None:
    """Return the requests that can be sent now, or None if one has to be settled first."""
    unsettled = unsettled_submissions(sheet)
    if any(submission.is_overdue for submission in unsettled):
        settle_overdue(sheet)
        unsettled = unsettled_submissions(sheet)
    if any(submission.waits_for_answer for submission in unsettled):
        due_at, tries = timezone.now() + WAITING_DELAY, max(sheet.tries, 1)
        sheet.release_lease(due_at=due_at, problem=texts.WAITING_FOR_ANSWER, tries=tries)
        return None
    if any(submission.status == Submission.Status.UNCONFIRMED for submission in unsettled):
        stop_unconfirmed(sheet, texts.UNCONFIRMED)
        return None
    if any(submission.owner_id != sheet.owner_id for submission in unsettled):
        give_back_unsent(sheet, only_of_others=True)
    return unsettled


def missing_right(sheet: Sheet) -> str:
    """Return why nothing more may be sent, in a sentence for people, or ""."""
    found = OpenedWorkflow.objects.filter(key=sheet.key_id, workflow_id=sheet.workflow_id)
    may_send = Exists(sendable_keys(sheet.owner).filter(pk=sheet.key_id))
    workflow: Any = found.annotate(may_owner_send=may_send).first()
    if workflow is None:
        return "The workflow was removed from the list. Add it again, then resume the import."
    if not workflow.may_owner_send:
        return texts.NO_ACCESS.format(owner=sheet.owner)
    workflow.key = sheet.key
    sheet.workflow = workflow
    return ""


def _schema_changed(sheet: Sheet, schema: Schema) -> bool:
    """Check all rows again if the workflow's fields changed. Return whether they did."""
    fields = schema.model_dump(mode="json")
    if fields == sheet.schema:
        return False
    if not schema.fields:
        pause_for(sheet, "Pipelines says that this workflow has no fields. Resume when it has fields again.")
        return True
    values = {
        "schema": fields,
        "schema_changes": changes_between(sheet.parsed_schema, schema),
        "matching": without_gone_fields(Matching.load(sheet.matching), schema).dump(),
        "problem": "This workflow’s fields changed after the rows were checked.",
    }
    away_since = sheet.away_since
    with transaction.atomic():
        lock_comparison(sheet.key_id, sheet.workflow_id)  # another window requests nothing in between
        give_back_unsent(sheet)
        is_taken = sheet.take_step(SheetStep.RECHECK, Sheet.Status.CHECKING, sheet.lease_is_held, **values)
        if is_taken and away_since:
            notify_not_sent(sheet, away_since, texts.FIELDS_CHANGED)
    return True


class Sender:
    """Sends the requests of one import during one lease."""

    def __init__(self, sheet: Sheet, client: PipelinesClient, *, has_open: bool) -> None:
        self.sheet, self.client = sheet, client
        # Whether a request may be waiting to be sent. A person may ask for more typed rows at any time.
        self.has_open = has_open or sheet.is_typed
        # The newest task before the next request, if the request before it created that task.
        self.newest: int | None = None

    def run(self, most: int | None = None) -> None:
        try:
            self._send(most)
        except ReadDifferently:
            check_again(self.sheet)

    def _send(self, most: int | None) -> None:
        sent = 0
        while self._send_next() and not is_stopping():
            sent += 1
            if sent == most:
                self.sheet.release_lease(due_at=timezone.now() + LEASE)
                return
        if is_stopping():
            self.sheet.release_lease()  # another worker continues at once

    def _send_next(self) -> bool:
        """Send one request. Return whether to continue with another one."""
        sheet = self.sheet
        is_first = sheet.one_row_first
        if is_first and sheet.renew_lease(LEASE):
            give_back_unsent(sheet)  # a draft may hold many rows
        try:
            submission = open_submission(sheet) if self.has_open else None
            if submission is None and not sheet.is_typed and sheet.counts_as_read.ready:
                submission = next_submission(sheet)
        except SheetChanged:
            sheet.release_lease()
            return False
        if submission is None:
            finish_import(sheet)
            return False
        if submission.status == Submission.Status.SENDING:
            sheet.release_lease(due_at=timezone.now() + timedelta(seconds=1))
            return False
        # The lease is renewed for the request. It is lost if a person paused or stopped the import.
        if not sheet.renew_lease(LEASE + lease()):
            return False
        # Rights end at once, so they are checked before each request.
        if reason := missing_right(sheet):
            pause_for(sheet, reason)
            return False
        self._note_teams()
        return self._send_request(submission, is_first=is_first)

    def _note_teams(self) -> None:
        """Record the teams through which the rows are sent now."""
        sheet = self.sheet
        teams = teams_through(sheet.owner, sheet.key)
        if new := list(teams.exclude(pk__in=sheet.teams.order_by().values("pk"))):
            sheet.teams.add(*new)

    def _send_request(self, submission: Submission, *, is_first: bool) -> bool:
        # Recording the outcome settles the request: see entry.receivers.settle_import_request.
        try:
            outcome = send(submission, self.client, newest=self.newest)
        except Submission.DoesNotExist:  # it was given back
            return True
        except (ValuesUsed, BreaksRules):  # the rules have changed since the request was made
            check_again(self.sheet)
            return False
        except PipelinesError as error:
            self.newest, self.has_open = None, True
            return self._continue_after_error(submission, error, is_first=is_first)
        self.newest = max(outcome.task_ids, default=None) if outcome else None
        # It is a draft again if this process stood still between the claim and the POST.
        self.has_open = self.sheet.is_typed or submission.status not in FINAL
        return self._continue_after(submission, is_first=is_first)

    def _continue_after(self, submission: Submission, *, is_first: bool) -> bool:
        if submission.status == Submission.Status.UNCONFIRMED:
            stop_unconfirmed(self.sheet, texts.UNCONFIRMED)
            return False
        if is_first and submission.status == Submission.Status.REJECTED:
            pause_for(self.sheet, "The first row was rejected. The rest wasn’t sent.")
            return False
        if is_first and submission.status in FINAL:
            self.sheet.update_leased(one_row_first=False)
            self.sheet.one_row_first = False
        if self.sheet.tries:
            self.sheet.update_leased(tries=0, away_since=None, problem="")
            self.sheet.tries, self.sheet.away_since = 0, None
        return True

    def _continue_after_error(self, submission: Submission, error: PipelinesError, *, is_first: bool) -> bool:
        try:
            submission.refresh_from_db()
        except Submission.DoesNotExist:  # a person stopped the import, which gave the rows back
            return False
        if submission.status in (Submission.Status.UNCONFIRMED, Submission.Status.REJECTED):
            return self._continue_after(submission, is_first=is_first)
        if getattr(error, "status", None) == TOO_LARGE and submission.row_count > 1:
            return self._halve_requests(submission)
        _wait_or_pause(self.sheet, error)
        return False

    def _halve_requests(self, submission: Submission) -> bool:
        half = max(submission.row_count // 2, 1)
        self.sheet.update_leased(rows_per_request=half)
        self.sheet.rows_per_request = half
        is_given_back = give_back(self.sheet, submission)
        if is_given_back and self.sheet.is_typed:
            pause_for(
                self.sheet,
                "Not created. The rows were too large together. Create them again; we’ll send smaller batches.",
            )
            return False
        return is_given_back


def _wait_or_pause(sheet: Sheet, error: Exception) -> None:
    """Try again later after a temporary error, and pause after any other. Nothing was created by the request.

    An API that comes back answers with other errors for a while, or a gateway with a page.
    """
    now = timezone.now()
    if isinstance(error, RateLimited):
        delay = min(timedelta(seconds=error.retry_after or DEFAULT_RETRY_AFTER), LONGEST_WAIT)
        sheet.release_lease(due_at=now + delay, problem="Pipelines asks us to wait.")
    elif isinstance(error, PipelinesError) and (is_away(error) or (sheet.away_since and isinstance(error, AWAY))):
        delay = timedelta(seconds=min(FIRST_DELAY * 1.5 ** min(sheet.tries, 20), LONGEST_DELAY))
        away_since = sheet.away_since or now
        values = {"problem": sentence(error), "tries": sheet.tries + 1, "away_since": away_since}
        sheet.release_lease(due_at=now + delay, **values)
    else:
        advice = getattr(error, "advice", "")
        pause_for(sheet, advice or (sentence(error) if isinstance(error, PipelinesError) else str(error)))
