"""Large request bodies over a real connection."""

import json

import pytest

from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant
from tests.external_api.server import Server
from tests.external_api.test_body_size import body_of, pieces

LIMIT = 33_554_432


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_the_limit_is_accepted(server: Server, tenant: Tenant, chunked: bool) -> None:
    """S68: 32 MB, with or without a Content-Length."""
    workflow = tenant.workflow()
    body = body_of(LIMIT)
    answer = server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, data=pieces(body) if chunked else body)
    assert answer.status_code == 200, answer.text
    assert workflow.tasks.count() == 1


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [LIMIT + 1, 40 * 1024 * 1024])
def test_a_larger_body_is_413(server: Server, tenant: Tenant, size: int, chunked: bool) -> None:
    """S69, S73: the client receives the answer, although the server does not read all of the body."""
    body = body_of(size)
    answer = server.post("/workflows/1/tasks", key=tenant.key, data=pieces(body) if chunked else body)
    assert error_of(answer)[:2] == (413, "payload_too_large")


def test_a_large_body_without_a_key_gets_its_answer(server: Server) -> None:
    """S23: the connection of a client that is still sending is not reset."""
    for _ in range(5):
        answer = server.post("/workflows/1/tasks", data=b" " * 20_000_000)
        assert error_of(answer)[:2] == (401, "missing_api_key")


@pytest.mark.full
def test_31_megabytes_of_tasks_are_created(server: Server, tenant: Tenant) -> None:
    """S68: the limit is reached by 5,000 long tasks."""
    workflow = tenant.workflow()
    rows = [{"fields": {"input_text": "ä" * 3000, "target_language": "French"}} for _ in range(5000)]
    body = json.dumps({"tasks": rows}, ensure_ascii=False).encode()
    assert 30_000_000 < len(body) < LIMIT
    assert server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, data=body).json()["success_count"] == 5000
