"""Sending the good rows, request after request, as the worker. Every request is in the ledger before it leaves.

A killed worker leaves at most one request whose outcome nobody knows; the rest goes on where it stood.
"""

import logging
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
from pipelines_portal.saved_keys.access import client_for, may_send_with, teams_through, used_by
from pipelines_portal.saved_keys.unreadable import KeyCannotBeOpened
from pipelines_portal.shared.stopping import is_stopping
from pipelines_portal.submissions.digest_keys import SentUnderMissingKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import sentence
from pipelines_portal.submissions.sending import lease, send
from pipelines_portal.web.encryption import Undecryptable

from .ahead import Ahead
from .ending import tell_of_end
from .matching import Matching
from .models import ROWS_SEALED, Import, ImportRequest, Lacks, State
from .requests import (
    Moved,
    give_back,
    give_back_those_of_others,
    give_back_unsent,
    has_unknown,
    make_request,
    open_request,
    settle_requests,
)
from .schema_changes import changes_between, without_gone_fields
from .transitions import TURN, Step, end_turn, keep_turn, mine, step

logger = logging.getLogger(__name__)
MOST_TRIES = 20
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
WAIT_UNLESS_TOLD = 5
TOO_LARGE = 413
NO_ACCESS = "{owner} can no longer send with this key. Hand the import over to somebody who can."
CONTINUED_WITHOUT_ACCESS = "{person}, who continued this import, can no longer send with this key."
SEALED = (
    f"{ROWS_SEALED}: the encryption key they were saved with is missing. Nothing is lost, and this goes on "
    "by itself when whoever runs the portal puts the key back into ENCRYPTION_KEYS."
)
# Until another process is asked, which may have the key.
WAIT_FOR_KEY = timedelta(minutes=1)
FIRST_REJECTED = "The first row was rejected, so the others were not sent. Look at what the API says of it."
LOST = "Nobody knows what came of a request. Nothing more is sent until somebody decides."
SCHEMA_CHANGED = "The workflow's fields changed since the rows were checked."
NO_FIELDS = "The API says that the workflow has no fields at all. Nothing more was sent; go on when it has some again."
# What passes by itself.
PASSING = (ConnectionFailed, NotAsked, ServiceUnavailable)


def send_on(of: Import, ahead: Ahead | None = None) -> None:
    """Send until nothing is left, something has to be waited for, or a person must decide. The turn is the caller's.

    `ahead` makes the next request while one is on the wire.
    """
    if reason := missing_right(of):
        return _pause(of, reason)
    settle_requests(of)
    if has_unknown(of):
        return _lose(of)
    give_back_those_of_others(of)
    try:
        client = client_for(used_by(of.owner, of.key))
        if _schema_changed(of, client.schema(of.workflow_id)):
            return None
    except (Undecryptable, PipelinesError) as error:
        return _stand_back(of, None, error)
    Sending(of, client, ahead).run()
    return None


def missing_right(of: Import) -> str:
    """Why nothing more of it may leave, in a sentence for people; "" if its owner, and who continued it, may send."""
    if not may_send_with(of.owner, of.key):
        return NO_ACCESS.format(owner=of.owner)
    if of.continued_by and not may_send_with(of.continued_by, of.key):
        return CONTINUED_WITHOUT_ACCESS.format(person=of.continued_by)
    return ""


def _schema_changed(of: Import, schema: Schema) -> bool:
    """The API is asked before the first request leaves: with other fields, every row is checked anew."""
    now = schema.model_dump(mode="json")
    if now == of.schema:
        return False
    if not schema.fields:
        _pause(of, NO_FIELDS)
        return True
    give_back_unsent(of)
    values = {
        "schema": now,
        "schema_changes": changes_between(Schema.model_validate(of.schema), schema),
        "matching": without_gone_fields(Matching.of(of.matching), schema).kept(),
    }
    step(of, Step.RECHECK, State.CHECKING, mine(of), problem=SCHEMA_CHANGED, **values)
    return True


