"""Workers die at any moment: no row is sent twice, none is forgotten, and what was on the wire is unknown."""

import itertools
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests import samples
from tests.faulty_api import Answer, FaultyApi, answer, faulty_api, pause, silence
from tests.live import ExternalApi, Portal, portal, portal_worker, wait_until

EMAIL, PASSWORD = "maria@acme.example", "pipelines-demo"
INSIDE = "tests.entry.imports.inside_portal"


def run(running: Portal, name: str, **given: Any) -> Any:
    return running.run(name, of=INSIDE, **given)


@pytest.fixture
def stuck_api(api: ExternalApi, org_key: str) -> Iterator[FaultyApi]:
    """Answers what comes before a sending, and never the sending itself."""
    schema = api.server.get("/workflows/42/schema", key=org_key).json()
    listed = answer(200, {"tasks": [samples.task(7)], "next_cursor": None, "has_more": False})
    with faulty_api(silence(60)) as stuck:
        stuck.routes |= {"/schema": answer(200, schema), "GET": listed}
        yield stuck


def posts(api: FaultyApi) -> int:
    return sum(request.startswith("POST") for request in api.requests)


def test_what_was_on_the_wire_is_unknown_and_nothing_more_is_sent(tmp_path: Path, stuck_api: FaultyApi) -> None:
    with portal(tmp_path / "portal", stuck_api.url) as running:
        running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key="pk_live_" + "0" * 40, workflow_id=42)
        import_id = run(running, "begin_import", rows=6, rows_per_request=2)
        with portal_worker(running) as worker:
            wait_until(lambda: posts(stuck_api) == 1, "the first request to be on the wire")
            worker.kill()
        run(running, "end_turns")
        with portal_worker(running):
            stands = partial(run, running, "import_stands", import_id=import_id)
            wait_until(lambda: stands()["status"] == "unconfirmed", "it to stop")
            pause(1)
        assert posts(stuck_api) == 1
        rows = run(running, "import_stands", import_id=import_id)["rows"]
        assert rows["unconfirmed"] == 2 and sum(rows.values()) == 6


def creating_two(may_answer: threading.Event) -> Answer:
    """Every request's two rows become tasks."""
    first = itertools.count(8, 2)

    def created(connection: socket.socket) -> None:
        may_answer.wait(60)
        pause(0.1)
        one = next(first)
        answer(200, {"success_count": 2, "error_count": 0, "errors": [], "task_ids": [one, one + 1]})(connection)

    return created


def at_rest(running: Portal) -> Callable[[], None]:
    """Nobody else is there."""
    return lambda: None


def written_at(running: Portal) -> Callable[[], None]:
    """Somebody writes, and the worker waits for it: what this gives ends the writing."""
    database = sqlite3.connect(Path(running.env["DATA_DIR"]) / "portal.sqlite3", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    pause(1.5)
    return database.close


@pytest.mark.parametrize("meet", [at_rest, pytest.param(written_at, marks=[pytest.mark.sqlite, pytest.mark.full])])
def test_told_to_end_a_worker_hears_what_became_of_a_request_and_leaves_the_rest(
    meet: Callable[[Portal], Callable[[], None]], tmp_path: Path, stuck_api: FaultyApi
) -> None:
    """Also where the one that looks for jobs waits to write: told amid that, it kept the others from writing."""
    may_answer = threading.Event()
    stuck_api.script = [creating_two(may_answer)]
    with portal(tmp_path / "portal", stuck_api.url) as running:
        running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key="pk_live_" + "0" * 40, workflow_id=42)
        import_id = run(running, "begin_import", rows=200, rows_per_request=2)
        with portal_worker(running) as worker:
            wait_until(lambda: posts(stuck_api) == 1, "the first request to be on the wire")
            end = meet(running)
            worker.terminate()
            end()
            may_answer.set()
            assert worker.wait(timeout=60) == 0
        stands = run(running, "import_stands", import_id=import_id)
        assert (stands["status"], stands["rows"].get("created")) == ("sending", 2 * posts(stuck_api))
        assert posts(stuck_api) < 50 and "unconfirmed" not in stands["rows"]
        assert not run(running, "is_at_work", import_id=import_id)
