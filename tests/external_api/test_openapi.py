"""The OpenAPI document: what it says, and whether the server keeps to it."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import validator_for

from tests.external_api.factories import FILE_FIELD, Tenant, make_tasks
from tests.external_api.server import Server

BIN = Path(sys.executable).parent
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
}


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    answer = server.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path.removeprefix("/api/v1"), operation


def test_these_operations_and_no_others(document: dict[str, Any]) -> None:
    """S1, S2, S12, S13, S14, S15, S16, S17: nothing but creating and following tasks."""
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    assert {(method, path) for method, path, _ in operations(document)} == OPERATIONS


def test_both_security_schemes_on_everything_but_health(document: dict[str, Any]) -> None:
    """S18, S109: their names, their kinds."""
    assert document["components"]["securitySchemes"] == {
        "ExternalApiBearerAuth": {"type": "http", "scheme": "bearer"},
        "ExternalApiKeyHeaderAuth": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    both = [{"ExternalApiBearerAuth": []}, {"ExternalApiKeyHeaderAuth": []}]
    for _, path, operation in operations(document):
        assert operation.get("security") == (None if path == "/health" else both), path


def test_only_the_task_list_is_paginated(document: dict[str, Any]) -> None:
    """S92, S93: no other operation has query parameters."""
    queries = {
        path: {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
        for _, path, operation in operations(document)
        if any(parameter["in"] == "query" for parameter in operation["parameters"])
    }
    assert queries == {"/workflows/{workflow_id}/tasks": {"limit", "cursor", "status"}}


def test_every_status_has_examples_that_fit(document: dict[str, Any]) -> None:
    """S73, S75: examples validate against their schema; retry_after stands at 429 alone."""
    for _, path, operation in operations(document):
        statuses = set(operation["responses"])
        assert {"413", "429", "500"} <= statuses, path
        assert path == "/health" or {"401", "404", "422"} <= statuses, path
        for status, answer in operation["responses"].items():
            content = answer["content"]["application/json"]
            validate = validator_for(content["schema"] | {"components": document["components"]}).validate
            assert content["examples"], (path, status)
            for example in content["examples"].values():
                validate(example["value"])
                assert ("retry_after" in example["value"]) == (status == "429")


def schemathesis(server: Server, tenant: Tenant, folder: Path, *options: str, workflow_id: int | None = None) -> str:
    """Run all checks with a fixed seed and budget; what the run said."""
    config = folder / "schemathesis.toml"
    statuses = '["2xx", "400", "404", "409", "422"]'
    # A body that fits the schema may still not fit the workflow: those answers are documented.
    lines = ["[checks]", f"positive_data_acceptance.expected-statuses = {statuses}"]
    if workflow_id:
        lines = ["[parameters]", f'"path.workflow_id" = {workflow_id}', *lines]
    config.write_text("\n".join(lines))
    run = [BIN / "st", "--config-file", config, "run", f"{server.url}/api/v1/openapi.json", "--checks", "all"]
    run += ["-H", f"Authorization: Bearer {tenant.key}", "--max-examples", "40", "--seed", "20261124"]
    run += ["--generation-database", "none", "--no-color", "--continue-on-failure", *options]
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_schemathesis_finds_nothing(server: Server, tenant: Tenant, tmp_path: Path) -> None:
    """S2, S72, S73, S83, S85: right and wrong requests of every kind."""
    assert "9 selected / 9 total" in schemathesis(server, tenant, tmp_path)


@pytest.mark.parametrize("fields", [None, [FILE_FIELD]])
def test_schemathesis_finds_nothing_in_a_real_workflow(
    server: Server, tenant: Tenant, tmp_path: Path, fields: list[dict[str, Any]] | None
) -> None:
    """S2, S72, S73, S88: requests that get past the 404."""
    workflow = tenant.workflow(**({"fields": fields} if fields else {}))
    schemathesis(server, tenant, tmp_path, "--mode", "positive", workflow_id=workflow.pk)


@pytest.fixture
def generated(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A client generated from the document, importable; the name of its package."""
    config = tmp_path / "config.yml"
    config.write_text("post_hooks: []\npackage_name_override: generated_client\n")
    run = [BIN / "openapi-python-client", "generate", "--url", f"{server.url}/api/v1/openapi.json"]
    run += ["--output-path", tmp_path / "client", "--config", config, "--fail-on-warning"]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path / "client")
    return "generated_client"


def test_a_generated_client_works(server: Server, tenant: Tenant, generated: str) -> None:
    """S2: openapi-python-client, against the running server."""
    package = importlib.import_module(generated)
    models = importlib.import_module(f"{generated}.models")
    workflow = tenant.workflow()
    make_tasks(workflow, 3)

    def call(name: str, *ids: int, **options: Any) -> Any:
        with package.AuthenticatedClient(base_url=server.url, token=tenant.key) as client:
            return importlib.import_module(f"{generated}.api.{name}").sync(*ids, client=client, **options)

    assert call("health.get_health").status == "ok"
    assert call("workflows.get_workflow", workflow.pk).status.value == "ACTIVE"
    assert [one.name for one in call("workflows.get_workflow_schema", workflow.pk).fields][0] == "input_text"
    row = models.TaskIn.from_dict({"fields": {"input_text": "x", "target_language": "French"}})
    created = call("tasks.create_tasks", workflow.pk, body=models.TasksIn(tasks=[row]))
    assert created.success_count == 1
    page = call("tasks.list_tasks", workflow.pk, limit=2)
    assert [task.id for task in page.tasks][0] == created.task_ids[0]
    assert call("tasks.list_tasks", workflow.pk, cursor=page.next_cursor).has_more is False
    assert call("tasks.get_task", workflow.pk, created.task_ids[0]).node_summary.total == 2
    assert isinstance(call("tasks.get_task", workflow.pk, 0), models.Error)
