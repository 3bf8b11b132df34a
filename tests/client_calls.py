"""Calls of the API client that tests make with rows, and the portal with a body that it encoded before."""

import json
from typing import Any

from pipelines_portal.api_client import CreatedTasks, PipelinesClient


def create_rows(client: PipelinesClient, workflow_id: int, rows: list[dict[str, Any]]) -> CreatedTasks:
    """Create a task for each row of field values."""
    body = json.dumps({"tasks": [{"fields": row} for row in rows]}).encode()
    return client.create_encoded(workflow_id, body, len(rows))
