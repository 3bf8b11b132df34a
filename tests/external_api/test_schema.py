"""GET workflow schema."""

from typing import Any

import pytest

from tests.each_case import each_case
from tests.external_api.factories import FILE_FIELD, LANGUAGE_FIELD, TEXT_FIELD, Tenant
from tests.external_api.server import Api


def field(kind: str, **more: Any) -> dict[str, Any]:
    return {"name": "answer", "title": "The answer", "type": kind, "required": True} | more


def schema_of(server: Api, tenant: Tenant, fields: list[dict[str, Any]]) -> dict[str, Any]:
    answer = server.get(f"/workflows/{tenant.workflow(fields=fields).pk}/schema", key=tenant.key)
    assert answer.status_code == 200
    return answer.json()


def test_complete_body(server: Api, tenant: Tenant) -> None:
    """S5, S88, S111, S112, S113, S121: the response describes all fields."""
    workflow = tenant.workflow()
    answer = server.get(f"/workflows/{workflow.pk}/schema", key=tenant.key)
    assert answer.json() == {
        "workflow_id": workflow.pk,
        "fields": [
            {
                "name": "input_text",
                "title": "Text to translate",
                "type": "long_text",
                "required": True,
                "format_hint": None,
            },
            {
                "name": "target_language",
                "title": "Target language",
                "type": "select",
                "required": True,
                "format_hint": "One of: French, German, Spanish",
                "options": ["French", "German", "Spanish"],
            },
        ],
        "has_file_upload_fields": False,
        "has_only_file_upload_fields": False,
    }


@each_case(
    ("given", "hint"),
    [
        (field("boolean"), "true or false"),
        (field("numeric", min=1, max=10), "Number between 1 and 10"),
        (field("numeric", min=0.5), "Number, at least 0.5"),
        (field("numeric", max=10), "Number, at most 10"),
        (field("numeric"), None),
        (field("rating", min=1, max=5), "Integer from 1 to 5"),
        (field("datetime"), "ISO 8601 date-time, e.g. 2026-03-30T12:00:00Z"),
        (field("ranking", options=["A", "B", "C"]), "Each once, first is highest: A, B, C"),
        (field("ranking"), None),
        (field("file_upload"), "File path inside the ZIP, relative to its root"),
        (field("short_text", help="At most one line"), "At most one line"),
        (field("hologram"), None),
    ],
)
def test_format_hints(server: Api, tenant: Tenant, given: dict[str, Any], hint: str | None) -> None:
    """S113: the hint depends on the type. Only select has options."""
    (shown,) = schema_of(server, tenant, [given])["fields"]
    assert shown["format_hint"] == hint
    assert "options" not in shown
    assert shown["type"] == given["type"]


@pytest.mark.parametrize(
    ("fields", "some", "only"),
    [
        ([], False, False),
        ([TEXT_FIELD], False, False),
        ([TEXT_FIELD, FILE_FIELD], True, False),
        ([FILE_FIELD], True, True),
        ([FILE_FIELD, FILE_FIELD | {"name": "back"}], True, True),
    ],
)
def test_file_flags(server: Api, tenant: Tenant, fields: list[dict[str, Any]], some: bool, only: bool) -> None:
    """S121, S148: one flag is for any file field, the other for file fields only."""
    schema = schema_of(server, tenant, fields)
    assert (schema["has_file_upload_fields"], schema["has_only_file_upload_fields"]) == (some, only)


def test_fields_are_marked_as_optional(server: Api, tenant: Tenant) -> None:
    """S111: they are in the order of the workflow."""
    fields = schema_of(server, tenant, [LANGUAGE_FIELD | {"required": False}, TEXT_FIELD])["fields"]
    assert [(one["name"], one["required"]) for one in fields] == [("target_language", False), ("input_text", True)]
