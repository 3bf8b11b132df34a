"""The demo, in a database of its own."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines_portal.external_api.models import NodeStatus, Task, Workflow
from tests.external_api.conftest import RunServer
from tests.external_api.server import manage


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A database made by `prepare --demo`."""
    folder = tmp_path_factory.mktemp("demo")
    file = folder / "demo.sqlite3"
    manage("prepare", "--demo", DATA_DIR=str(folder), EXTERNAL_API_DATABASE_URL=f"sqlite:///{file}")
    yield file


def column(demo: Path, query: str) -> list[Any]:
    with sqlite3.connect(demo) as connection:
        return [row[0] for row in connection.execute(query)]


def test_it_shows_everything(demo: Path) -> None:
    """S100, S171: every status of workflows, tasks and nodes, and every field type."""
    statuses = {
        "external_api_workflow": Workflow.Status.values,
        "external_api_task": Task.Status.values,
        "external_api_nodeinstance": NodeStatus.values,
    }
    for table, expected in statuses.items():
        assert set(column(demo, f"SELECT DISTINCT status FROM {table}")) == set(expected)
    fields = column(demo, "SELECT fields FROM external_api_workflow")
    assert len({field["type"] for workflow in fields for field in json.loads(workflow)}) == 12
    assert len(column(demo, "SELECT id FROM external_api_task")) >= 300
    assert max(column(demo, "SELECT count(*) FROM external_api_nodeinstance GROUP BY task_id")) > 12
    assert len(column(demo, "SELECT id FROM external_api_organization")) == 2


def test_the_counts_are_those_of_the_nodes(demo: Path) -> None:
    """S172, S173, S174, S175: in every demo task."""
    wrong = """
        SELECT task.id FROM external_api_task AS task JOIN external_api_nodeinstance AS node ON node.task_id = task.id
        GROUP BY task.id HAVING task.nodes_finished != sum(node.status = 'finished')
            OR task.nodes_pending != sum(node.status IN ('pending', 'deferred'))
            OR task.nodes_total != sum(node.status != 'na')
            OR task.nodes_in_progress != task.nodes_total - task.nodes_finished - task.nodes_pending"""
    assert column(demo, wrong) == []


def test_loading_it_again_changes_nothing(demo: Path) -> None:
    """S8: neither tasks nor people nor workflows twice."""
    tables = ["organization", "person", "membership", "workflow", "task", "nodeinstance"]
    before = [column(demo, f"SELECT count(*) FROM external_api_{table}") for table in tables]
    manage("load_demo", EXTERNAL_API_DATABASE_URL=f"sqlite:///{demo}")
    assert [column(demo, f"SELECT count(*) FROM external_api_{table}") for table in tables] == before


def test_it_is_served(demo: Path, run_server: RunServer) -> None:
    """S4, S7: under the ids that people know it by."""
    url = f"sqlite:///{demo}"
    text = manage("create_api_key", "Acme Labeling", "--name", "demo", EXTERNAL_API_DATABASE_URL=url).stdout
    with run_server(EXTERNAL_API_DATABASE_URL=url) as server:
        names = [server.get(f"/workflows/{pk}", key=text.splitlines()[-1]).json()["name"] for pk in (42, 57, 61, 88)]
    assert names == ["French translations", "Invoice extraction", "Call transcripts", "Image captions"]
