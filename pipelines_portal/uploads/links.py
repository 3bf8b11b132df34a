"""Asking the API for an upload link, and giving it up again."""

from datetime import timedelta

from django.utils import timezone

from pipelines_portal.api_client import NotFound, PipelinesClient
from pipelines_portal.submissions.rows import read_fields

from .follow import accepted
from .models import Stage, ZipUpload
from .upload_hosts import check_host

FIRST_LOOK = timedelta(seconds=5)


def open_link(upload: ZipUpload, client: PipelinesClient, *, renew: bool = False) -> None:
    """See that the upload has a link that lives; a new one only when the old is gone, or `renew`.

    Raises PipelinesError, HostNotAllowed and Undecryptable. An init whose answer got lost creates nothing: the API
    opened an upload that nobody will confirm, and lets it expire.
    """
    if upload.has_live_link and not renew:
        return check_host(upload.reveal_link())
    if upload.upload_id and _was_taken(upload, client):
        return accepted(upload, newest=None)
    rows = list(read_fields(upload.submission)) if upload.sends_rows else None
    started = client.start_upload(upload.submission.workflow_id, file_size_bytes=upload.size_bytes, rows=rows)
    upload.upload_id = started.upload_id
    upload.seal_link(started.upload_url, started.expires_at)
    upload.stage, upload.problem, upload.looks = Stage.UPLOADING, "", 0
    upload.next_look_at = timezone.now() + FIRST_LOOK
    upload.save(update_fields=["upload_id", "encrypted_url", "expires_at", "stage", "problem", "looks", "next_look_at"])
    return check_host(started.upload_url)


def mark_stored(upload: ZipUpload) -> bool:
    """Someone says that the archive is in storage. False when it was not on its way."""
    sending = ZipUpload.objects.filter(pk=upload.pk, stage=Stage.UPLOADING)
    marked = sending.update(stage=Stage.STORED, stored_at=timezone.now(), tab="", problem="")
    upload.refresh_from_db()
    return bool(marked)


def give_up(upload: ZipUpload) -> bool:
    """Back to an archive that was chosen and not sent. The API's side was never confirmed and expires."""
    sending = ZipUpload.objects.filter(pk=upload.pk, stage__in=(Stage.CHOSEN, Stage.UPLOADING))
    given_up = sending.update(
        stage=Stage.CHOSEN, upload_id=None, encrypted_url=b"", expires_at=None, next_look_at=None, problem="", tab=""
    )
    upload.refresh_from_db()
    return bool(given_up)


def _was_taken(upload: ZipUpload, client: PipelinesClient) -> bool:
    """Whether a confirm of the earlier link went through unheard: then a second upload would make the tasks twice."""
    try:
        status = client.upload_status(upload.submission.workflow_id, upload.upload_id).status
    except NotFound:
        return False
    return status in ("processing", "completed")
