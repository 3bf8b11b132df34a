"""Whose upload, and which page it is at."""

from uuid import UUID

from django.db.models import BigIntegerField, QuerySet, UUIDField
from django.http import Http404
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.workflows.access import usable_workflow_with

from .models import Stage, ZipUpload


def own_upload(user: User, key_id: int, workflow_id: int, zip_id: UUID) -> ZipUpload:
    """The person's own upload under a key of theirs, with the workflow as `opened`; 404 for everyone else's, as for
    none.
    """
    asked = _own.asked(user=user.pk, key=key_id, workflow=workflow_id, pk=zip_id)
    workflow, (uploads,) = usable_workflow_with(user, key_id, workflow_id, asked)
    if not uploads:
        raise Http404
    upload: ZipUpload = uploads[0]
    upload.opened = workflow
    return upload


@prepared(user=BigIntegerField(), key=BigIntegerField(), workflow=BigIntegerField(), pk=UUIDField())
def _own(user: Given, key: Given, workflow: Given, pk: Given) -> QuerySet[ZipUpload]:
    place = {"submission__key": key, "submission__workflow_id": workflow}
    return ZipUpload.objects.with_submission().filter(pk=pk, submission__owner=user, **place)


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
