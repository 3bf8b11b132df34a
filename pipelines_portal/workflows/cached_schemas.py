"""Schemas of workflows, cached in the process for a minute, for people who enter task after task.

After the API refuses values, the schema is read again: see `forget_schema`.
"""

import time

from pipelines_portal.api_client import PipelinesClient, Schema
from pipelines_portal.core.bounded_cache import BoundedCache
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.titles import remember_titles

SECONDS = 60.0
MOST = 500
_cached: BoundedCache[tuple[str, int], tuple[Schema, float]] = BoundedCache(MOST)


def cached_schema(workflow: OpenedWorkflow, client: PipelinesClient) -> Schema:
    """Return the schema as the API returned it within the last minute. Raise the errors of the API client."""
    cached = _cached.get(_place(workflow))
    if cached is not None and time.monotonic() < cached[1]:
        return cached[0]
    schema = client.schema(workflow.workflow_id)
    remember_titles(workflow, schema)
    _cached.put(_place(workflow), (schema, time.monotonic() + SECONDS))
    return schema


def schema_of_form(workflow: OpenedWorkflow, client: PipelinesClient, digest: str) -> Schema:
    """Return the schema for a form that was made with the schema of `digest`.

    If another schema is cached, read it again, because another process may have read a newer one.
    """
    schema = cached_schema(workflow, client)
    if not digest or digest == schema.digest:
        return schema
    forget_schema(workflow)
    return cached_schema(workflow, client)


def forget_schema(workflow: OpenedWorkflow) -> None:
    """Remove the schema from the cache, because the API refused values that fit it."""
    _cached.drop(_place(workflow))


def forget_schemas() -> None:
    """Clear the cache, for tests with different APIs."""
    _cached.clear()


def _place(workflow: OpenedWorkflow) -> tuple[str, int]:
    """Return the place in the cache, by the fingerprint of the key: a replaced key is another one."""
    return workflow.key.fingerprint, workflow.workflow_id
