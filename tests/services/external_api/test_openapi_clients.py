"""Whether the server keeps to its OpenAPI document: programs that read the document call the API."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import archives
from tests.external_api.answers import CODES
from tests.external_api.factories import FILE_FIELD, Tenant, make_tasks
from tests.external_api.server import Server
from tests.services.external_api.workers import ServedStack

BIN = Path(sys.executable).parent


def schemathesis(server: Server, tenant: Tenant, folder: Path, *options: str, workflow_id: int | None = None) -> str:
    """Run all checks of schemathesis with a fixed seed and number of examples, and return its output."""
    config = folder / "schemathesis.toml"
    statuses = '["2xx", "400", "404", "409", "422"]'
    # A body that is valid by the schema may still be refused because of the workflow: those responses are documented.
    lines = ["[checks]", f"positive_data_acceptance.expected-statuses = {statuses}"]
    if workflow_id:
        lines = ["[parameters]", f'"path.workflow_id" = {workflow_id}', *lines]
    config.write_text("\n".join(lines))
    run = [BIN / "st", "--config-file", config, "run", f"{server.url}/api/v1/openapi.json", "--checks", "all"]
    # DELETE cancels an upload, which can still be read.
    run += ["--exclude-checks", "use_after_free"]
    run += ["-H", f"Authorization: Bearer {tenant.key}", "--max-examples", "40", "--seed", "20261124"]
    run += ["--generation-database", "none", "--no-color", "--continue-on-failure", *options]
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.full
def test_schemathesis_finds_nothing(server: Server, tenant: Tenant, tmp_path: Path) -> None:
    """S2, S72, S73, S83, S85: valid and invalid requests for all operations."""
    assert "10 selected / 10 total" in schemathesis(server, tenant, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("fields", [None, [FILE_FIELD]])
def test_schemathesis_finds_nothing_in_a_real_workflow(
    server: Server, tenant: Tenant, tmp_path: Path, fields: list[dict[str, Any]] | None
) -> None:
    """S2, S72, S73, S88: requests that name a workflow that exists."""
    workflow = tenant.workflow(**({"fields": fields} if fields else {}))
    schemathesis(server, tenant, tmp_path, "--mode", "positive", workflow_id=workflow.pk)


@pytest.fixture
def generated(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Generate a client from the document, and return its name. It knows the codes of the reference only."""
    config, document = tmp_path / "config.yml", tmp_path / "openapi.json"
    config.write_text("post_hooks: []\npackage_name_override: generated_client\n")
    text = server.get("/openapi.json").json()
    errors = [schema for schema in text["components"]["schemas"].values() if "error" in schema.get("properties", {})]
    for schema in errors:
        schema["properties"]["error"] |= {"enum": sorted(CODES)}
    assert errors
    document.write_text(json.dumps(text))
    run = [BIN / "openapi-python-client", "generate", "--path", document]
    run += ["--output-path", tmp_path / "client", "--config", config, "--fail-on-warning"]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path / "client")
    return "generated_client"


def client_caller(package_name: str, server: Server, tenant: Tenant) -> Callable[..., Any]:
    """Return a function that calls an operation of the generated client."""
    package = importlib.import_module(package_name)

    def call(name: str, *ids: Any, **options: Any) -> Any:
        with package.AuthenticatedClient(base_url=server.url, token=tenant.key) as client:
            return importlib.import_module(f"{package_name}.api.{name}").sync(*ids, client=client, **options)

    return call


def test_a_generated_client_works(server: Server, tenant: Tenant, generated: str) -> None:
    """S2: openapi-python-client, against the running server."""
    models = importlib.import_module(f"{generated}.models")
    workflow = tenant.workflow()
    make_tasks(workflow, 3)
    call = client_caller(generated, server, tenant)
    assert call("health.get_health").status == "ok"
    assert call("workflows.get_workflow", workflow.pk).status.value == "ACTIVE"
    assert [one.name for one in call("workflows.get_workflow_schema", workflow.pk).fields][0] == "input_text"
    row = models.TaskIn.from_dict({"fields": {"input_text": "x", "target_language": "French"}})
    created = call("tasks.create_tasks", workflow.pk, body=models.TasksIn(tasks=[row]))
    assert created.success_count == 1
    assert created.dry_run is importlib.import_module(f"{generated}.types").UNSET
    dry = call("tasks.create_tasks", workflow.pk, body=models.TasksIn(tasks=[row]), dry_run=True)
    assert (dry.success_count, dry.task_ids, dry.dry_run) == (1, [], True)
    page = call("tasks.list_tasks", workflow.pk, limit=2)
    for _ in range(2):
        once = call("tasks.create_tasks", workflow.pk, body=models.TasksIn(tasks=[row]), idempotency_key="k-1")
        assert once.task_ids == [created.task_ids[0] + 1]
    assert [task.id for task in page.tasks][0] == created.task_ids[0]
    assert call("tasks.list_tasks", workflow.pk, cursor=page.next_cursor).has_more is False
    assert call("tasks.get_task", workflow.pk, created.task_ids[0]).node_summary.total == 2
    assert isinstance(call("tasks.get_task", workflow.pk, 0), models.Error)


@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
def test_a_generated_client_uploads_an_archive(stack: ServedStack, tenant: Tenant, generated: str) -> None:
    """S138, S149, S155, S157, S167: create, watch, upload, PUT, confirm and poll. The start has no body."""
    call = client_caller(generated, stack.server, tenant)
    workflow = tenant.workflow(fields=[FILE_FIELD])
    with stack.worker():
        started = call("zip_uploads.start_upload", workflow.pk)
        assert stack.put({"upload_url": started.upload_url}, archives.flat_files()).status_code == 200
        assert call("zip_uploads.confirm_upload", workflow.pk, started.upload_id).status == "processing"
        stack.wait(tenant, workflow, {"upload_id": started.upload_id})
    state = call("zip_uploads.get_upload", workflow.pk, started.upload_id)
    assert (state.status.value, state.success_count, state.error_count) == ("completed", 3, 0)
    assert (state.errors, state.ignored_count, state.ignored_files) == ([], 0, [])
    assert [call("tasks.get_task", workflow.pk, task_id).id for task_id in state.task_ids] == state.task_ids


def test_a_generated_client_reads_why_tasks_failed(server: Server, tenant: Tenant, generated: str) -> None:
    """S134: errors of rows beside the error of the request."""
    call, models = client_caller(generated, server, tenant), importlib.import_module(f"{generated}.models")
    row = models.TaskIn.from_dict({"fields": {"input_text": "x"}})
    refused = call("tasks.create_tasks", tenant.workflow().pk, body=models.TasksIn(tasks=[row]))
    assert refused.error.value == "validation_error"
    assert [(error.index, error.field_name) for error in refused.errors] == [(0, "target_language")]
