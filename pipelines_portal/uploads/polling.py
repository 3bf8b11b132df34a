"""Polling the API for an upload, which moves it forward: confirm, then status, until the end.

Pages and the worker both do it; whoever moves `next_poll_at` forward does the asking. All of it may run twice.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from pipelines_portal.api_client import (
    Conflict,
    CreatorGone,
    NotFound,
    PipelinesClient,
    PipelinesError,
    RateLimited,
    Unauthorized,
    UploadStatus,
    ValidationFailed,
)
from pipelines_portal.keys.clients import KeyCannotBeOpened, client_for
from pipelines_portal.keys.permissions import may_use
from pipelines_portal.keys.pooled_answers import outdate
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import (
    record_created,
    record_rejected,
    record_stopped,
    record_unknown,
    sentence,
)
from pipelines_portal.submissions.sending import newest_task_id
from pipelines_portal.uploads import transitions
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.sender_lock import is_held


class NoKey(Exception):
    """The key of the upload was removed from the portal, or cannot be decrypted. In a sentence for people."""


# How long the one who asks keeps the claim. Past it someone else asks: a second status harms nothing.
CLAIM = timedelta(seconds=30)
FIRST_DELAY: dict[str, float] = {Stage.UPLOADING: 5.0, Stage.STORED: 1.0, Stage.PROCESSING: 1.0}
LONGEST_DELAY: dict[str, float] = {Stage.UPLOADING: 600.0, Stage.STORED: 60.0, Stage.PROCESSING: 60.0}
GROWTH = 1.5
# A PUT that began before the link expired may go on for long after it.
PATIENCE_AFTER_EXPIRY = timedelta(hours=12)
# Asking again changes nothing until a person acts, and a dead key counts against this server's address.
HOPELESS = (Unauthorized, NotFound, ValidationFailed)
# Of these, what a key that works again makes good.
WAITS_FOR_KEY = (Unauthorized, CreatorGone, NoKey)
NOT_TAKEN = ("pending", "cancelled")
ENDS = {"completed": Stage.COMPLETED, "failed": Stage.FAILED, "cancelled": Stage.CANCELLED}
FORGOTTEN = "Pipelines no longer knows this upload, so nobody can say what came of it. Look at the workflow's tasks."
MISSING = "The ZIP file has not arrived: it has to be sent again from the beginning."
NEVER_CONFIRMED = (
    "Pipelines no longer knows this upload, of which no tasks were made. Nothing was created: start again."
)
KEY_IS_GONE = "The key was removed from this portal, so nobody can ask what came of the upload."
NO_ACCESS = (
    "Whoever sent this ZIP file may not send with the key any more, so the portal does not ask on their "
    "behalf. Nothing is lost: it goes on by itself when they may again."
)
MAY_HAVE_MADE = "It does not say whether tasks were created before. Look what appeared in the workflow."


def claim_poll(upload: ZipUpload, seen: datetime | None) -> bool:
    """Whether `upload` still stood at `seen`: then it is ours to ask for."""
    return transitions.claim_poll(upload, seen, CLAIM)


def poll_if_due(upload: ZipUpload) -> None:
    """For a page: ask when it is time, else leave it as it stands."""
    due = upload.next_poll_at
    if due is not None and due <= timezone.now() and claim_poll(upload, due):
        poll(upload)


def poll_now(upload: ZipUpload) -> None:
    """A person wants to know, also where the asking had stopped."""
    if claim_poll(upload, upload.next_poll_at):
        transitions.schedule_poll(upload, CLAIM, restart=True)
        poll(upload)


def poll(upload: ZipUpload) -> None:
    """Ask once, write down the answer, and set the next time. Claim the poll first. Raises nothing of the API's."""
    if upload.stage not in FIRST_DELAY:
        return
    if not may_go_on(upload):
        transitions.schedule_poll(upload, None, problem=NO_ACCESS, waits_for_key=True)
        return
    try:
        _ask(upload, client_for_upload(upload))
    except (PipelinesError, NoKey) as error:
        _record_problem(upload, error)


