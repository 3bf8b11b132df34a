"""Changing a workflow on the page, where two admins may do so at the same time."""

import hashlib
import json
from typing import Any

from django.db import transaction

from pipelines_portal.external_api.models import NodeStatus, Workflow
from pipelines_portal.external_api.workflows.rules import WorkflowContent


class StaleWorkflowError(Exception):
    """The workflow is no longer as it was shown."""


def version_of(workflow: Workflow) -> str:
    """Return a digest of everything that the form shows."""
    shown = [workflow.name, workflow.status, workflow.nodes, workflow.fields]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def save_changes(workflow: Workflow, version: str, content: WorkflowContent) -> None:
    """Save the content if the workflow still has this version. Otherwise raise StaleWorkflowError."""
    current = Workflow.objects.select_for_update().get(pk=workflow.pk)
    if version_of(current) != version:
        raise StaleWorkflowError
    content.write_to(current)
    current.save()


def steps_with_statuses(names: list[str], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the nodes of these names: known ones keep their status, a new first one is available, others pending.

    The statuses of equal names are kept in their order.
    """
    known: dict[str, list[str]] = {}
    for node in before:
        known.setdefault(node["name"], []).append(node["status"])
    nodes: list[dict[str, Any]] = []
    for name in names:
        new = NodeStatus.PENDING if nodes else NodeStatus.AVAILABLE
        nodes.append({"name": name, "status": known[name].pop(0) if known.get(name) else new})
    return nodes
