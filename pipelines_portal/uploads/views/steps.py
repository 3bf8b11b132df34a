"""Helpers of the wizard's pages."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.uploads.polling import FIRST_DELAY, delay_before_poll

LONGEST_POLL = 60


def redirect_to_step(request: SignedInRequest, upload: ZipUpload) -> HttpResponse:
    """Redirect to the page for the upload's stage. A request by htmx redirects the whole page."""
    if request.htmx:
        return HttpResponseClientRedirect(upload.get_absolute_url())
    return redirect(upload)


def poll_seconds(upload: ZipUpload) -> int:
    """Return the seconds until the page asks again, just after the next poll of the API, or 0 for never.

    While somebody polls, `next_poll_at` is the end of their claim, and the answer will be there much sooner.
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
        "tab": "create",
        "upload": upload,
        "largest_made": settings.FOLDER_ZIP_BYTES,
        **more,
    }
