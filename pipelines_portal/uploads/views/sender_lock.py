"""What a tab that sends says of itself."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.uploads.access import own_upload
from pipelines_portal.uploads.sender_lock import release_lock, renew_lock, tab_in


@require_POST
@signed_in
@senders_only
def upload_heartbeat(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """204 while the tab may go on, 409 once another took over."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    return HttpResponse(status=204 if renew_lock(upload, tab_in(request.POST)) else 409)


@require_POST
@signed_in
@senders_only
def upload_release(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """The tab stops sending, or goes away."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    release_lock(upload, tab_in(request.POST))
    return HttpResponse(status=204)
