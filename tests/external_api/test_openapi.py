"""The OpenAPI document."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import validator_for

from tests.external_api.server import Api

OPERATIONS = {
    ("get", "/health"),
    ("get", "/workflows/{workflow_id}"),
    ("get", "/workflows/{workflow_id}/schema"),
    ("post", "/workflows/{workflow_id}/tasks"),
    ("get", "/workflows/{workflow_id}/tasks"),
    ("get", "/workflows/{workflow_id}/tasks/{task_id}"),
    ("post", "/workflows/{workflow_id}/tasks/upload"),
    ("post", "/workflows/{workflow_id}/tasks/upload/{upload_id}/confirm"),
    ("get", "/workflows/{workflow_id}/tasks/upload/{upload_id}"),
    ("delete", "/workflows/{workflow_id}/tasks/upload/{upload_id}"),
}


@pytest.fixture
def document(server: Api) -> dict[str, Any]:
    answer = server.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path.removeprefix("/api/v1"), operation


def test_these_operations_and_no_others(document: dict[str, Any]) -> None:
    """S1, S2, S12, S13, S14, S15, S16, S17: only creating tasks and reading them."""
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    assert {(method, path) for method, path, _ in operations(document)} == OPERATIONS


def test_both_security_schemes_on_everything_but_health(document: dict[str, Any]) -> None:
    """S18, S109: their names and types."""
    assert document["components"]["securitySchemes"] == {
        "ExternalApiBearerAuth": {"type": "http", "scheme": "bearer"},
        "ExternalApiKeyHeaderAuth": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    both = [{"ExternalApiBearerAuth": []}, {"ExternalApiKeyHeaderAuth": []}]
    for _, path, operation in operations(document):
        assert operation.get("security") == (None if path == "/health" else both), path


def test_paths_are_below_the_origin_of_the_document(document: dict[str, Any]) -> None:
    """A generated client needs a server; the paths have the prefix."""
    assert document["servers"] == [{"url": "/"}]


def test_only_the_task_list_is_paginated(document: dict[str, Any]) -> None:
    """S92, S93: the only other query parameter is that of a dry run."""
    queries = {
        (method, path): {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
        for method, path, operation in operations(document)
        if any(parameter["in"] == "query" for parameter in operation["parameters"])
    }
    assert queries == {
        ("get", "/workflows/{workflow_id}/tasks"): {"limit", "cursor", "status"},
        ("post", "/workflows/{workflow_id}/tasks"): {"dry_run"},
    }


def test_the_idempotency_key_is_declared_where_it_works(document: dict[str, Any]) -> None:
    """Clients read here whether they may send a request again."""
    declared = {}
    for method, path, operation in operations(document):
        for parameter in operation.get("parameters", []):
            if parameter["name"] == "Idempotency-Key":
                assert (parameter["in"], parameter["required"]) == ("header", False)
                declared[method, path] = operation["responses"]
    assert set(declared) == {
        ("post", "/workflows/{workflow_id}/tasks"),
        ("post", "/workflows/{workflow_id}/tasks/upload"),
        ("post", "/workflows/{workflow_id}/tasks/upload/{upload_id}/confirm"),
    }
    for responses in declared.values():
        done = responses.get("200") or responses["202"]
        assert {"Idempotency-Key", "Idempotent-Replayed"} <= done["headers"].keys()
        assert "Retry-After" in responses["409"]["headers"]


def test_each_answer_declares_its_request_id_and_what_is_left(document: dict[str, Any]) -> None:
    common = {"X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}
    for _, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            assert common <= answer["headers"].keys(), (path, status)


def test_errors_are_shown_where_they_can_be_met(document: dict[str, Any]) -> None:
    shown: dict[str, set[str]] = {}
    for _, _, operation in operations(document):
        for status in ("409", "422", "429"):
            examples = operation["responses"].get(status, {}).get("content", {}).get("application/json", {})
            reasons = {each["value"].get("reason", "") for each in examples.get("examples", {}).values()} - {""}
            for reason in reasons:
                shown.setdefault(reason, set()).add(operation["operationId"])
    take_keys = {"create_tasks", "start_upload", "confirm_upload"}
    assert shown == {
        "idempotency_key_in_use": take_keys,
        "idempotency_key_reused": take_keys,
        "too_many_uploads": {"start_upload"},
    }


def test_ids_and_sizes_have_64_bits(document: dict[str, Any]) -> None:
    """Without the format, clients in Go and Java would be generated with 32 bits."""
    schemas = document["components"]["schemas"]
    found = [schemas[name]["properties"]["id"] for name in ("WorkflowOut", "TaskOut")]
    found += [schemas["WorkflowSchemaOut"]["properties"]["workflow_id"]]
    found += [schemas["TasksCreated"]["properties"]["task_ids"]["items"]]
    found += [schemas["UploadStatus"]["properties"]["task_ids"]["anyOf"][0]["items"]]
    found += [schemas["UploadIn"]["properties"]["file_size_bytes"]["anyOf"][0]]
    for _, _, operation in operations(document):
        ids = ("workflow_id", "task_id")
        found += [one["schema"] for one in operation["parameters"] if one["name"] in ids]
    assert {schema["format"] for schema in found} == {"int64"}


def test_clients_accept_keys_that_later_versions_add(document: dict[str, Any]) -> None:
    """Generated clients refuse unknown keys unless the schema of the response allows them."""
    for _, path, operation in operations(document):
        for answer in operation["responses"].values():
            name = answer["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
            assert document["components"]["schemas"][name]["additionalProperties"] is True, (path, name)


def test_the_body_of_an_upload_may_be_left_out(document: dict[str, Any]) -> None:
    """S138: from a schema that may be null, openapi-python-client makes a call that fails without a body."""
    body = document["paths"]["/api/v1/workflows/{workflow_id}/tasks/upload"]["post"]["requestBody"]
    assert not body.get("required")
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/UploadIn"}


def test_every_status_has_examples_that_fit(document: dict[str, Any]) -> None:
    """S73, S75: examples are valid by their schema. Only those of 429 have retry_after."""
    for _, path, operation in operations(document):
        statuses = set(operation["responses"])
        assert {"405", "408", "413", "429", "500", "503"} <= statuses, path
        assert path == "/health" or {"401", "404", "422"} <= statuses, path
        for status, answer in operation["responses"].items():
            content = answer["content"]["application/json"]
            validate = validator_for(content["schema"] | {"components": document["components"]}).validate
            assert content["examples"], (path, status)
            for example in content["examples"].values():
                validate(example["value"])
                assert ("retry_after" in example["value"]) == (status == "429")
