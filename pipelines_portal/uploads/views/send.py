"""Step 2: the archive goes from the browser to storage. The portal hands out the link, and hears how it went."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.core.rendering import render_page
from pipelines_portal.uploads.access import own_upload, step_url
from pipelines_portal.uploads.earlier import earlier_uploads
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.polling import NoKey, client_for_upload, poll_if_due, poll_now
from pipelines_portal.uploads.sender_lock import acquire_lock, is_held, release_lock, tab_in
from pipelines_portal.uploads.storage_links import (
    BeingConfirmed,
    Cors,
    HostNotAllowed,
    ask_cors,
    cancel_error_message,
    link_error_message,
    open_link,
)
from pipelines_portal.uploads.storage_links import cancel as cancel_upload
from pipelines_portal.uploads.transitions import mark_stored
from pipelines_portal.uploads.views.steps import context_for, is_at, to_its_step
from pipelines_portal.uploads.wizard_states import Instruction, State

LINK_ERRORS = (PipelinesError, HostNotAllowed, NoKey, BeingConfirmed)


@require_safe
@never_cache
@signed_in
@senders_only
def upload_send(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if upload.stage == Stage.UPLOADING and not is_held(upload):
        poll_if_due(upload)  # a tab may have died after the PUT
    if not is_at(upload, "uploads:send"):
        return to_its_step(request, upload)
    context = context_for(upload, is_held=is_held(upload), earlier=earlier_uploads(request.user, upload))
    return render_page(request, "uploads/send.html", context, partials=("upload-step", "other-tab"))


@require_POST
@never_cache
@signed_in
@senders_only
def upload_start(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> JsonResponse:
    """Give the link to the tab that asks, and to no other while that one sends. The page alone ever holds it."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if not is_at(upload, "uploads:send"):
        return JsonResponse({"outcome": Instruction.MOVED, "url": step_url(upload)}, status=409)
    if not acquire_lock(upload, tab_in(request.POST), take_over="take_over" in request.POST):
        return JsonResponse({"outcome": State.ELSEWHERE}, status=409)
    try:
        open_link(upload, client_for_upload(upload), renew="renew" in request.POST)
    except LINK_ERRORS as error:
        release_lock(upload, tab_in(request.POST))
        return JsonResponse({"outcome": State.PROBLEM, "message": link_error_message(error, upload)}, status=502)
    return _link(request, upload)


def _link(request: SignedInRequest, upload: ZipUpload) -> JsonResponse:
    if not is_at(upload, "uploads:send"):
        return JsonResponse({"outcome": Instruction.MOVED, "url": step_url(upload)}, status=409)
    if upload.tab != tab_in(request.POST):
        return JsonResponse({"outcome": State.ELSEWHERE}, status=409)
    if not upload.has_live_link:  # another choice took this one's place meanwhile
        release_lock(upload, tab_in(request.POST))
        return JsonResponse({"outcome": State.STALE}, status=409)
    seconds = int((upload.expires_at - timezone.now()).total_seconds()) if upload.expires_at else 0
    url = upload.link
    page_origin = f"{request.scheme}://{request.get_host()}"
    if "anyway" not in request.POST and ask_cors(url, page_origin) is Cors.REFUSED:
        release_lock(upload, tab_in(request.POST))
        return JsonResponse({"outcome": State.BLOCKED}, status=409)
    return JsonResponse({"outcome": Instruction.PUT, "url": url, "seconds": seconds})


@require_POST
@signed_in
@senders_only
def upload_stored(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> JsonResponse:
    """The PUT is done: confirm at once, and say where that leads; MISSING when the archive has to be sent again."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if mark_stored(upload, tab_in(request.POST)):
        poll_now(upload)
    if is_at(upload, "uploads:send"):
        return JsonResponse({"outcome": State.MISSING, "message": upload.problem}, status=409)
    return JsonResponse({"outcome": Instruction.MOVED, "url": step_url(upload)})


@require_POST
@signed_in
@senders_only
def upload_cancel(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> JsonResponse:
    """It is a chosen archive again; too late once it was confirmed."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    try:
        if cancel_upload(upload):
            return JsonResponse({"outcome": State.CANCELLED})
    except LINK_ERRORS as error:
        return JsonResponse({"outcome": State.UNCANCELLED, "message": cancel_error_message(error)}, status=409)
    return JsonResponse({"outcome": Instruction.MOVED, "url": step_url(upload)}, status=409)
