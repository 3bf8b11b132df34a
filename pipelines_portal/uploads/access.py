"""Whose upload, and which page it is at."""

from uuid import UUID

from django.http import Http404
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.workflows.access import usable_workflow


def own_upload(user: User, key_id: int, workflow_id: int, zip_id: UUID) -> ZipUpload:
    """The person's own upload under a key of theirs, with the workflow as `opened`; 404 for everyone else's, as for
    none.
    """
    workflow = usable_workflow(user, key_id, workflow_id)
    place = {"submission__key": key_id, "submission__workflow_id": workflow_id}
    upload = ZipUpload.objects.with_submission().filter(pk=zip_id, submission__owner=user, **place).first()
    if upload is None:
        raise Http404
    upload.opened = workflow
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