def may_go_on(upload: ZipUpload) -> bool:
    """Whether it may be asked for on behalf of whoever sent it. A key that was removed is told of elsewhere."""
    sender, key = upload.submission.owner, upload.submission.key
    return key is None or (sender.may_send and may_use(sender, key))


def client_for_upload(upload: ZipUpload) -> PipelinesClient:
    """Raises NoKey."""
    if upload.submission.key is None:
        raise NoKey("The key was removed from this portal.")
    try:
        return client_for(upload.submission.key.on_behalf_of(upload.submission.owner))
    except KeyCannotBeOpened as error:
        raise NoKey(str(error)) from None


def delay_before_poll(upload: ZipUpload) -> float:
    """Seconds between the last poll and the next, growing with the polls that changed nothing."""
    return min(FIRST_DELAY[upload.stage] * GROWTH ** min(upload.poll_count, 30), LONGEST_DELAY[upload.stage])


def settle_lost_confirm(upload: ZipUpload, client: PipelinesClient) -> None:
    """Find out whether a confirm whose answer got lost was taken. Raises PipelinesError when that cannot be asked."""
    if upload.confirming_until is None or upload.confirming_until > timezone.now():
        return
    try:
        status = client.upload_status(*upload.place).status
    except NotFound:
        _lose(upload, FORGOTTEN)
        return
    if status in NOT_TAKEN:
        transitions.end_confirm(upload, is_uncertain=False)
    else:
        transitions.accept(upload)


def was_taken(upload: ZipUpload, client: PipelinesClient) -> bool:
    """Whether a confirm of this link went through: then a second upload would make the tasks twice."""
    try:
        status = client.upload_status(*upload.place).status
    except NotFound:
        return False
    return status not in NOT_TAKEN


def _ask(upload: ZipUpload, client: PipelinesClient) -> None:
    if upload.stage == Stage.PROCESSING:
        _read_status(upload, client)
    elif upload.stage == Stage.STORED or not is_held(upload):
        _confirm(upload, client)
    else:
        _poll_later(upload)


def _confirm(upload: ZipUpload, client: PipelinesClient) -> None:
    newest = newest_task_id(client, upload.submission.workflow_id)
    is_unsettled = upload.confirming_until is not None  # an earlier one may have been taken
    if not transitions.begin_confirm(upload, newest):
        return _poll_later(upload)
    try:
        client.confirm_upload(*upload.place)
    except Conflict:
        transitions.accept(upload)
    except NotFound:
        _check_not_found(upload, client, is_unsettled=is_unsettled)
    except PipelinesError as error:
        if not _says_missing(error):
            transitions.end_confirm(upload, is_uncertain=error.maybe_processed or is_unsettled)
            raise
        _not_there(upload)
    else:
        transitions.accept(upload)
    return None


def _check_not_found(upload: ZipUpload, client: PipelinesClient, *, is_unsettled: bool) -> None:
    """After a 404 to a confirm: the upload counts as gone only if its status is a 404 too.

    Raise NotFound then, and any other PipelinesError if nobody can tell: the confirm may have been taken.
    """
    try:
        is_taken = client.upload_status(*upload.place).status not in NOT_TAKEN
    except NotFound:
        transitions.end_confirm(upload, is_uncertain=is_unsettled)
        raise
    except PipelinesError:
        transitions.end_confirm(upload, is_uncertain=True)
        raise
    if is_taken:
        transitions.accept(upload)
    else:
        transitions.end_confirm(upload, is_uncertain=False)
        _poll_later(upload)


def _says_missing(error: PipelinesError) -> bool:
    return isinstance(error, ValidationFailed) and "has not been uploaded" in error.message.lower()


def _not_there(upload: ZipUpload) -> None:
    """422 (S158). When someone said it was there, they may send it again; the link lives on."""
    if not transitions.mark_missing(upload, MISSING):
        transitions.end_confirm(upload, is_uncertain=False)
    _poll_later(upload)


