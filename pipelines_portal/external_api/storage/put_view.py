"""The endpoint of the embedded storage: a signed PUT that is written straight to disk. CORS admits the portal."""

import base64
import hashlib
import logging
import re
import time
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt  # for a PUT that a signature allows, no cookie

from pipelines_portal.external_api.models import Organization, Upload
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.storage.base import StorageFullError, archive_name
from pipelines_portal.external_api.storage.embedded import CHUNK_BYTES, EmbeddedStorage, open_private
from pipelines_portal.external_api.storage.put_limits import ArchivePut, ArchivePuts, BusyError
from pipelines_portal.external_api.storage.quotas import bytes_left, over_quota
from pipelines_portal.external_api.storage.signed_urls import find_fault

logger = logging.getLogger(__name__)
# An upload occupies a thread of the server, so their number is limited.
ARCHIVE_PUTS = ArchivePuts(settings.STORAGE_CONCURRENT_UPLOADS)
NOT_PENDING = "The upload is no longer pending."
NO_ROOM = "The archive could not be stored: the storage has no room."
PREFLIGHT_SECONDS = "600"


class RefusedError(Exception):
    """The PUT is refused. The message says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@csrf_exempt  # the signature in the URL authorizes it, not a cookie
def stored_archive(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Store the archive of a pending upload on PUT. Answer the preflight request of browsers on OPTIONS."""
    _storage()
    if request.method == "OPTIONS":
        return _preflight(request)
    answer = _put(request, upload_id) if request.method == "PUT" else _refusal(405, "Only PUT is allowed here.")
    return _with_cors_headers(request, answer)


def _preflight(request: HttpRequest) -> HttpResponse:
    allowed = request.headers.get("Origin") in settings.PORTAL_ORIGINS
    answer = HttpResponse(status=204 if allowed else 403)
    if allowed:
        answer["Access-Control-Allow-Methods"] = "PUT"
        answer["Access-Control-Allow-Headers"] = "Content-Type"
        answer["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
    return _with_cors_headers(request, answer)


def _with_cors_headers(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    origin = request.headers.get("Origin")
    if origin and origin in settings.PORTAL_ORIGINS:
        answer["Access-Control-Allow-Origin"] = origin
    patch_vary_headers(answer, ["Origin"])
    return answer


def _put(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Store the archive. Whatever can be refused is refused before the body is read."""
    query = request.GET
    name = archive_name(upload_id)
    fault = find_fault(name, query.get("expires", ""), query.get("signature", ""), request.META.get("CONTENT_TYPE", ""))
    if fault:
        return _refusal(403, fault)
    length = request.META.get("CONTENT_LENGTH", "")
    if not re.fullmatch("[0-9]{1,18}", length):
        return _refusal(411, "The Content-Length is missing.")
    if int(length) > settings.MAX_ARCHIVE_BYTES:
        return _refusal(413, f"The archive is larger than {settings.MAX_ARCHIVE_BYTES} bytes.")
    try:
        _refuse_part(request)
        organization_id = _require_room(upload_id, int(length))
        # A PUT that began before its link expired may end within the grace.
        last_time = int(query["expires"]) + settings.UPLOAD_GRACE_SECONDS
        put = ArchivePut(request, upload_id, organization_id, last_time)
        with ARCHIVE_PUTS.place_for(put):
            return _receive(put, int(length))
    except RefusedError as refused:
        return _refusal(refused.status, str(refused))
    except BusyError as busy:
        return _refusal(503, str(busy), {"Retry-After": "5"})


def _refuse_part(request: HttpRequest) -> None:
    """Raise RefusedError for a part of an archive, which would be stored as if it were the whole (RFC 9110)."""
    if "Content-Range" in request.headers:
        raise RefusedError(400, "Content-Range is not supported. Send the whole archive in one request.")


def _require_room(upload_id: UUID, length: int) -> int:
    """Return the ID of the organization, or raise RefusedError if the archive cannot be stored."""
    upload = Upload.objects.select_related("workflow").filter(pk=upload_id).first()
    if upload is None or upload.status != Upload.Status.PENDING:
        raise RefusedError(403, NOT_PENDING)
    organization_id = upload.workflow.organization_id
    if length > bytes_left(organization_id, but=upload):
        raise RefusedError(507, over_quota())
    try:
        _storage().require_room(length)
    except StorageFullError as error:
        raise RefusedError(507, NO_ROOM) from error
    return organization_id


def _receive(put: ArchivePut, length: int) -> HttpResponse:
    # From here on, the upload is not cancelled to make room for another.
    pending, began_at = Upload.objects.filter(pk=put.upload_id, status=Upload.Status.PENDING), timezone.now()
    if not pending.update(put_at=began_at):
        raise RefusedError(403, NOT_PENDING)
    answer = _write_and_store(put, length)
    if answer.status_code != HTTPStatus.OK and not _storage().find(archive_name(put.upload_id)):
        # Nothing arrived, unless another PUT has begun since.
        pending.filter(put_at=began_at).update(put_at=None)
    return answer


def _write_and_store(put: ArchivePut, length: int) -> HttpResponse:
    try:
        with _storage().draft() as draft:
            received, digest = _write(put, draft)
            if received != length:
                return _broken_off(put)
            if digest not in ("", put.request.headers.get("Content-MD5")):
                return _refusal(400, "The Content-MD5 does not match the bytes that arrived. They were not stored.")
            return _store(draft, put, length)
    except UnreadablePostError:
        return _broken_off(put)
    except OSError:
        logger.exception("The archive of upload %s could not be stored", put.upload_id)
        return _refusal(507, NO_ROOM)


def _broken_off(put: ArchivePut) -> HttpResponse:
    if put.is_ended:
        return _refusal(408, "The archive came too slowly.")
    return _refusal(400, "The body ended early.")


def _write(put: ArchivePut, draft: Path) -> tuple[int, str]:
    """Write the body to disk in chunks. Return the number of bytes, and their Content-MD5 if the sender gave one."""
    is_checked = "Content-MD5" in put.request.headers
    md5 = hashlib.md5(usedforsecurity=False)
    with open_private(draft) as out:
        while chunk := put.request.read(CHUNK_BYTES):
            out.write(chunk)
            if is_checked:
                md5.update(chunk)
            put.note_chunk()
        return out.tell(), base64.b64encode(md5.digest()).decode() if is_checked else ""


def _store(draft: Path, put: ArchivePut, length: int) -> HttpResponse:
    """Make the draft the archive of the upload. A concurrent confirm waits for the row's lock, or came first."""
    if time.time() > put.last_time:
        return _refusal(403, "The link has expired.")
    with transaction.atomic():
        # Lock the organization, so that concurrent archives are checked one after the other.
        Organization.objects.select_for_update().get(pk=put.organization_id)
        if length > bytes_left(put.organization_id, but=Upload(pk=put.upload_id)):
            return _refusal(507, over_quota())
        pending = Upload.objects.filter(pk=put.upload_id, status=Upload.Status.PENDING)
        # The UPDATE locks the row (on SQLite, the database).
        if not pending.update(kept_bytes=length):
            return _refusal(403, NOT_PENDING)
        _storage().keep(draft, archive_name(put.upload_id))
    return HttpResponse()


def _storage() -> EmbeddedStorage:
    storage = get_storage()
    if not isinstance(storage, EmbeddedStorage):
        raise Http404
    return storage


def _refusal(status: int, reason: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(reason, status=status, content_type="text/plain; charset=utf-8", headers=headers)
