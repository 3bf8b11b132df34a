"""The cap on request bodies."""

import json
from collections.abc import Iterator

import pytest

from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant
from tests.external_api.server import Server

CAP = 33_554_432


def body_of(size: int) -> bytes:
    """A good task, padded with space to `size` bytes."""
    body = json.dumps({"tasks": [{"fields": {"input_text": "x", "target_language": "French"}}]}).encode()
    return body + b" " * (size - len(body))


def pieces(body: bytes) -> Iterator[bytes]:
    """requests sends an iterator in chunks, without a Content-Length."""
    for start in range(0, len(body), 1_000_000):
        yield body[start : start + 1_000_000]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [1000, 31 * 1024 * 1024, CAP])
def test_bodies_up_to_the_cap_pass(server: Server, tenant: Tenant, size: int, chunked: bool) -> None:
    """S68: 32 MB, announced or not."""
    workflow = tenant.workflow()
    body = body_of(size)
    answer = server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, data=pieces(body) if chunked else body)
    assert answer.status_code == 200, answer.text
    assert workflow.tasks.count() == 1


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [CAP + 1, 40 * 1024 * 1024])
@pytest.mark.parametrize("path", ["/workflows/{}/tasks", "/workflows/{}/tasks/upload"])
def test_larger_bodies_are_413(server: Server, tenant: Tenant, path: str, size: int, chunked: bool) -> None:
    """S69, S73: payload_too_large, announced or not; nothing is created."""
    workflow = tenant.workflow()
    body = body_of(size)
    answer = server.post(path.format(workflow.pk), key=tenant.key, data=pieces(body) if chunked else body)
    assert error_of(answer)[:2] == (413, "payload_too_large")
    assert not workflow.tasks.exists()


def test_the_cap_comes_before_the_key(server: Server) -> None:
    """S69: order of the checks."""
    assert error_of(server.post("/workflows/1/tasks", data=b" " * (CAP + 1)))[0] == 413


def test_a_large_body_without_a_key_still_gets_its_answer(server: Server) -> None:
    """S23: the connection is not reset on a client that is still sending."""
    for _ in range(5):
        answer = server.post("/workflows/1/tasks", data=b" " * 20_000_000)
        assert error_of(answer)[:2] == (401, "missing_api_key")


def test_real_tasks_of_31_megabytes_are_created(server: Server, tenant: Tenant) -> None:
    """S68: not only space."""
    workflow = tenant.workflow()
    rows = [{"fields": {"input_text": "ä" * 3000, "target_language": "French"}} for _ in range(5000)]
    body = json.dumps({"tasks": rows}, ensure_ascii=False).encode()
    assert 30_000_000 < len(body) < CAP
    assert server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, data=body).json()["success_count"] == 5000
