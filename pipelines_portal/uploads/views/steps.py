"""What the wizard's pages share: who may, at which step, and what the template needs."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest
from pipelines_portal.uploads.access import step_of, step_url
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.uploads.polling import FIRST_DELAY, delay_before_poll

LONGEST_POLL = 60


def to_its_step(request: SignedInRequest, upload: ZipUpload) -> HttpResponse:
    """To the page it is at: the whole page goes there, also when a fragment of it asked."""
    if request.htmx:
        return HttpResponseClientRedirect(step_url(upload))
    return redirect(step_url(upload))


def is_at(upload: ZipUpload, step: str) -> bool:
    return step_of(upload) == step


def poll_seconds(upload: ZipUpload) -> int:
    """When the page asks next: just after the API is asked, whoever does that. 0: no more.

    While someone is asking, the time of the next look is only the end of their turn: much sooner there will be news.
    """
    if upload.next_poll_at is None or upload.stage not in FIRST_DELAY:
        return 0
    wait = (upload.next_poll_at - timezone.now()).total_seconds()
    return max(round(min(wait, delay_before_poll(upload), LONGEST_POLL) + 0.5), 1)


def context_for(upload: ZipUpload, **more: Any) -> dict[str, Any]:
    key = upload.submission.key
    if key is None:  # removed since the upload was read
        raise Http404
    return {
        "key": key,
        "workflow": upload.opened,
        "tab": "upload",
        "upload": upload,
        "largest_made": settings.FOLDER_ZIP_BYTES,
        **more,
    }
