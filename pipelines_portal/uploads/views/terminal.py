"""The way around the browser: a command to paste, and noticing that the file arrived."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.core.rendering import render_page
from pipelines_portal.uploads.access import own_upload
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.uploads.polling import NoKey, client_for_upload, poll_if_due, poll_now
from pipelines_portal.uploads.storage_links import BeingConfirmed, HostNotAllowed, link_error_message, open_link
from pipelines_portal.uploads.terminal_commands import terminal_commands
from pipelines_portal.uploads.views.steps import context_for, is_at, poll_seconds, to_its_step


@require_POST
@never_cache
@signed_in
@senders_only
def upload_terminal(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """The commands hold the link: they are shown to the owner, and kept nowhere."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if is_at(upload, "uploads:send"):
        shown = _commands(upload)
    if not is_at(upload, "uploads:send"):
        return to_its_step(request, upload)
    context = context_for(upload, poll_seconds=poll_seconds(upload), **shown)
    return render_page(request, "uploads/terminal.html", context, partials=("terminal",))


def _commands(upload: ZipUpload) -> dict[str, object]:
    try:
        open_link(upload, client_for_upload(upload))
        return {"commands": terminal_commands(upload.file_name, upload.link)} if upload.has_live_link else {}
    except (PipelinesError, HostNotAllowed, NoKey, BeingConfirmed) as error:
        return {"trouble": link_error_message(error, upload)}


@require_POST
@never_cache
@signed_in
@senders_only
def upload_arrived(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """Asks the API to confirm: by itself when it is time, at once when the person says so."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if is_at(upload, "uploads:send") and upload.remote_upload_id:
        (poll_now if "now" in request.POST else poll_if_due)(upload)
    # Without htmx the whole page comes again, commands and all.
    shown = {} if request.htmx or not is_at(upload, "uploads:send") else _commands(upload)
    if not is_at(upload, "uploads:send"):
        return to_its_step(request, upload)
    context = context_for(upload, poll_seconds=poll_seconds(upload), **shown)
    return render_page(request, "uploads/terminal.html", context, partials=("arrival",))
