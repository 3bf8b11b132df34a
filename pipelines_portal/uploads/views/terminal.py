"""The way around the browser: a command to paste, and noticing that the file arrived."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from pipelines_portal.accounts.access import signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.saved_keys.encryption import Undecryptable
from pipelines_portal.web.pages import render_page

from ..follow import client_for_upload, look_if_due, look_now
from ..links import BeingConfirmed, open_link
from ..models import ZipUpload
from ..terminal_commands import terminal_commands
from ..trouble import trouble_with_link
from ..upload_hosts import HostNotAllowed
from .pages import context_for, is_at, poll_seconds, to_its_step, upload_of


@require_POST
@never_cache
@signed_in
def terminal(request: HttpRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """The commands hold the link: they are shown to the owner, and kept nowhere."""
    upload = upload_of(request, key_id, workflow_id, zip_id)
    if is_at(upload, "uploads:send"):
        shown = _commands(upload)
    if not is_at(upload, "uploads:send"):
        return to_its_step(request, upload)
    context = context_for(upload, poll_seconds=poll_seconds(upload), **shown)
    return render_page(request, "uploads/terminal.html", context, partials=("terminal",))


def _commands(upload: ZipUpload) -> dict[str, object]:
    try:
        open_link(upload, client_for_upload(upload))
        return {"commands": terminal_commands(upload.file_name, upload.reveal_link())} if upload.has_live_link else {}
    except (PipelinesError, HostNotAllowed, Undecryptable, BeingConfirmed) as error:
        return {"trouble": trouble_with_link(error, upload)}


@require_POST
@never_cache
@signed_in
def arrived(request: HttpRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """Asks the API to confirm: by itself when it is time, at once when the person says so."""
    upload = upload_of(request, key_id, workflow_id, zip_id)
    if is_at(upload, "uploads:send") and upload.upload_id:
        (look_now if "now" in request.POST else look_if_due)(upload)
    # Without htmx the whole page comes again, commands and all.
    shown = {} if request.htmx or not is_at(upload, "uploads:send") else _commands(upload)
    if not is_at(upload, "uploads:send"):
        return to_its_step(request, upload)
    context = context_for(upload, poll_seconds=poll_seconds(upload), **shown)
    return render_page(request, "uploads/terminal.html", context, partials=("arrival",))
