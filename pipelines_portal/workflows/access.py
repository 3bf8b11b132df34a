"""Which workflow a page is about."""

from django.shortcuts import get_object_or_404

from pipelines_portal.saved_keys.models import SavedKey

from .models import OpenedWorkflow


def opened_workflow(key: SavedKey, workflow_id: int) -> OpenedWorkflow:
    """The workflow as this key opened it; 404 when it never did."""
    return get_object_or_404(OpenedWorkflow.objects.select_related("key"), key=key, workflow_id=workflow_id)
