"""The presigned link for an archive: open it, check its host, and cancel it."""

from functools import partial
from uuid import uuid4, uuid5

from django.conf import settings

from pipelines_portal.api_client import (
    Conflict,
    CreatorGone,
    OtherRequest,
    PipelinesClient,
    PipelinesError,
    StartedUpload,
    StillRunning,
    TooManyUploads,
    ValidationFailed,
)
from pipelines_portal.core.web_addresses import origin_of
from pipelines_portal.uploads import texts
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.uploads.polling import client_for_upload, settle_lost_confirm, was_confirmed
from pipelines_portal.web.error_sentences import explain
from pipelines_portal.workflows.fields.field_values import FieldValues


class BeingConfirmed(Exception):
    """The API is being asked right now to confirm the archive."""

    def __init__(self) -> None:
        super().__init__("We’re checking whether the files have arrived. Try again in a moment.")


def open_link(upload: ZipUpload, client: PipelinesClient, *, renew: bool = False) -> None:
    """Make sure that the upload has a valid link. A new one replaces it only if it expired or with `renew`.

    Raise PipelinesError, HostNotAllowed, NoKey and BeingConfirmed. If the answer gets lost or arrives too late, the API
    has an upload that nobody confirms, which expires and creates nothing.
    """
    if upload.has_live_link and not renew:
        return check_host(upload.link)
    if upload.remote_upload_id and not _may_be_replaced(upload, client):
        return None
    rows = list(upload.submission.read_fields()) if upload.sends_rows else None
    upload.store_link(_start(upload, client, rows))
    return check_host(upload.link) if upload.has_live_link else None


def _start(upload: ZipUpload, client: PipelinesClient, rows: list[FieldValues] | None) -> StartedUpload:
    """Start an upload. Asked again for the same choice, an API that honours Idempotency-Key answers the same one."""
    start = partial(client.start_upload, upload.submission.workflow_id, file_size_bytes=upload.size_bytes, rows=rows)
    try:
        return start(idempotency_key=str(uuid5(upload.pk, f"choice {upload.choice}")))
    except StillRunning:
        raise
    except (Conflict, OtherRequest):  # that one is over, or had other rows
        return start(idempotency_key=str(uuid4()))


def cancel(upload: ZipUpload) -> bool:
    """Give up the link. Return False if it is too late. Raise PipelinesError and BeingConfirmed if nobody can tell."""
    if upload.confirming_until:
        settle_lost_confirm(upload, client_for_upload(upload))
    if upload.give_up():
        return True
    if upload.confirming_until:
        raise BeingConfirmed
    return False


def _may_be_replaced(upload: ZipUpload, client: PipelinesClient) -> bool:
    """Return whether a second link may replace the upload's own: nothing was confirmed, and no window cancelled it.

    Update its stage.
    """
    settle_lost_confirm(upload, client)
    if upload.confirming_until:
        raise BeingConfirmed
    if upload.is_over or upload.remote_upload_id is None:
        return False
    if was_confirmed(upload, client):
        upload.accept()
        return False
    return True


class HostNotAllowed(Exception):
    """The API returned a link to a host that is not in UPLOAD_ORIGINS."""

    def __init__(self, origin: str) -> None:
        super().__init__(
            f"Pipelines wants the files sent to {origin}, which this portal doesn’t allow. "
            f"Your administrator can allow it by adding {origin} to UPLOAD_ORIGINS."
        )


def check_host(url: str) -> None:
    """Raise HostNotAllowed if the host of a link is not allowed."""
    origin = origin_of(url)
    if origin not in settings.UPLOAD_ORIGINS:
        raise HostNotAllowed(origin or "an invalid address")


def link_error_message(error: Exception, upload: ZipUpload) -> str:
    """Return what happened, whether anything was created, and what to do."""
    if upload.confirming_until:
        return cancel_error_message(error)
    if not isinstance(error, PipelinesError):
        return str(error)
    if isinstance(error, TooManyUploads):
        return "Pipelines has too many unfinished uploads. Nothing was created. Try again in a few minutes."
    if isinstance(error, ValidationFailed) and not isinstance(error, CreatorGone):
        return f"Pipelines refused the upload: {error.message} {texts.NOTHING_CREATED}"
    if error.maybe_processed:
        return "The connection was lost. Nothing was created, so you can start again."
    return f"{explain(error).reason} {texts.NOTHING_CREATED}"


def cancel_error_message(error: Exception) -> str:
    """Return the message for an error while a confirm is unconfirmed, when tasks may have been created."""
    if not isinstance(error, PipelinesError):
        return str(error)
    return "We asked Pipelines to create the tasks and the connection was lost. We’ll keep checking."
