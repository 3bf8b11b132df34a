"""The demo as the portal loads it: what the API says of its workflows and tasks, and who sent which of them."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pipelines_portal.external_api.demo.orders import (
    BEN,
    LENA,
    MARIA,
    ORDER_ENTRY,
    RECEIPT_MATCHING,
    RECEIPTS,
    TOM,
    build_orders,
    build_receipts,
    plan_sends,
    receipts_sent_at,
)
from pipelines_portal.external_api.models import Organization, Task, Workflow
from pipelines_portal.external_api.organizations.keys import create_key
from pipelines_portal.external_api.tasks.serialization import task_payload, task_rows
from pipelines_portal.external_api.workflows.field_types import describe, has_file_fields, has_only_file_fields

# Who sent the newest tasks of these workflows.
OTHERS, SENT_IN_OTHERS = {42: (MARIA, TOM), 43: (BEN, LENA)}, 12
SATURDAY, OPENS, CLOSES = 5, 8, 17
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
        "sends": [*_sends(start), *_other_sends()] if is_new else [],
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
        task = {"id": pk, "fields": order.fields, "step_seconds": order.progress.step_seconds}
        sends[order.send]["tasks"].append(task)
    return sends


def _other_sends() -> list[dict[str, Any]]:
    """Attribute the newest tasks of other workflows to the people of the demo."""
    sends = []
    for workflow, people in OTHERS.items():
        newest = [task for task in Task.objects.filter(workflow=workflow).order_by("-pk") if _is_in_working_hours(task)]
        for number, task in enumerate(newest[:SENT_IN_OTHERS]):
            of_task = {"id": task.pk, "fields": task.fields, "step_seconds": []}
            send = {"at": task.created_at.isoformat(), "sender": people[number % len(people)], "kind": "form"}
            sends.append(send | {"workflow": workflow, "file_name": "", "tasks": [of_task]})
    return sends


def _is_in_working_hours(task: Task) -> bool:
    created_at = task.created_at.astimezone()
    return created_at.weekday() < SATURDAY and OPENS <= created_at.hour < CLOSES


def _receipts(start: datetime) -> dict[str, Any]:
    rows = [fields for fields, _ in build_receipts(start)]
    newest = Task.objects.filter(workflow=RECEIPT_MATCHING).order_by("-pk").values_list("pk", flat=True)[:RECEIPTS]
    return {"at": receipts_sent_at(start).isoformat(), "sender": BEN, "rows": rows, "ids": sorted(newest)}
