"""Moving an upload forward by asking the API once: confirm, then status, until the end.

Pages and the worker both do it; whoever moves `next_look_at` forward does the asking. All of it may run twice.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from pipelines_portal.api_client import (
    Conflict,
    NotFound,
    PipelinesClient,
    PipelinesError,
    RateLimited,
    Unauthorized,
    UploadStatus,
    ValidationFailed,
)
from pipelines_portal.saved_keys.access import client_for
from pipelines_portal.saved_keys.encryption import Undecryptable
from pipelines_portal.submissions.outcomes import record_created, record_failure, record_unknown, sentence
from pipelines_portal.submissions.sending import claim, newest_task_id

from .models import Stage, ZipUpload
from .tabs import is_held

# How long the one who asks keeps the turn. Past it someone else asks: a second confirm or status harms nothing.
TURN = timedelta(seconds=30)
FIRST_DELAY: dict[str, float] = {Stage.UPLOADING: 5.0, Stage.STORED: 1.0, Stage.PROCESSING: 1.0}
LONGEST_DELAY: dict[str, float] = {Stage.UPLOADING: 600.0, Stage.STORED: 60.0, Stage.PROCESSING: 60.0}
GROWTH = 1.5
# A PUT that began before the link expired may go on for long after it.
PATIENCE_AFTER_EXPIRY = timedelta(hours=12)
# Asking again changes nothing until a person acts, and a dead key counts against this server's address.
HOPELESS = (Unauthorized, NotFound, ValidationFailed)
ENDS = {"completed": Stage.COMPLETED, "failed": Stage.FAILED, "cancelled": Stage.CANCELLED}
FORGOTTEN = "The API no longer knows this upload, so nobody can say what came of it. Look at the workflow's tasks."


def take_turn(upload: ZipUpload, seen: datetime | None) -> bool:
    """Whether `upload` still stood at `seen`: then it is ours to ask for."""
    turn = timezone.now() + TURN
    taken = ZipUpload.objects.filter(pk=upload.pk, next_look_at=seen).update(next_look_at=turn)
    upload.refresh_from_db()
    return bool(taken)


def look_if_due(upload: ZipUpload) -> None:
    """For a page: ask when it is time, else leave it as it stands."""
    due = upload.next_look_at
    if due is not None and due <= timezone.now() and take_turn(upload, due):
        look(upload)


def look_now(upload: ZipUpload) -> None:
    """A person wants to know, also where the asking had stopped."""
    upload.looks = 0
    upload.save(update_fields=["looks"])
    if take_turn(upload, upload.next_look_at):
        look(upload)


def look(upload: ZipUpload) -> None:
    """Ask once, write down the answer, and set the next time. Take the turn first. Raises nothing of the API's."""
    try:
        _ask(upload, client_for_upload(upload))
    except (PipelinesError, Undecryptable) as error:
        _note(upload, error)


def client_for_upload(upload: ZipUpload) -> PipelinesClient:
    """Raises Undecryptable, also when the key was removed from the portal."""
    if upload.submission.key is None:
        raise Undecryptable("The organization key was removed from this portal.")
    return client_for(upload.submission.key)


def delay_before_look(upload: ZipUpload) -> float:
    """Seconds between the last look and the next, growing with the looks that changed nothing."""
    return min(FIRST_DELAY[upload.stage] * GROWTH ** min(upload.looks, 30), LONGEST_DELAY[upload.stage])


def accepted(upload: ZipUpload, newest: int | None) -> None:
    """The API took the confirm: the link has done its work, and the ledger says that tasks are being made."""
    now = timezone.now()
    before = (Stage.CHOSEN, Stage.UPLOADING, Stage.STORED)
    ZipUpload.objects.filter(pk=upload.pk, stage__in=before).update(
        stage=Stage.PROCESSING,
        upload_id=upload.upload_id,
        encrypted_url=b"",
        confirmed_at=now,
        problem="",
        tab="",
        looks=0,
        next_look_at=now + timedelta(seconds=FIRST_DELAY[Stage.PROCESSING]),
    )
    claim(upload.submission, newest, until=None)
    upload.refresh_from_db()


def _ask(upload: ZipUpload, client: PipelinesClient) -> None:
    if upload.stage == Stage.PROCESSING:
        _read_status(upload, client)
    elif upload.stage == Stage.STORED or (upload.stage == Stage.UPLOADING and not is_held(upload)):
        _confirm(upload, client)
    else:
        _look_later(upload)


def _confirm(upload: ZipUpload, client: PipelinesClient) -> None:
    newest = newest_task_id(client, upload.submission.workflow_id)
    try:
        client.confirm_upload(upload.submission.workflow_id, upload.upload_id)
    except Conflict:
        accepted(upload, newest=None)
    except ValidationFailed as error:
        if "has not been uploaded" not in error.message.lower():
            raise
        _not_there(upload)
    else:
        accepted(upload, newest)


def _not_there(upload: ZipUpload) -> None:
    """422 (S158). When someone said it was there, they may send it again; the link lives on."""
    if upload.stage == Stage.STORED:
        upload.looks = 0
        upload.problem = "The storage does not have the archive: it has to be sent again from the beginning."
    upload.stage, upload.stored_at = Stage.UPLOADING, None
    upload.save(update_fields=["stage", "stored_at", "problem", "looks"])
    _look_later(upload)


def _read_status(upload: ZipUpload, client: PipelinesClient) -> None:
    status = client.upload_status(upload.submission.workflow_id, upload.upload_id)
    if status.is_over:
        _end(upload, status)
    else:
        upload.problem = ""
        _look_later(upload)


def _end(upload: ZipUpload, status: UploadStatus) -> None:
    """The ledger first: a worker that dies in between leaves an upload that is asked for again."""
    if status.status == "completed":
        record_created(upload.submission, status)
    else:
        reason = status.error_message or f"The API {status.status} the upload without giving a reason."
        record_failure(upload.submission, ValidationFailed(422, "validation_error", reason))
    _finish(upload, ENDS[status.status], status.error_message or "")


def _finish(upload: ZipUpload, stage: Stage, problem: str) -> None:
    upload.stage, upload.problem, upload.ended_at, upload.next_look_at = stage, problem, timezone.now(), None
    upload.blank_link()
    upload.save(update_fields=["stage", "problem", "ended_at", "next_look_at", "encrypted_url"])


def _note(upload: ZipUpload, error: PipelinesError | Undecryptable) -> None:
    """Trouble is shown, and time makes it good or a person does."""
    if isinstance(error, NotFound) and upload.stage == Stage.PROCESSING:
        record_unknown(upload.submission, FORGOTTEN)
        return _finish(upload, Stage.FAILED, FORGOTTEN)
    upload.problem = sentence(error) if isinstance(error, PipelinesError) else str(error)
    if isinstance(error, (Undecryptable, *HOPELESS)):
        upload.next_look_at = None
        return upload.save(update_fields=["problem", "next_look_at"])
    return _look_later(upload, at_least=error.retry_after or 0 if isinstance(error, RateLimited) else 0)


def _look_later(upload: ZipUpload, at_least: float = 0) -> None:
    delay = max(delay_before_look(upload), at_least)
    upload.looks += 1
    upload.next_look_at = timezone.now() + timedelta(seconds=delay)
    if upload.stage == Stage.UPLOADING and _is_abandoned(upload):
        upload.next_look_at = None
    upload.save(update_fields=["looks", "next_look_at", "problem"])


def _is_abandoned(upload: ZipUpload) -> bool:
    return upload.expires_at is None or upload.expires_at + PATIENCE_AFTER_EXPIRY < timezone.now()
