"""Poll the API for uploads, which moves them forward: confirm, then ask for the status until the end.

Pages and the worker both poll. The one that moves `next_poll_at` forward asks the API. Every poll may run twice.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

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
from pipelines_portal.core.housekeeping import delete_in_batches
from pipelines_portal.keys.clients import KeyCannotBeOpened, client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.permissions import may_use
from pipelines_portal.keys.pooled_answers import outdate
from pipelines_portal.submissions.outcomes import (
    outcome_of_answer,
    outcome_of_stopped,
    rejection,
    sentence,
    unconfirmed,
)
from pipelines_portal.submissions.sending import lease, newest_task_id
from pipelines_portal.uploads import texts
from pipelines_portal.uploads.models import Stage, ZipUpload


class NoKey(Exception):
    """The key of the upload was removed or cannot be decrypted. The message is shown to the person."""


# A claim of a poll ends after this time. Then somebody else polls, and asking twice for the status does no harm.
CLAIM = timedelta(seconds=30)
FIRST_DELAY: dict[str, float] = {Stage.UPLOADING: 5.0, Stage.STORED: 1.0, Stage.PROCESSING: 1.0}
LONGEST_DELAY: dict[str, float] = {Stage.UPLOADING: 600.0, Stage.STORED: 60.0, Stage.PROCESSING: 60.0}
GROWTH = 1.5
# A PUT that started before the link expired may take long.
PATIENCE_AFTER_EXPIRY = timedelta(hours=12)
# Asking again changes nothing until a person acts, and the API counts requests with a dead key against our address.
HOPELESS = (Unauthorized, NotFound, ValidationFailed)
# Errors that end when the key works again.
WAITS_FOR_KEY = (Unauthorized, CreatorGone, NoKey)
NOT_CONFIRMED = ("pending", "cancelled")
ENDS = {"completed": Stage.COMPLETED, "failed": Stage.FAILED, "cancelled": Stage.CANCELLED}


def poll_if_due(upload: ZipUpload) -> None:
    """Poll for a page if the time has come."""
    due = upload.next_poll_at
    if due is not None and due <= timezone.now() and upload.claim_poll(due, CLAIM):
        poll(upload)


def poll_now(upload: ZipUpload) -> None:
    """Poll at once for a person, even if polling had stopped."""
    if upload.claim_poll(upload.next_poll_at, CLAIM):
        upload.schedule_poll(CLAIM, restart=True)
        poll(upload)


def poll(upload: ZipUpload) -> None:
    """Ask the API once, store the answer, and schedule the next poll. Claim the poll before. API errors are stored."""
    if upload.stage not in FIRST_DELAY or upload.is_held:
        return
    if not may_poll(upload):
        problem = "The sender no longer has access to the key. We’ll continue when they have it again."
        upload.schedule_poll(None, problem=problem, waits_for_key=True)
        return
    try:
        _ask_api(upload, client_for_upload(upload))
    except (PipelinesError, NoKey) as error:
        _record_problem(upload, error)


def may_poll(upload: ZipUpload) -> bool:
    """Return whether the sender may use the key. An upload whose key was removed is polled, which reports that."""
    sender, key = upload.submission.owner, upload.submission.key
    return key is None or (sender.may_send and may_use(sender, key))


def client_for_upload(upload: ZipUpload) -> PipelinesClient:
    """Return a client with the upload's key. Raise NoKey."""
    if upload.submission.key is None:
        raise NoKey("The key was removed from this portal.")
    try:
        return client_for(upload.submission.key.on_behalf_of(upload.submission.owner))
    except KeyCannotBeOpened as error:
        raise NoKey(str(error)) from None


def delay_before_poll(upload: ZipUpload) -> float:
    """Return the seconds until the next poll. They grow with the number of polls that changed nothing."""
    return min(FIRST_DELAY[upload.stage] * GROWTH ** min(upload.poll_count, 30), LONGEST_DELAY[upload.stage])


