"""Organizations for the External API, as `load_organizations` takes them, and answers in the API's own shape."""

from typing import Any


def field(name: str, type_: str = "short_text", *, required: bool = False, **more: Any) -> dict[str, Any]:
    return {"name": name, "title": name.replace("_", " ").capitalize(), "type": type_, "required": required} | more


LANGUAGES = ["French", "German", "Spanish"]
TRANSLATION_FIELDS = [
    field("input_text", "long_text", required=True, title="Text to translate"),
    field("target_language", "select", required=True, options=LANGUAGES),
    field("notes"),
]
EVERY_TYPE = [
    field("short", "short_text", required=True),
    field("long", "long_text"),
    field("source", "code"),
    field("sure", "boolean", required=True),
    field("amount", "numeric", min=1, max=10),
    field("due", "datetime"),
    field("language", "select", options=LANGUAGES),
    field("stars", "rating", min=1, max=5),
    field("order", "ranking"),
    field("pair", "pairwise"),
    field("criteria", "criteria"),
]
NODES = [{"name": f"Step {number}", "status": "pending"} for number in range(1, 5)]
NODES = [{"name": "Start", "status": "available"}, *NODES]


def workflow(
    workflow_id: int, name: str = "French translations", status: str = "ACTIVE", fields: Any = None, nodes: Any = None
) -> dict[str, Any]:
    return {
        "id": workflow_id,
        "name": name,
        "status": status,
        "nodes": NODES if nodes is None else nodes,
        "fields": TRANSLATION_FIELDS if fields is None else fields,
    }


def organization(name: str, *workflows: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "admins": [f"admin@{name.lower().replace(' ', '-')}.example"], "workflows": list(workflows)}


def task(task_id: int = 1, status: str = "pending", **summary: int) -> dict[str, Any]:
    nodes = {"total": 5, "finished": 0, "in_progress": 1, "pending": 4} | summary
    times = {"created_at": "2026-03-30T12:00:00Z", "updated_at": "2026-03-30T12:05:00Z"}
    return {"id": task_id, "status": status, "node_summary": nodes} | times
