"""Who may see an upload: its owner, with a key that they can use."""

from uuid import UUID

from django.http import Http404

from pipelines_portal.accounts.models import User
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.workflows.permissions import usable_workflow


def own_upload(user: User, key_id: int, workflow_id: int, zip_id: UUID) -> ZipUpload:
    """Return an upload of the person, with the workflow as `opened`. Raise Http404 for uploads of others."""
    workflow = usable_workflow(user, key_id, workflow_id)
    place = {"submission__key": key_id, "submission__workflow_id": workflow_id}
    upload = ZipUpload.objects.with_submission().filter(pk=zip_id, submission__owner=user, **place).first()
    if upload is None:
        raise Http404
    upload.opened = workflow
    return upload