def settle_lost_confirm(upload: ZipUpload, client: PipelinesClient) -> None:
    """Ask the API whether an unconfirmed confirm was accepted. Raise PipelinesError if it does not answer.

    One whose answer was lost may still be on its way to the API: only after a while does its absence say something.
    """
    now = timezone.now()
    if upload.confirming_until is None or upload.confirming_until > now:
        return
    try:
        status = client.upload_status(*upload.remote_ids).status
    except NotFound:
        upload.end_unconfirmed(texts.FORGOTTEN)
        return
    if status not in NOT_CONFIRMED:
        upload.accept()
    elif status == "cancelled" or upload.confirming_until + lease() <= now:
        upload.end_confirm(is_unconfirmed=False)


def was_confirmed(upload: ZipUpload, client: PipelinesClient) -> bool:
    """Return whether a confirm was accepted. Then a second upload would create the tasks twice."""
    try:
        status = client.upload_status(*upload.remote_ids).status
    except NotFound:
        return False
    return status not in NOT_CONFIRMED


def _ask_api(upload: ZipUpload, client: PipelinesClient) -> None:
    if upload.stage == Stage.PROCESSING:
        _read_status(upload, client)
    elif upload.stage == Stage.STORED or not upload.is_locked:
        _confirm(upload, client)
    else:
        _poll_later(upload)


def _confirm(upload: ZipUpload, client: PipelinesClient) -> None:
    newest = newest_task_id(client, upload.submission.workflow_id)
    was_unconfirmed = upload.confirming_until is not None  # an earlier one may have been accepted
    if not upload.start_confirm(newest):
        return _poll_later(upload)
    try:
        client.confirm_upload(*upload.remote_ids)
    except Conflict:
        upload.accept()
    except NotFound:
        _check_not_found(upload, client, was_unconfirmed=was_unconfirmed)
    except PipelinesError as error:
        if not isinstance(error, ValidationFailed) or "has not been uploaded" not in error.message.lower():
            upload.end_confirm(is_unconfirmed=error.maybe_processed or was_unconfirmed)
            raise
        # The archive is not stored (422, S158). It can be sent again, and the link stays valid.
        if not upload.mark_missing("The files haven’t arrived. Upload them again."):
            upload.end_confirm(is_unconfirmed=False)
        _poll_later(upload)
    else:
        upload.accept()
    return None


def _check_not_found(upload: ZipUpload, client: PipelinesClient, *, was_unconfirmed: bool) -> None:
    """Read the status after a confirm got a 404: the upload counts as gone only if that is a 404, too.

    Raise NotFound then, and any other PipelinesError if nobody can tell: the confirm may have been taken.
    """
    try:
        is_taken = client.upload_status(*upload.remote_ids).status not in NOT_CONFIRMED
    except NotFound:
        upload.end_confirm(is_unconfirmed=was_unconfirmed)
        raise
    except PipelinesError:
        upload.end_confirm(is_unconfirmed=True)
        raise
    if is_taken:
        upload.accept()
    else:
        upload.end_confirm(is_unconfirmed=False)
        _poll_later(upload)


def _read_status(upload: ZipUpload, client: PipelinesClient) -> None:
    status = client.upload_status(*upload.remote_ids)
    if status.status in ENDS:
        _end(upload, status)
    elif status.status == "processing":
        _poll_later(upload, problem="")
    else:
        # Keep polling for half a day after an unknown status. Then the outcome is unconfirmed.
        problem = f"Pipelines reports the status “{status.status[:40]}”, which we don’t know."
        if upload.confirmed_at is not None and upload.confirmed_at + PATIENCE_AFTER_EXPIRY < timezone.now():
            upload.end_unconfirmed(f"{problem} {texts.MAY_HAVE_TASKS}")
        else:
            _poll_later(upload, problem=problem)


def _end(upload: ZipUpload, status: UploadStatus) -> None:
    """Record the outcome in the submission and the upload, in one transaction."""
    if upload.submission.key is not None:
        outdate(upload.submission.key, upload.submission.workflow_id)
    row_count = upload.submission.row_count
    reason = status.error_message or "Pipelines gave no reason."
    sentence = reason if reason.rstrip().endswith((".", "!", "?")) else f"{reason.rstrip()}."
    if status.status == "completed":
        problem, outcome = status.error_message or "", outcome_of_answer(status, row_count)
    elif status.success_count is None:
        problem = f"{sentence} {texts.MAY_HAVE_TASKS}"
        outcome = unconfirmed(problem)
    elif status.success_count or status.error_count or status.task_ids:
        problem, outcome = reason, outcome_of_stopped(status, row_count, sentence)
    else:
        problem, outcome = reason, rejection(row_count, sentence)
    upload.end(ENDS[status.status], problem, outcome)


