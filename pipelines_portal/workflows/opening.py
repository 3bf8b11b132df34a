"""Opening a workflow: asking the API for it and remembering what it said."""

from datetime import timedelta

from django.utils import timezone

from pipelines_portal.api_client import PipelinesClient, PipelinesError, Workflow
from pipelines_portal.saved_keys.models import SavedKey

from .models import OpenedWorkflow

FRESH_FOR = timedelta(seconds=60)


def open_workflow(key: SavedKey, client: PipelinesClient, workflow_id: int) -> OpenedWorkflow:
    """Check the workflow against the API and remember it for this key. Raises NotFound when it is not there."""
    workflow = client.workflow(workflow_id)
    schema = client.schema(workflow_id)
    opened, _ = OpenedWorkflow.objects.update_or_create(
        key=key,
        workflow_id=workflow_id,
        defaults=_heard(workflow_id, workflow) | {"has_file_fields": schema.has_file_upload_fields},
    )
    return opened


def refresh(opened: OpenedWorkflow, client: PipelinesClient) -> OpenedWorkflow:
    """Ask for its name and status again."""
    return _remember(opened, client.workflow(opened.workflow_id))


def refresh_if_old(opened: OpenedWorkflow, client: PipelinesClient) -> OpenedWorkflow:
    """As `refresh`, at most once a minute; a page that shows something else does not fail over it."""
    if timezone.now() - opened.checked_at < FRESH_FOR:
        return opened
    try:
        return refresh(opened, client)
    except PipelinesError:
        return opened


def _remember(opened: OpenedWorkflow, workflow: Workflow) -> OpenedWorkflow:
    for name, value in _heard(opened.workflow_id, workflow).items():
        setattr(opened, name, value)
    opened.save(update_fields=["name", "status", "checked_at"])
    return opened


def _heard(workflow_id: int, workflow: Workflow) -> dict[str, object]:
    name = workflow.name.strip() or f"Workflow {workflow_id}"
    return {"name": name, "status": workflow.status[:30], "checked_at": timezone.now()}
