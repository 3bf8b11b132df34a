"""A page of 200 of a million tasks against a bare keyset query as JSON, and the last page against the first."""

import json
import sys

from shared.external_api import report, seconds, set_up

# isort: split

from django.db import connection

from pipelines_portal.external_api.tasks.pagination import encode_cursor

TASKS = 1_000_000
PAGE = 200
workflow, caller = set_up()
FILL = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)
    INSERT INTO external_api_task (id, workflow_id, status, fields, nodes_total, nodes_finished, nodes_in_progress,
                                   nodes_pending, created_at, updated_at)
    SELECT n, %s, CASE n %% 4 WHEN 0 THEN 'finished' WHEN 1 THEN 'pending' ELSE 'in_progress' END, '{}', 5, 2, 1, 2,
           '2026-03-30 12:00:00', '2026-03-30 12:05:00.123456'
    FROM numbers"""
BARE = """
    SELECT id, status, nodes_total, nodes_finished, nodes_in_progress, nodes_pending, created_at, updated_at
    FROM external_api_task WHERE workflow_id = %s AND id < %s ORDER BY id DESC LIMIT 201"""


def page_below(last_id: int, more: str = "") -> bytes:
    return caller.call("GET", f"/workflows/{workflow.pk}/tasks?limit={PAGE}&cursor={encode_cursor(last_id)}{more}")


def bare(last_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(BARE, [workflow.pk, last_id])
        rows = cursor.fetchall()
    tasks = [
        {
            "id": pk,
            "status": status,
            "node_summary": {"total": total, "finished": finished, "in_progress": in_progress, "pending": pending},
            "created_at": created_at,
            "updated_at": updated_at,
        }
        for pk, status, total, finished, in_progress, pending, created_at, updated_at in rows[:PAGE]
    ]
    return json.dumps({"tasks": tasks, "has_more": len(rows) > PAGE}, default=str)


with connection.cursor() as cursor:
    cursor.execute(FILL, [TASKS, workflow.pk])
assert len(json.loads(page_below(TASKS + 1))["tasks"]) == PAGE
assert len(json.loads(page_below(PAGE + 1))["tasks"]) == PAGE
took = seconds(
    101,
    first=lambda: page_below(TASKS + 1),
    last=lambda: page_below(PAGE + 1),
    bare=lambda: bare(TASKS + 1),
    filtered_first=lambda: page_below(TASKS + 1, "&status=finished"),
    filtered_last=lambda: page_below(4 * PAGE + 1, "&status=finished"),
)
print("; ".join(f"{name}: {value * 1000:.2f} ms" for name, value in took.items()))
holds = [
    report("a page of 200 over a bare keyset query as JSON", took["first"] / took["bare"], 3.0),
    report("the last page over the first", took["last"] / took["first"], 1.2),
    report("the last page over the first, by status", took["filtered_last"] / took["filtered_first"], 1.2),
]
sys.exit(not all(holds))
