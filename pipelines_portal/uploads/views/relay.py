"""Streaming an archive through the portal, for where UPLOAD_RELAY allows it."""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.access import SignedInRequest, senders_only, signed_in
from pipelines_portal.web.encryption import Undecryptable

from ..access import own_upload
from ..models import ZipUpload
from ..relay import CutShort, StorageFailed, pass_on
from ..storage_links import HostNotAllowed, check_host


@require_http_methods(["PUT"])
@signed_in
@senders_only
def upload_relay(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """Pass the body on as it comes. 403 when the link is gone, as the storage would answer."""
    if not settings.UPLOAD_RELAY:
        raise Http404
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if not upload.has_live_link:
        return HttpResponse("The link has expired.", status=403, content_type="text/plain")
    if request.headers.get("Content-Length") != str(upload.size_bytes):
        return HttpResponse("This is not the file that was checked.", status=400, content_type="text/plain")
    return _pass_on(request, upload)


def _pass_on(request: SignedInRequest, upload: ZipUpload) -> HttpResponse:
    try:
        url = upload.reveal_link()
        check_host(url)
        pass_on(request, upload.size_bytes, url)
    except (HostNotAllowed, Undecryptable) as error:
        return HttpResponse(str(error), status=403, content_type="text/plain")
    except CutShort:
        return HttpResponse("The file did not arrive whole.", status=400, content_type="text/plain")
    except StorageFailed as error:
        status = error.status if error.status == 403 else 502
        return HttpResponse(str(error), status=status, content_type="text/plain")
    return HttpResponse(status=200)