def _read_status(upload: ZipUpload, client: PipelinesClient) -> None:
    status = client.upload_status(*upload.place)
    if status.status in ENDS:
        _end(upload, status)
    elif status.status == "processing":
        _poll_later(upload, problem="")
    else:
        _wait_for_another_word(upload, status.status)


def _wait_for_another_word(upload: ZipUpload, word: str) -> None:
    """Confirmed, and yet neither processing nor over: asked for half a day, then nobody knows."""
    problem = f"Pipelines calls this upload “{word[:40]}”, which tells nothing of what came of it."
    if upload.confirmed_at is not None and upload.confirmed_at + PATIENCE_AFTER_EXPIRY < timezone.now():
        _lose(upload, f"{problem} {MAY_HAVE_MADE}")
    else:
        _poll_later(upload, problem=problem)


def _lose(upload: ZipUpload, problem: str) -> None:
    transitions.lose(upload, problem, lambda sent: record_unknown(sent, problem))


def _end(upload: ZipUpload, status: UploadStatus) -> None:
    """Ledger and upload in one transaction: a worker that dies in between leaves an upload that is asked for again."""
    if upload.submission.key is not None:
        outdate(upload.submission.key, upload.submission.workflow_id)
    reason = status.error_message or f"Pipelines {status.status} the upload without giving a reason."
    stage = ENDS[status.status]
    if status.status == "completed":
        transitions.end(upload, stage, status.error_message or "", lambda sent: record_created(sent, status))
    elif status.success_count is None:
        problem = f"{_sentence(reason)} {MAY_HAVE_MADE}"
        transitions.end(upload, stage, problem, lambda sent: record_unknown(sent, problem))
    else:
        transitions.end(upload, stage, reason, lambda sent: _record_stopped(sent, status, _sentence(reason)))


def _record_stopped(submission: Submission, status: UploadStatus, reason: str) -> None:
    if status.success_count or status.error_count or status.task_ids:
        record_stopped(submission, status, reason)
    else:
        record_rejected(submission, reason)


def _sentence(text: str) -> str:
    return text if text.rstrip().endswith((".", "!", "?")) else f"{text.rstrip()}."


def _record_problem(upload: ZipUpload, error: PipelinesError | NoKey) -> None:
    """A problem is shown, and time makes it good or a person does."""
    is_confirmed = upload.stage == Stage.PROCESSING or upload.confirming_until is not None
    if upload.submission.key is None and is_confirmed:
        return _lose(upload, KEY_IS_GONE)
    if isinstance(error, NotFound):
        if is_confirmed:
            return _lose(upload, FORGOTTEN)
        if transitions.give_up(upload, NEVER_CONFIRMED):
            return None
    problem = error.advice or sentence(error) if isinstance(error, PipelinesError) else str(error)
    if isinstance(error, (NoKey, *HOPELESS)):
        waits = isinstance(error, WAITS_FOR_KEY)
        transitions.schedule_poll(upload, None, problem=problem, waits_for_key=waits)
    else:
        at_least = error.retry_after or 0 if isinstance(error, RateLimited) else 0
        _poll_later(upload, at_least=at_least, problem=problem)
    return None


def _poll_later(upload: ZipUpload, *, at_least: float = 0, problem: str | None = None) -> None:
    if upload.stage not in FIRST_DELAY:
        return
    delay: timedelta | None = timedelta(seconds=max(delay_before_poll(upload), at_least))
    if upload.stage == Stage.UPLOADING and _is_abandoned(upload):
        delay = None
    transitions.schedule_poll(upload, delay, problem=problem)


def _is_abandoned(upload: ZipUpload) -> bool:
    if upload.confirming_until is not None:
        return False
    return upload.expires_at is None or upload.expires_at + PATIENCE_AFTER_EXPIRY < timezone.now()
