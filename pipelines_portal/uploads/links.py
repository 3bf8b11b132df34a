"""Asking the API for an upload link, and giving it up again."""

from pipelines_portal.api_client import PipelinesClient
from pipelines_portal.submissions.rows import read_fields

from . import transitions
from .follow import client_for_upload, settle_lost_confirm, was_taken
from .models import ZipUpload
from .upload_hosts import check_host


class BeingConfirmed(Exception):
    """Somebody asks the API this very moment to confirm the archive."""

    def __init__(self) -> None:
        super().__init__("The API is being asked right now whether the archive has arrived. Try again in a moment.")


def open_link(upload: ZipUpload, client: PipelinesClient, *, renew: bool = False) -> None:
    """See that the upload has a link that lives; a new one only when the old is gone, or `renew`.

    Raises PipelinesError, HostNotAllowed, Undecryptable and BeingConfirmed. An init whose answer got lost creates
    nothing: the API opened an upload that nobody will confirm, and lets it expire. So does a link that came too late.
    """
    if upload.has_live_link and not renew:
        return check_host(upload.reveal_link())
    if upload.upload_id and _is_confirmed(upload, client):
        return None
    rows = list(read_fields(upload.submission)) if upload.sends_rows else None
    started = client.start_upload(upload.submission.workflow_id, file_size_bytes=upload.size_bytes, rows=rows)
    transitions.open_link(upload, started)
    return check_host(upload.reveal_link()) if upload.has_live_link else None


def cancel(upload: ZipUpload) -> bool:
    """Give the link up for good. False when it is too late. Raises PipelinesError and BeingConfirmed when unknown."""
    if upload.confirming_until:
        settle_lost_confirm(upload, client_for_upload(upload))
    if transitions.give_up(upload):
        return True
    if upload.confirming_until:
        raise BeingConfirmed
    return False


def _is_confirmed(upload: ZipUpload, client: PipelinesClient) -> bool:
    """Before a second init for the same choice. Then the upload stands where the API has it."""
    settle_lost_confirm(upload, client)
    if upload.confirming_until:
        raise BeingConfirmed
    if upload.is_over:
        return True
    if was_taken(upload, client):
        transitions.accept(upload)
        return True
    return False
