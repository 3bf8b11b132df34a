"""Schemas of workflows, cached in the process for a minute, for people who enter task after task.

After the API refuses values, the schema is read again: see `forget_schema`. While the API is away, pages open with the
schema that was read last.
"""

import time
from dataclasses import dataclass

from pipelines_portal.api_client import AWAY, PipelinesClient, PipelinesError, Schema
from pipelines_portal.core.bounded_cache import BoundedCache
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.titles import known_schema, remember_schema

SECONDS = 60.0
# While the API is away, it is tried so often.
SECONDS_AWAY = 10.0
MOST = 500


@dataclass(frozen=True)
class _Cached:
    schema: Schema
    until: float
    # Why it is not newer.
    error: PipelinesError | None = None


_cached: BoundedCache[tuple[str, int], _Cached] = BoundedCache(MOST)


def cached_schema(workflow: OpenedWorkflow, client: PipelinesClient) -> Schema:
    """Return the schema as the API returned it within the last minute, or as it was read last if the API is away.

    Raise the other errors of the API client, and those if none was read.
    """
    cached = _cached.get(_place(workflow))
    if cached is not None and time.monotonic() < cached.until:
        return cached.schema
    try:
        schema = client.schema(workflow.workflow_id)
    except AWAY as error:
        known = known_schema(workflow)
        if known is None:
            raise
        note_away(workflow, known, error)
        return known
    remember_schema(workflow, schema)
    _cached.put(_place(workflow), _Cached(schema, time.monotonic() + SECONDS))
    return schema


def note_away(workflow: OpenedWorkflow, schema: Schema, error: PipelinesError) -> None:
    """Use the schema for a while without asking the API, which has just failed."""
    _cached.put(_place(workflow), _Cached(schema, time.monotonic() + SECONDS_AWAY, error))


def why_away(workflow: OpenedWorkflow) -> PipelinesError | None:
    """Return how the API failed a moment ago, or None if it did not."""
    cached = _cached.get(_place(workflow))
    return cached.error if cached is not None and time.monotonic() < cached.until else None


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
