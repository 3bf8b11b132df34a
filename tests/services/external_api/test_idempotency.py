"""Requests that are sent again with their Idempotency-Key after the server was killed."""

import random
import threading

import pytest
import requests

from pipelines_portal.external_api.models import IdempotentRequest
from tests.external_api.factories import Tenant
from tests.external_api.server import Server
from tests.services.external_api.conftest import RunServer

ROWS = 2000


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
def test_a_server_that_is_killed_creates_each_batch_once(run_server: RunServer, tenant: Tenant, seed: int) -> None:
    """Each batch is sent with its key to one server after the other until an answer arrives."""
    workflow = tenant.workflow()
    chance = random.Random(seed)
    answers = [repeat_until_answered(run_server, tenant, workflow.pk, number, chance) for number in range(4)]
    assert all(answer.json()["success_count"] == ROWS for answer in answers)
    made = [task_id for answer in answers for task_id in answer.json()["task_ids"]]
    assert sorted(made) == list(workflow.tasks.order_by("pk").values_list("pk", flat=True))
    assert len(made) == ROWS * len(answers)
    assert IdempotentRequest.objects.filter(organization=tenant.organization).count() == len(answers)


def repeat_until_answered(
    run_server: RunServer, tenant: Tenant, workflow_id: int, number: int, chance: random.Random
) -> requests.Response:
    tasks = [{"fields": {"input_text": f"{number} {row}", "target_language": "French"}} for row in range(ROWS)]
    for attempt in range(5):
        with run_server() as server:
            if attempt < 2:
                threading.Timer(chance.uniform(0.01, 0.3), kill, [server]).start()
            try:
                return server.post(
                    f"/workflows/{workflow_id}/tasks",
                    key=tenant.key,
                    json={"tasks": tasks},
                    headers={"Idempotency-Key": f"batch-{number}"},
                )
            except requests.RequestException:
                continue
    raise AssertionError("No answer arrived.")


def kill(server: Server) -> None:
    server.process.kill()
