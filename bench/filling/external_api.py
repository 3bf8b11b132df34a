"""Fill the External API's database: `python -m filling.external_api keys COUNT | tasks COUNT [--nodes]`.

`keys` prints the new keys. `tasks` prints the seconds that it took, and a cursor to the last page of 200. The last line
of output is JSON.
"""

import base64
import json
import sys
import time
from typing import Any

import django

PAGE, CHUNK, RARE = 200, 5_000, 20


def create_keys(count: int) -> list[str]:
    from pipelines_portal.external_api.models import Organization, Person
    from pipelines_portal.external_api.organizations.keys import create_key

    organization, person = Organization.objects.get(), Person.objects.earliest("pk")
    return [create_key(organization, f"Key {number}", "none", person)[1] for number in range(count)]


def create_tasks(count: int, *, with_nodes: bool) -> dict[str, Any]:
    """Create the tasks of the one workflow. The oldest twenty are quarantined, and a quarter is finished."""
    from django.db import connection, transaction

    from pipelines_portal.external_api.models import NodeInstance, Task, Workflow

    workflow, ids = Workflow.objects.get(), list[int]()
    started = time.perf_counter()
    for first in range(0, count, CHUNK):
        numbers = range(first, min(first + CHUNK, count))
        with transaction.atomic():
            tasks = Task.objects.bulk_create(
                Task(
                    workflow=workflow, nodes_total=5, nodes_pending=5,
                    fields={"input_text": f"Sentence number {number}", "target_language": "French"},
                    status="quarantined" if number < RARE else "pending" if number % 4 else "finished",
                )
                for number in numbers
            )  # fmt: skip
            if with_nodes:
                NodeInstance.objects.bulk_create(
                    NodeInstance(task=task, name=node["name"], status=node["status"], position=position)
                    for task in tasks
                    for position, node in enumerate(workflow.nodes)
                )
        ids += [task.pk for task in tasks[: PAGE + 1]] if not ids else []
    taken = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {"seconds": taken, "last_page": _cursor_below(ids[min(PAGE, len(ids) - 1)])}


def _cursor_below(task_id: int) -> str:
    return base64.b64encode(json.dumps({"last_id": task_id}).encode()).decode()


def main(what: str, count: str, *options: str) -> None:
    django.setup()
    result = create_keys(int(count)) if what == "keys" else create_tasks(int(count), with_nodes="--nodes" in options)
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
