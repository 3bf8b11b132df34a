"""Open workflows: read them from the API and store them for all who use the key."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.api_client import NotFound, PipelinesClient, PipelinesError, Schema, UnexpectedResponse, Workflow
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import OpenedWorkflow, WorkflowMark
from pipelines_portal.workflows.titles import remember_schema

FRESH_FOR = timedelta(seconds=60)


@dataclass
class Opening:
    """The result of opening several workflows. `error` is why those of `not_checked` were not opened.

    Those of `opened` that were in the list before are in `known` too.
    """

    opened: list[OpenedWorkflow] = field(default_factory=list)
    known: list[OpenedWorkflow] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    not_checked: list[int] = field(default_factory=list)
    error: PipelinesError | None = None


def open_workflows(key: SavedKey, client: PipelinesClient, workflow_ids: list[int], by: User) -> Opening:
    """Open workflows one after the other until the API fails. Skip what cannot be read. Raise no API errors."""
    opening = Opening()
    known = set(OpenedWorkflow.objects.filter(key=key, workflow_id__in=workflow_ids).values_list("pk", flat=True))
    for position, workflow_id in enumerate(workflow_ids):
        try:
            opening.opened.append(open_workflow(key, client, workflow_id, by))
        except NotFound:
            opening.missing.append(workflow_id)
        except UnexpectedResponse as error:
            opening.error = error
            opening.not_checked.append(workflow_id)
        except PipelinesError as error:
            opening.error = error
            opening.not_checked += workflow_ids[position:]
            break
    opening.known = [workflow for workflow in opening.opened if workflow.pk in known]
    return opening


def open_workflow(key: SavedKey, client: PipelinesClient, workflow_id: int, by: User) -> OpenedWorkflow:
    """Read the workflow from the API and store it for this key. Raise NotFound if it does not exist."""
    workflow = client.workflow(workflow_id)
    schema = client.schema(workflow_id)
    values = _api_values(workflow_id, workflow)
    values |= {"has_file_fields": schema.has_file_upload_fields, "title_field": _title_field(schema)}
    with transaction.atomic():
        opened, is_new = OpenedWorkflow.objects.update_or_create(
            key=key, workflow_id=workflow_id, defaults=values, create_defaults=values | {"opened_by": by}
        )
        # The person wants to see it, even if they hid it before.
        WorkflowMark.objects.filter(workflow=opened, user=by).update(is_hidden=False)
        if is_new:
            record(Verb.WORKFLOW_OPENED, by=by, target=opened, key=str(key))
        remember_schema(opened, schema)
        outdate_sidebars(key.user_ids())
    return opened


def forget_workflow(opened: OpenedWorkflow, by: User) -> None:
    """Remove it from the list of everyone who uses the key. It can be opened again at any time."""
    with transaction.atomic():
        record(Verb.WORKFLOW_FORGOTTEN, by=by, target=opened, key=str(opened.key))
        outdate_sidebars(opened.key.user_ids())
        opened.delete()


def refresh(opened: OpenedWorkflow, client: PipelinesClient) -> OpenedWorkflow:
    """Read its name and status again."""
    return _store(opened, client.workflow(opened.workflow_id))


def refresh_if_old(opened: OpenedWorkflow, client: PipelinesClient) -> OpenedWorkflow:
    """Refresh it at most once a minute. Ignore errors of the API, for pages that show something else."""
    if timedelta() <= timezone.now() - opened.checked_at < FRESH_FOR or not _is_first_to_ask(opened):
        return opened
    try:
        return refresh(opened, client)
    except PipelinesError:
        return opened


def _is_first_to_ask(opened: OpenedWorkflow) -> bool:
    """Return whether this process is the first of several that refresh it now."""
    seen = OpenedWorkflow.objects.filter(pk=opened.pk, checked_at=opened.checked_at)
    return bool(seen.update(checked_at=timezone.now()))


def _store(opened: OpenedWorkflow, workflow: Workflow) -> OpenedWorkflow:
    """Store name and status by an UPDATE, because it may have been removed."""
    values = _api_values(opened.workflow_id, workflow)
    OpenedWorkflow.objects.filter(pk=opened.pk).update(**values)
    if (opened.name, opened.status) != (values["name"], values["status"]):
        outdate_sidebars(opened.key.user_ids())
    for name, value in values.items():
        setattr(opened, name, value)
    return opened


def _api_values(workflow_id: int, workflow: Workflow) -> dict[str, Any]:
    name = workflow.name.strip() or f"Workflow {workflow_id}"
    return {"name": name, "status": workflow.status[:30], "checked_at": timezone.now()}


def _title_field(schema: Schema) -> str:
    """Return the field whose value identifies a task for people: the first required text, or the first text, or ""."""
    texts = [field for field in schema.fields if type_of(field).tells_rows_apart]
    return next((field.name for field in [*(text for text in texts if text.required), *texts]), "")
