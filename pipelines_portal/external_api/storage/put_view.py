"""The embedded storage's door: a signed PUT straight to disk. Browsers of the portal come through by CORS."""

import logging
import threading
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from pipelines_portal.external_api.models import Upload
from pipelines_portal.external_api.storage import archive_name, get_storage
from pipelines_portal.external_api.storage.embedded import CHUNK_BYTES, EmbeddedStorage
from pipelines_portal.external_api.storage.signed_urls import fault_of

logger = logging.getLogger(__name__)
# An upload holds one of the server's threads for as long as it lasts; the rest is for everyone else.
SLOTS = threading.BoundedSemaphore(settings.STORAGE_CONCURRENT_UPLOADS)
# Small archives come and go within that; waiting longer would take the threads that are to be kept free.
WAIT_SECONDS = 1
PREFLIGHT_SECONDS = "600"


# The signature in the address is what allows it, no cookie: there is nothing to forge.
@csrf_exempt
def stored_archive(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """PUT stores the archive of an upload that is pending; OPTIONS answers browsers."""
    _storage()
    if request.method == "OPTIONS":
        return _preflight(request)
    answer = _put(request, upload_id) if request.method == "PUT" else _refusal(405, "Only PUT is allowed here.")
    return _for_browsers(request, answer)


def _preflight(request: HttpRequest) -> HttpResponse:
    allowed = request.headers.get("Origin") in settings.PORTAL_ORIGINS
    answer = HttpResponse(status=204 if allowed else 403)
    if allowed:
        answer["Access-Control-Allow-Methods"] = "PUT"
        answer["Access-Control-Allow-Headers"] = "Content-Type"
        answer["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
    return _for_browsers(request, answer)


def _for_browsers(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    origin = request.headers.get("Origin")
    if origin in settings.PORTAL_ORIGINS:
        answer["Access-Control-Allow-Origin"] = origin
    patch_vary_headers(answer, ["Origin"])
    return answer


def _put(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    query = request.GET
    name = archive_name(upload_id)
    fault = fault_of(name, query.get("expires", ""), query.get("signature", ""), request.META.get("CONTENT_TYPE", ""))
    if fault:
        return _refusal(403, fault)
    length = request.META.get("CONTENT_LENGTH", "")
    if not length.isdigit():
        return _refusal(411, "The Content-Length is missing.")
    if int(length) > settings.MAX_ARCHIVE_BYTES:
        return _refusal(413, f"The archive is larger than {settings.MAX_ARCHIVE_BYTES} bytes.")
    return _receive(request, upload_id, int(length))


def _receive(request: HttpRequest, upload_id: UUID, length: int) -> HttpResponse:
    if not SLOTS.acquire(timeout=WAIT_SECONDS):
        return _refusal(503, "Too many uploads at once; try again soon.", {"Retry-After": "5"})
    try:
        with _storage().draft() as draft:
            if _write(request, draft) != length:
                return _refusal(400, "The body ended early.")
            return _keep(draft, upload_id)
    except UnreadablePostError:
        return _refusal(400, "The body ended early.")
    except OSError:
        logger.exception("The archive of upload %s could not be stored", upload_id)
        return _refusal(507, "The archive could not be stored.")
    finally:
        SLOTS.release()


def _write(request: HttpRequest, draft: Path) -> int:
    """The body to disk, a chunk in memory at a time; the number of bytes that came."""
    connection = request.META.get("gunicorn.socket")
    if connection:
        connection.settimeout(settings.STORAGE_STALL_SECONDS)
    with draft.open("wb") as out:
        while chunk := request.read(CHUNK_BYTES):
            out.write(chunk)
        size = out.tell()
    if connection:
        connection.settimeout(None)
    return size


def _keep(draft: Path, upload_id: UUID) -> HttpResponse:
    """A confirm that comes meanwhile waits for the row, or has changed it already."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update().only("status").filter(pk=upload_id).first()
        if upload is None or upload.status != Upload.Status.PENDING:
            return _refusal(403, "The upload is no longer pending.")
        _storage().keep(draft, archive_name(upload_id))
    return HttpResponse()


def _storage() -> EmbeddedStorage:
    storage = get_storage()
    if not isinstance(storage, EmbeddedStorage):
        raise Http404
    return storage


def _refusal(status: int, reason: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(reason, status=status, content_type="text/plain; charset=utf-8", headers=headers)
