"""Who may see an upload, with a key that they can use: its owner, and its result also those who see what was sent."""

from uuid import UUID

from django.http import Http404

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads.models import ZipUpload, ZipUploads
from pipelines_portal.workflows.permissions import usable_workflow


def own_upload(user: User, key_id: int, workflow_id: int, zip_id: UUID) -> ZipUpload:
    """Return an upload of the person, with the workflow as `opened`. Raise Http404 for uploads of others."""
    return _upload(user, key_id, workflow_id, ZipUpload.objects.filter(pk=zip_id, submission__owner=user))


def visible_upload(user: User, key_id: int, workflow_id: int, zip_id: UUID) -> ZipUpload:
    """Return an upload whose result the person may see, with the workflow as `opened`, or raise Http404."""
    visible = ZipUpload.objects.filter(pk=zip_id, submission__in=Submission.objects.visible_to(user))
    return _upload(user, key_id, workflow_id, visible)


def _upload(user: User, key_id: int, workflow_id: int, found: ZipUploads) -> ZipUpload:
    workflow = usable_workflow(user, key_id, workflow_id)
    place = {"submission__key": key_id, "submission__workflow_id": workflow_id}
    upload = found.with_submission().filter(**place).first()
    if upload is None:
        raise Http404
    upload.opened = workflow
    return upload
