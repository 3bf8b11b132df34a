"""Whose upload, and which page it is at."""

from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.access import usable_key
from pipelines_portal.workflows.access import opened_workflow

from .models import Stage, ZipUpload


def own_upload(user: User, key_id: int, workflow_id: int, zip_id: UUID) -> ZipUpload:
    """The person's own upload under a key of theirs; 404 for everyone else's, as for none."""
    key = usable_key(user, key_id)
    upload = get_object_or_404(ZipUpload.objects.with_submission(), pk=zip_id, submission__owner=user)
    if (upload.submission.key_id, upload.submission.workflow_id) != (key.pk, workflow_id):
        raise Http404
    opened_workflow(key, workflow_id)
    return upload


def step_of(upload: ZipUpload) -> str:
    """The URL name of the step it is at."""
    if upload.stage in (Stage.CHOSEN, Stage.UPLOADING):
        return "uploads:send"
    return "uploads:confirm" if upload.stage == Stage.STORED else "uploads:result"


def upload_url(name: str, upload: ZipUpload) -> str:
    submission = upload.submission
    return reverse(name, args=[submission.key_id, submission.workflow_id, upload.pk])


def step_url(upload: ZipUpload) -> str:
    return upload_url(step_of(upload), upload)
