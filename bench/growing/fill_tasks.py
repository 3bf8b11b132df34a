"""Tasks of one workflow, five nodes each, in the External API's database: `fill_tasks.py COUNT`, settings given.

Prints the workflow's id, a key, and a cursor to the last page, as JSON. The oldest twenty tasks are quarantined.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from pipelines_portal.external_api.models import Membership, Organization, Person, Workflow  # noqa: E402
from pipelines_portal.external_api.organizations.keys import create_key  # noqa: E402
from pipelines_portal.external_api.tasks.pagination import encode_cursor  # noqa: E402
from tests import samples  # noqa: E402

NODES, RARE, PAGE, STEP = 5, 20, 200, 500_000
TASKS = """
    INSERT INTO external_api_task (id, workflow_id, status, fields, nodes_total, nodes_finished, nodes_in_progress,
                                   nodes_pending, created_at, updated_at)
    SELECT n, %(workflow)s,
           CASE WHEN n <= %(rare)s THEN 'quarantined' WHEN n %% 4 = 0 THEN 'finished' ELSE 'pending' END,
           '{"input_text": "Hello", "target_language": "French"}', 5, 2, 1, 2,
           '2026-03-30 12:00:00', '2026-03-30 12:05:00'
    FROM numbers"""
NODE_ROWS = """
    INSERT INTO external_api_nodeinstance (task_id, name, status, position)
    SELECT n, 'Node ' || p, 'pending', p FROM numbers CROSS JOIN positions"""
NUMBERS = {
    "sqlite": """
        WITH RECURSIVE numbers(n) AS (SELECT %(first)s UNION ALL SELECT n + 1 FROM numbers WHERE n < %(last)s),
                       positions(p) AS (VALUES (0), (1), (2), (3), (4))""",
    "postgresql": """
        WITH numbers(n) AS (SELECT generate_series(%(first)s, %(last)s)),
             positions(p) AS (SELECT generate_series(0, 4))""",
}


def sql(text: str) -> str:
    """SQLite wants the names before INSERT, PostgreSQL takes them there."""
    return NUMBERS[connection.vendor] + text


def fill(workflow: Workflow, count: int) -> None:
    with connection.cursor() as cursor:
        for first in range(1, count + 1, STEP):
            known = {"workflow": workflow.pk, "rare": RARE, "first": first, "last": min(first + STEP - 1, count)}
            for text in (TASKS, NODE_ROWS):
                cursor.execute(sql(text) % known)
        if connection.vendor == "postgresql":
            for table in ("task", "nodeinstance"):
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('external_api_{table}', 'id'), {NODES * count + 1})"
                )
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def set_up() -> tuple[Workflow, str]:
    call_command("migrate", verbosity=0)
    organization = Organization.objects.create(name="Acme")
    admin = Person.objects.create_user("bench@example.com")
    Membership.objects.create(organization=organization, person=admin, role=Membership.Role.ADMIN)
    known: dict[str, Any] = samples.workflow(42)
    fields, nodes = known["fields"], [{"name": f"Node {n}", "status": "pending"} for n in range(NODES)]
    workflow = Workflow.objects.create(
        organization=organization, name="Acme", status="ACTIVE", fields=fields, nodes=nodes
    )
    return workflow, create_key(organization, "bench", "none", admin)[1]


workflow, key = set_up()
fill(workflow, int(sys.argv[1]))
print(json.dumps({"workflow": workflow.pk, "key": key, "oldest": encode_cursor(PAGE + 1)}))
