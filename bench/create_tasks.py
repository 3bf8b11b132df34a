"""5,000 tasks of five nodes in one request, validation included, against a bare bulk_create of the same rows."""

import json
import sys

from shared.external_api import report, seconds, set_up

# isort: split

from django.db import transaction

from pipelines_portal.external_api.models import NodeInstance, Task

TASKS = 5000
workflow, caller = set_up()
rows = [
    {"input_text": f"Sentence number {n}", "target_language": "French", "priority": 1 + n % 5} for n in range(TASKS)
]
body = json.dumps({"tasks": [{"fields": row} for row in rows]}).encode()


def request() -> None:
    answer = json.loads(caller.call("POST", f"/workflows/{workflow.pk}/tasks", body))
    assert answer["success_count"] == TASKS


def bulk_create() -> None:
    with transaction.atomic():
        tasks = Task.objects.bulk_create(
            Task(workflow=workflow, status="pending", fields=row, nodes_total=5, nodes_pending=5) for row in rows
        )
        NodeInstance.objects.bulk_create(
            NodeInstance(task=task, name=node["name"], status=node["status"], position=position)
            for task in tasks
            for position, node in enumerate(workflow.nodes)
        )


took = seconds(7, request=request, bulk_create=bulk_create)
print(f"one request of {TASKS:,} tasks: {took['request']:.3f} s; bulk_create: {took['bulk_create']:.3f} s")
sys.exit(not report("one request over a bare bulk_create of its rows", took["request"] / took["bulk_create"], 1.0))
