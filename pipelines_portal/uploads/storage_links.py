"""The presigned link an archive goes under: asked for, kept to the hosts that are allowed, given up again."""

from enum import Enum

import requests
from django.conf import settings

from pipelines_portal.api_client import CreatorGone, PipelinesClient, PipelinesError, ValidationFailed
from pipelines_portal.core.api_errors import explain
from pipelines_portal.core.web_addresses import origin_of
from pipelines_portal.submissions.rows import read_fields
from pipelines_portal.uploads import transitions
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.uploads.polling import client_for_upload, settle_lost_confirm, was_taken

CONNECT_TIMEOUT, READ_TIMEOUT = 3.05, 5


class BeingConfirmed(Exception):
    """Somebody asks the API this very moment to confirm the archive."""

    def __init__(self) -> None:
        super().__init__("Pipelines is being asked right now whether the ZIP file has arrived. Try again in a moment.")


def open_link(upload: ZipUpload, client: PipelinesClient, *, renew: bool = False) -> None:
    """See that the upload has a link that lives; a new one only when the old is gone, or `renew`.

    Raises PipelinesError, HostNotAllowed, NoKey and BeingConfirmed. An init whose answer got lost creates
    nothing: the API opened an upload that nobody will confirm, and lets it expire. So does a link that came too late.
    """
    if upload.has_live_link and not renew:
        return check_host(upload.link)
    if upload.remote_upload_id and _is_confirmed(upload, client):
        return None
    rows = list(read_fields(upload.submission)) if upload.sends_rows else None
    started = client.start_upload(upload.submission.workflow_id, file_size_bytes=upload.size_bytes, rows=rows)
    transitions.open_link(upload, started)
    return check_host(upload.link) if upload.has_live_link else None


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


class Cors(Enum):
    ALLOWED = "allowed"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # this server cannot reach the host; the browser perhaps can


class HostNotAllowed(Exception):
    """The API hands out links to a host that UPLOAD_ORIGINS does not name."""

    def __init__(self, origin: str) -> None:
        super().__init__(
            f"Pipelines hands out upload links for {origin}, which this portal does not know. Nothing was sent. "
            f"An administrator can allow it by adding {origin} to UPLOAD_ORIGINS."
        )


def check_host(url: str) -> None:
    """Raises HostNotAllowed."""
    origin = origin_of(url)
    if origin not in settings.UPLOAD_ORIGINS:
        raise HostNotAllowed(origin or "an address that is no web address")


def ask_cors(url: str, page_origin: str) -> Cors:
    """Ask as a browser would before a PUT from `page_origin`. Call `check_host` first."""
    asking = {
        "Origin": page_origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.options(
                url, headers=asking, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), allow_redirects=False, stream=True
            )
    except (requests.RequestException, OSError, ValueError):
        return Cors.UNKNOWN
    return Cors.ALLOWED if answer.ok and _allows(answer, page_origin) else Cors.REFUSED


def _allows(answer: requests.Response, page_origin: str) -> bool:
    return (
        answer.status_code < 300
        and answer.headers.get("Access-Control-Allow-Origin", "").strip() in ("*", page_origin)
        and _names(answer, "Access-Control-Allow-Methods") & {"put", "*"} != set()
        and _names(answer, "Access-Control-Allow-Headers") & {"content-type", "*"} != set()
    )


def _names(answer: requests.Response, header: str) -> set[str]:
    return {name.strip().lower() for name in answer.headers.get(header, "").split(",")}


def link_error_message(error: Exception, upload: ZipUpload) -> str:
    """One text: what happened, whether anything was created, what to do."""
    if upload.confirming_until:
        return cancel_error_message(error)
    if not isinstance(error, PipelinesError):
        return str(error)
    if isinstance(error, CreatorGone):
        return f"{explain(error).sentence} Nothing was created."
    if isinstance(error, ValidationFailed):
        return f"Pipelines refused to begin the upload: {error.message} Nothing was created."
    if error.maybe_processed:
        return (
            "Pipelines' answer got lost. It may have opened an upload that nobody will use: "
            "that one expires by itself and creates nothing. You can safely start again."
        )
    return f"{explain(error).title}. {explain(error).sentence} Nothing was created."


def cancel_error_message(error: Exception) -> str:
    """A confirm of this archive may have gone through: until that is known, nobody can say that nothing is created."""
    if not isinstance(error, PipelinesError):
        return str(error)
    words = explain(error)
    return (
        f"Pipelines was asked to make tasks of the ZIP file, and its answer got lost. {words.title}, so whether "
        "tasks are being created is not known yet. The portal goes on asking by itself."
    )