def _record_problem(upload: ZipUpload, error: PipelinesError | NoKey) -> None:
    """Store an error as the problem, and schedule the next poll unless only a person can help."""
    is_confirmed = upload.stage == Stage.PROCESSING or upload.confirming_until is not None
    if is_confirmed and upload.submission.key is None:
        upload.end_unconfirmed("The key was removed, so we can’t check this upload.")
        return
    if is_confirmed and isinstance(error, NotFound):
        upload.end_unconfirmed(texts.FORGOTTEN)
        return
    never_confirmed = "Pipelines no longer knows this upload. Nothing was created. Start again."
    if isinstance(error, NotFound) and upload.give_up(never_confirmed):
        return
    problem = error.advice or sentence(error) if isinstance(error, PipelinesError) else str(error)
    if isinstance(error, (NoKey, *HOPELESS)):
        upload.schedule_poll(None, problem=problem, waits_for_key=isinstance(error, WAITS_FOR_KEY))
    else:
        at_least = error.retry_after or 0 if isinstance(error, RateLimited) else 0
        _poll_later(upload, at_least=at_least, problem=problem)


def _poll_later(upload: ZipUpload, *, at_least: float = 0, problem: str | None = None) -> None:
    """Schedule the next poll, unless the link expired long ago and nobody sent the archive."""
    if upload.stage not in FIRST_DELAY:
        return
    is_expired = upload.expires_at is None or upload.expires_at + PATIENCE_AFTER_EXPIRY < timezone.now()
    if upload.stage == Stage.UPLOADING and upload.confirming_until is None and is_expired:
        upload.schedule_poll(None, problem=problem)
    else:
        delay = timedelta(seconds=max(delay_before_poll(upload), at_least))
        upload.schedule_poll(delay, problem=problem)


TASKS_STORED_FOR = timedelta(days=1)
MOST_RESUMED = 200


@task()
def poll_upload(zip_id: str, claim: str) -> None:
    """Poll for an upload, unless somebody else did so since `claim`."""
    upload = ZipUpload.objects.with_submission().filter(pk=UUID(zip_id)).first()
    if upload is not None and upload.claim_poll(datetime.fromisoformat(claim), CLAIM):
        poll(upload)


def enqueue_due() -> int:
    """Enqueue a poll of every upload that is due. The claim prevents that a slow queue holds the same upload twice.

    If a worker is killed, the claim ends and the upload is due again. Return how many were enqueued.
    """
    due = ZipUpload.objects.with_submission().filter(next_poll_at__lte=timezone.now()).order_by("next_poll_at")[:200]
    count = 0
    for upload in due:
        if upload.claim_poll(upload.next_poll_at, CLAIM) and upload.next_poll_at:
            poll_upload.enqueue(str(upload.pk), upload.next_poll_at.isoformat())
            count += 1
    return count


def resume_waiting(key: SavedKey | None = None) -> int:
    """Resume uploads whose key works again and may be used by the sender, of one key or of all."""
    waiting = ZipUpload.objects.with_submission().filter(
        waits_for_key=True, submission__key__rejected_at=None, submission__key__creator_gone_at=None
    )
    if key is not None:
        waiting = waiting.filter(submission__key=key)
    # In random order, because uploads whose senders may not use the key stay and must not block the others.
    return sum(may_poll(upload) and upload.resume_polling() for upload in waiting.order_by("?")[:MOST_RESUMED])


def remove_old_tasks() -> int:
    """Remove the queue's records of old polls. Those of killed workers stay "running", and nobody reads them."""
    return delete_in_batches(DBTaskResult.objects.filter(enqueued_at__lte=timezone.now() - TASKS_STORED_FOR))


def stop_restored() -> None:
    """After a restore, let no upload go on that was not confirmed, and poll confirmed ones at once.

    Call after the submissions were marked: see `is_held`.
    """
    unconfirmed = ZipUpload.objects.filter(stage__in=(Stage.UPLOADING, Stage.STORED))
    unconfirmed.update(next_poll_at=None, tab="", tab_seen_at=None)
    ZipUpload.objects.filter(stage=Stage.PROCESSING).update(next_poll_at=timezone.now(), poll_count=0)