class Sending:
    """One turn of it, request after request."""

    def __init__(self, of: Import, client: PipelinesClient, ahead: Ahead | None) -> None:
        self.of, self.client, self.ahead = of, client, ahead
        # The newest task before the next request, where the one before it made that.
        self.newest: int | None = None
        self.body: bytes | None = None

    def run(self) -> None:
        while keep_turn(self.of, TURN + lease()) and self._next() and not is_stopping():
            pass
        settle_requests(self.of)
        if is_stopping():
            self._leave()

    def _leave(self) -> None:
        """This worker is told to end: another goes on at once."""
        if self.ahead:
            self.ahead.result()
        end_turn(self.of)

    def _next(self) -> bool:
        """Whether to go on with another one."""
        is_first = self.of.one_row_first
        try:
            request = self._made()
        except Undecryptable as error:
            wait_for_key(self.of, error)
            return False
        except Moved:
            end_turn(self.of)
            return False
        if request is None:
            return self._finish()
        if request.submission.state == Submission.State.SENDING:
            end_turn(self.of, due_at=timezone.now() + timedelta(seconds=1))
            return False
        if not keep_turn(self.of, TURN + lease()) or not self._may_leave():
            return False
        self._note_senders(request)
        if self.ahead and not is_first:
            self.ahead.begin(self.of)
        return self._send(request, is_first=is_first)

    def _may_leave(self) -> bool:
        """Rights end at once: they are asked for before each request. Pause the import where one is missing."""
        if reason := missing_right(self.of):
            _pause(self.of, reason)
        return not reason

    def _note_senders(self, request: ImportRequest) -> None:
        """Record, as of now, the teams that the rows go through, and who continued the import."""
        self.of.teams.add(*teams_through(self.of.owner, self.of.key))
        if request.submission.continued_by_id != self.of.continued_by_id:
            draft = Submission.objects.filter(pk=request.submission_id, state=Submission.State.DRAFT)
            draft.update(continued_by=self.of.continued_by_id)

    def _made(self) -> ImportRequest | None:
        """One that stands open goes first; its body is there where it was made ahead."""
        made = self.ahead.result() if self.ahead else None
        if self.of.one_row_first:
            give_back_unsent(self.of)  # it may hold many
        request = open_request(self.of) or make_request(self.of)
        self.body = made.body if made and request and made.request == request.pk else None
        return request

    def _finish(self) -> bool:
        settle_requests(self.of)
        with transaction.atomic():
            if step(self.of, Step.FINISH, State.CHECKED, mine(self.of)):
                tell_of_end(self.of)
        return False

    def _send(self, request: ImportRequest, *, is_first: bool) -> bool:
        try:
            submission = send(request.submission, self.client, newest=self.newest, body=self.body)
        except Submission.DoesNotExist:  # it was given back
            return True
        except (PipelinesError, Undecryptable) as error:
            self.newest = None
            settle_requests(self.of)
            return _after(self.of, request, error, is_first=is_first)
        if not self.ahead or is_first:
            settle_requests(self.of)
        if submission.state == Submission.State.UNKNOWN:
            _lose(self.of)
            return False
        self.newest = submission.rows.order_by("-index").values_list("task_id", flat=True).first()
        return _went_well(self.of, is_rejected=is_first and submission.state == Submission.State.REJECTED)


def _went_well(of: Import, *, is_rejected: bool) -> bool:
    if is_rejected:
        _pause(of, FIRST_REJECTED)
    elif of.tries:
        Import.objects.filter(mine(of), pk=of.pk).update(tries=0, problem="")
        of.tries = 0
    return not is_rejected


def _after(of: Import, request: ImportRequest, error: Exception, *, is_first: bool) -> bool:
    """What a failed request means for the rest. Whether to go on at once."""
    request.submission.refresh_from_db()
    state = request.submission.state
    if state == Submission.State.UNKNOWN:
        _lose(of)
        return False
    if state == Submission.State.REJECTED:
        return _went_well(of, is_rejected=is_first)
    if getattr(error, "status", None) == TOO_LARGE and request.row_count > 1:
        return _halve(of, request)
    _stand_back(of, request, error)
    return False


def _halve(of: Import, request: ImportRequest) -> bool:
    half = max(request.row_count // 2, 1)
    Import.objects.filter(mine(of), pk=of.pk).update(rows_a_request=half)
    of.rows_a_request = half
    return give_back(request)


def _stand_back(of: Import, request: ImportRequest | None, error: Exception) -> None:
    """Nothing of the request was taken. What passes is waited for; all else waits for a person."""
    if isinstance(error, RateLimited):
        wait = timedelta(seconds=error.retry_after or WAIT_UNLESS_TOLD)
        end_turn(of, due_at=timezone.now() + wait, problem="The API asked for a pause with this key.")
    elif isinstance(error, PASSING) and of.tries < MOST_TRIES:
        wait = timedelta(seconds=min(FIRST_WAIT * 1.5**of.tries, LONGEST_WAIT))
        end_turn(of, due_at=timezone.now() + wait, problem=sentence(error), tries=of.tries + 1)
    elif isinstance(error, Undecryptable):
        wait_for_key(of, error)
    else:
        advice = getattr(error, "advice", "")
        _pause(of, advice or (sentence(error) if isinstance(error, PipelinesError) else str(error)))


def wait_for_key(of: Import, error: Undecryptable) -> None:
    """Nothing of it is ended: while keys are rotated, another process has the one that is missing here."""
    logger.warning("The import %s waits a minute: none of this worker's ENCRYPTION_KEYS opens what it needs", of.pk)
    kinds = {KeyCannotBeOpened: Lacks.SAVED_KEY, SentUnderMissingKey: Lacks.SENT_BEFORE}
    lacks = next((what for kind, what in kinds.items() if isinstance(error, kind)), Lacks.ROWS)
    problem = SEALED if lacks == Lacks.ROWS else str(error)
    end_turn(of, due_at=timezone.now() + WAIT_FOR_KEY, problem=problem, lacks=lacks)


def _pause(of: Import, problem: str) -> None:
    step(of, Step.PAUSE, State.PAUSED, mine(of), problem=problem)


def _lose(of: Import) -> None:
    """Also where a person paused it meanwhile."""
    step(of, Step.LOSE, State.UNCERTAIN, problem=LOST)
