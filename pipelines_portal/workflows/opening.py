"""Opening a workflow: asking the API for it and remembering what it said, for all who use the key."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.api_client import NotFound, PipelinesClient, PipelinesError, Workflow
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow, WorkflowMark
from pipelines_portal.workflows.telling import telling_field
from pipelines_portal.workflows.titles import remember_titles

FRESH_FOR = timedelta(seconds=60)


@dataclass
class Opening:
    """What came of opening several: after an `error` the rest was not asked for."""

    opened: list[OpenedWorkflow] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    not_asked: list[int] = field(default_factory=list)
    error: PipelinesError | None = None


def open_workflows(key: SavedKey, client: PipelinesClient, workflow_ids: list[int], by: User) -> Opening:
    """One after the other, until the API fails. Raises nothing of the API's."""
    opening = Opening()
    for position, workflow_id in enumerate(workflow_ids):
        try:
            opening.opened.append(open_workflow(key, client, workflow_id, by))
        except NotFound:
            opening.missing.append(workflow_id)
        except PipelinesError as error:
            opening.error, opening.not_asked = error, workflow_ids[position:]
            break
    return opening


def open_workflow(key: SavedKey, client: PipelinesClient, workflow_id: int, by: User) -> OpenedWorkflow:
    """Check the workflow against the API and remember it for this key. Raises NotFound when it is not there."""
    workflow = client.workflow(workflow_id)
    schema = client.schema(workflow_id)
    heard = _heard(workflow_id, workflow)
    heard |= {"has_file_fields": schema.has_file_upload_fields, "telling_field": telling_field(schema)}
    with transaction.atomic():
        opened, is_new = OpenedWorkflow.objects.update_or_create(
            key=key, workflow_id=workflow_id, defaults=heard, create_defaults=heard | {"opened_by": by}
        )
        # Whoever opens it wants to see it, also when they hid it before.
        WorkflowMark.objects.filter(workflow=opened, user=by).update(is_hidden=False)
        if is_new:
            record(Verb.WORKFLOW_OPENED, by=by, target=opened, key=str(key))
        remember_titles(opened, schema)
        outdate_sidebars(key.user_ids())
    return opened


def forget_workflow(opened: OpenedWorkflow, by: User) -> None:
    """Take it off the list of everyone who uses the key. It can be opened again at any time."""
    with transaction.atomic():
        record(Verb.WORKFLOW_FORGOTTEN, by=by, target=opened, key=str(opened.key))
        outdate_sidebars(opened.key.user_ids())
        opened.delete()


def refresh(opened: OpenedWorkflow, client: PipelinesClient) -> OpenedWorkflow:
    """Ask for its name and status again."""
    return _remember(opened, client.workflow(opened.workflow_id))


def refresh_if_old(opened: OpenedWorkflow, client: PipelinesClient) -> OpenedWorkflow:
    """As `refresh`, at most once a minute; a page that shows something else does not fail over it."""
    if timedelta() <= timezone.now() - opened.checked_at < FRESH_FOR or not _is_first_to_ask(opened):
        return opened
    try:
        return refresh(opened, client)
    except PipelinesError:
        return opened


def _is_first_to_ask(opened: OpenedWorkflow) -> bool:
    """Of all whose pages found it too old at once."""
    seen = OpenedWorkflow.objects.filter(pk=opened.pk, checked_at=opened.checked_at)
    return bool(seen.update(checked_at=timezone.now()))


def _remember(opened: OpenedWorkflow, workflow: Workflow) -> OpenedWorkflow:
    """An UPDATE, since it may have been taken off the list meanwhile."""
    heard = _heard(opened.workflow_id, workflow)
    OpenedWorkflow.objects.filter(pk=opened.pk).update(**heard)
    if (opened.name, opened.status) != (heard["name"], heard["status"]):
        outdate_sidebars(opened.key.user_ids())
    for name, value in heard.items():
        setattr(opened, name, value)
    return opened


def _heard(workflow_id: int, workflow: Workflow) -> dict[str, Any]:
    name = workflow.name.strip() or f"Workflow {workflow_id}"
    return {"name": name, "status": workflow.status[:30], "checked_at": timezone.now()}
