"""The demo as the portal loads it: what the API says of its workflows and tasks, and who sent which of them."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pipelines_portal.external_api.demo.load import fields_of_workflows
from pipelines_portal.external_api.demo.orders import (
    BEN,
    ORDER_ENTRY,
    RECEIPT_MATCHING,
    RECEIPTS,
    build_orders,
    build_receipts,
    plan_sends,
    receipts_sent_at,
)
from pipelines_portal.external_api.demo.other_work import plan_other_work, with_ids
from pipelines_portal.external_api.models import Organization, Task, Workflow
from pipelines_portal.external_api.organizations.keys import create_key
from pipelines_portal.external_api.tasks.serialization import task_payload, task_rows
from pipelines_portal.external_api.workflows.field_types import describe, has_file_fields, has_only_file_fields

ORGANIZATION, KEY_NAME = "Acme Labeling", "Pipelines Portal demo"


def tell_story(start: datetime, *, is_new: bool) -> dict[str, Any]:
    """Return all that the portal needs to load the demo, with a new API key.

    `is_new`: the demo was loaded just now. In an older one, the API does not know which person sent which task.
    """
    organization = Organization.objects.get(name=ORGANIZATION)
    key = create_key(organization, KEY_NAME, "none", organization.people.order_by("pk")[0])[1]
    workflows = Workflow.objects.filter(organization=organization).order_by("pk")
    return {
        "start": start.isoformat(),
        "key": key,
        "organization": ORGANIZATION,
        "workflows": [_workflow(workflow) for workflow in workflows],
        "sends": [*_sends(start), *_other_sends(start)] if is_new else [],
        "receipts": _receipts(start) if is_new else None,
    }


def _workflow(workflow: Workflow) -> dict[str, Any]:
    tasks = Task.objects.filter(workflow=workflow).order_by("-pk")
    return {
        "workflow": {"id": workflow.pk, "name": workflow.name, "status": workflow.status},
        "schema": {
            "workflow_id": workflow.pk,
            "fields": [describe(field) for field in workflow.fields],
            "has_file_upload_fields": has_file_fields(workflow.fields),
            "has_only_file_upload_fields": has_only_file_fields(workflow.fields),
        },
        "tasks": [task_payload(row) for row in task_rows(tasks)],
    }


def _sends(start: datetime) -> list[dict[str, Any]]:
    planned = plan_sends(start)
    sends: list[dict[str, Any]] = [
        asdict(send) | {"at": send.at.isoformat(), "workflow": ORDER_ENTRY, "tasks": []} for send in planned
    ]
    ids = Task.objects.filter(workflow=ORDER_ENTRY).order_by("pk").values_list("pk", flat=True)
    for order, pk in zip(build_orders(planned, start), ids, strict=False):
        task = {"id": pk, "fields": order.fields}
        sends[order.send]["tasks"].append(task)
    return sends


def _other_sends(start: datetime) -> list[dict[str, Any]]:
    """Return who sent which tasks of the other workflows."""
    work = plan_other_work(start, fields_of_workflows())
    ids = {
        pk: list(Task.objects.filter(workflow=pk).order_by("pk").values_list("pk", flat=True))
        for pk in {each.workflow for each in work}
    }
    sends = []
    for each, pks in with_ids(work, ids):
        tasks = [{"id": pk, "fields": fields} for pk, (fields, progress) in zip(pks, each.tasks, strict=True)]
        sends.append(asdict(each.send) | {"at": each.send.at.isoformat(), "workflow": each.workflow, "tasks": tasks})
    return sends


def _receipts(start: datetime) -> dict[str, Any]:
    rows = [fields for fields, _ in build_receipts(start)]
    newest = Task.objects.filter(workflow=RECEIPT_MATCHING).order_by("-pk").values_list("pk", flat=True)[:RECEIPTS]
    return {"at": receipts_sent_at(start).isoformat(), "sender": BEN, "rows": rows, "ids": sorted(newest)}
