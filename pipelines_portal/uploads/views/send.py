"""Step 2: the browser sends the archive to storage."""

import re
from uuid import UUID

from django.http import HttpResponse, JsonResponse, QueryDict
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.uploads.choices import earlier_uploads
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.page_states import Instruction, State
from pipelines_portal.uploads.permissions import own_upload
from pipelines_portal.uploads.polling import NoKey, client_for_upload, poll_if_due, poll_now
from pipelines_portal.uploads.storage_links import (
    BeingConfirmed,
    HostNotAllowed,
    cancel_error_message,
    link_error_message,
    open_link,
)
from pipelines_portal.uploads.storage_links import cancel as cancel_upload
from pipelines_portal.uploads.views.steps import context_for, redirect_to_step
from pipelines_portal.web.error_pages import log_cause
from pipelines_portal.web.rendering import render_page

LINK_ERRORS = (PipelinesError, HostNotAllowed, NoKey, BeingConfirmed)


def tab_in(posted: QueryDict) -> str:
    """Return the id of the posting tab, or an empty string for what no tab of ours sends."""
    tab = posted.get("tab", "")
    return tab if re.fullmatch(r"[A-Za-z0-9-]{1,40}", tab) else ""


@require_safe
@never_cache
@signed_in
@senders_only
def upload_send(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if upload.stage == Stage.UPLOADING and not upload.is_locked:
        poll_if_due(upload)  # a tab may have died after the PUT
    if upload.page != "uploads:send":
        return redirect_to_step(request, upload)
    context = context_for(upload, is_held=upload.is_locked, earlier=earlier_uploads(request.user, upload))
    return render_page(request, "uploads/send.html", context, partials=("upload-step", "other-tab"))


@require_POST
@never_cache
@signed_in
@senders_only
def upload_start(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> JsonResponse:
    """Give the link to one tab, and to no other while that one is sending."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if upload.page != "uploads:send":
        return JsonResponse({"outcome": Instruction.MOVED, "url": upload.get_absolute_url()}, status=409)
    if not upload.acquire_lock(tab_in(request.POST), take_over="take_over" in request.POST):
        return JsonResponse({"outcome": State.ELSEWHERE}, status=409)
    try:
        open_link(upload, client_for_upload(upload), renew="renew" in request.POST)
    except LINK_ERRORS as error:
        upload.release_lock(tab_in(request.POST))
        answer = JsonResponse({"outcome": State.PROBLEM, "message": link_error_message(error, upload)}, status=502)
        if isinstance(error, PipelinesError):
            log_cause(request, answer, error)
        return answer
    return _link(request, upload)


def _link(request: SignedInRequest, upload: ZipUpload) -> JsonResponse:
    if upload.page != "uploads:send":
        return JsonResponse({"outcome": Instruction.MOVED, "url": upload.get_absolute_url()}, status=409)
    if not upload.has_live_link:  # another window chose another archive or cancelled this one since
        upload.release_lock(tab_in(request.POST))
        return JsonResponse({"outcome": State.STALE}, status=409)
    if upload.tab != tab_in(request.POST):
        return JsonResponse({"outcome": State.ELSEWHERE}, status=409)
    seconds = int((upload.expires_at - timezone.now()).total_seconds()) if upload.expires_at else 0
    return JsonResponse({"outcome": Instruction.PUT, "url": upload.link, "seconds": seconds})


@require_POST
@signed_in
@senders_only
def upload_stored(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> JsonResponse:
    """Confirm after the PUT. Answer with the next page, or with MISSING if the archive has to be sent again."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if upload.mark_stored(tab_in(request.POST)):
        poll_now(upload)
    if upload.page == "uploads:send":
        return JsonResponse({"outcome": State.MISSING, "message": upload.problem}, status=409)
    return JsonResponse({"outcome": Instruction.MOVED, "url": upload.get_absolute_url()})


@require_POST
@signed_in
@senders_only
def upload_cancel(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> JsonResponse:
    """Return to the chosen archive, unless it was confirmed."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    try:
        if cancel_upload(upload):
            return JsonResponse({"outcome": State.CANCELLED})
    except LINK_ERRORS as error:
        return JsonResponse({"outcome": State.UNCANCELLED, "message": cancel_error_message(error)}, status=409)
    return JsonResponse({"outcome": Instruction.MOVED, "url": upload.get_absolute_url()}, status=409)


@require_POST
@signed_in
@senders_only
def upload_heartbeat(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """Answer 204 while the tab may continue, and 409 after another tab took over."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    return HttpResponse(status=204 if upload.renew_lock(tab_in(request.POST)) else 409)


@require_POST
@signed_in
@senders_only
def upload_release(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """Release the lock of a tab that stops sending or is closed."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    upload.release_lock(tab_in(request.POST))
    return HttpResponse(status=204)
