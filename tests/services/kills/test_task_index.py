"""Scans continue after a worker is killed at any moment."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests import samples
from tests.faulty_api import pause
from tests.live import Portal, external_api, portal, portal_worker

EMAIL, PASSWORD, TASKS = "maria@acme.example", "pipelines-demo", 450
INSIDE = "tests.task_index.inside_portal"


def run(running: Portal, name: str) -> Any:
    return running.run(name, of=INSIDE)


@pytest.mark.full
def test_each_task_is_counted_once_after_repeated_kills(tmp_path: Path) -> None:
    """S7, S70: two workers at a time, three pages of each list."""
    chance = random.Random(7)
    with external_api(tmp_path / "api") as api:
        api.load(samples.organization("Acme", samples.workflow(42)))
        key = api.new_key("Acme")
        fields = {"input_text": "Hello", "target_language": "French"}
        body = {"tasks": [{"fields": fields} for _ in range(TASKS)]}
        assert api.server.post("/workflows/42/tasks", key=key, json=body).status_code == 200
        with portal(tmp_path / "portal", api.url) as running:
            running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key=key, workflow_id=42)
            run(running, "watch_all")
            assert kill_often(running, chance) >= 3
            assert run(running, "index_status")["tasks"] == {"pending": TASKS}
            run(running, "check_counts")


def kill_often(running: Portal, chance: random.Random) -> int:
    """Kill two workers again and again until all tasks are indexed. Return the number of rounds."""
    for cut in range(30):
        with portal_worker(running) as one, portal_worker(running) as other:
            pause(1 + chance.random() + cut / 2)  # they start slowly on a busy machine
            one.kill()
            other.kill()
        run(running, "end_leases")
        if run(running, "index_status")["whole"]:
            return cut + 1
    raise AssertionError("The scans did not end.")
