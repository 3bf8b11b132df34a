"""The API takes each value that the portal's roads are to send, and stores it with its type."""

import json

from pipelines_portal.external_api.models import Task
from tests.external_api.factories import Tenant
from tests.external_api.server import Api
from tests.workflows.fields.written import CASES, FIELDS, NATIVE, Doubt


def test_each_written_value_is_taken_and_read_back(server: Api, tenant: Tenant) -> None:
    """Also as PostgreSQL stores it, which knows one kind of number."""
    rows = [{case.field: case.means} for case in (*CASES, *NATIVE) if not isinstance(case.means, Doubt)]
    workflow = tenant.workflow(fields=list(FIELDS.values()))
    body = {"tasks": [{"fields": row} for row in rows]}
    answer = server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, json=body).json()
    assert answer["errors"] == []
    stored = dict(Task.objects.filter(pk__in=answer["task_ids"]).values_list("pk", "fields"))
    assert [json.dumps(stored[task_id]) for task_id in answer["task_ids"]] == [json.dumps(row) for row in rows]
