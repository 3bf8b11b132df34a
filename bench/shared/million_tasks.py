"""The External API over the database that its environment names, a million tasks in it; asked by lines of JSON.

Each line of standard input is a method, a query and how many tasks to send; the answer is the seconds that took.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from shared.external_api import seconds, set_up

# isort: split

from django.db import connection

TASKS = 1_000_000
FILL = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)
    INSERT INTO external_api_task (workflow_id, status, fields, nodes_total, nodes_finished, nodes_in_progress,
                                   nodes_pending, created_at, updated_at)
    SELECT %s, CASE WHEN n %% 100000 = 1 THEN 'quarantined' WHEN n %% 4 = 0 THEN 'finished' ELSE 'pending' END,
           '{}', 5, 2, 1, 2, '2026-03-30 12:00:00', '2026-03-30 12:05:00.123456'
    FROM numbers"""


def fields(number: int) -> dict[str, object]:
    return {"input_text": f"Sentence number {number}", "target_language": "French", "priority": 1 + number % 5}


def request(method: str, query: str, count: int) -> float:
    """The seconds it takes."""
    body = json.dumps({"tasks": [{"fields": fields(number)} for number in range(count)]}).encode() if count else b""
    return seconds(1, call=lambda: caller.call(method, f"/workflows/{workflow.pk}/tasks{query}", body))["call"]


workflow, caller = set_up()
with connection.cursor() as cursor:
    cursor.execute(FILL, [TASKS, workflow.pk])
    cursor.execute("ANALYZE")
print("filled", flush=True)
for line in sys.stdin:
    print(request(*json.loads(line)), flush=True)
