"""The limit on the size of request bodies."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.each_case import each_case
from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant
from tests.external_api.server import Api

LIMIT = 200_000


@pytest.fixture(autouse=True)
def small_limit(settings: Any) -> None:
    """Lower the limit of 32 MB (S68, S69), of which every byte would have to be read here."""
    assert settings.BODY_LIMIT_BYTES == settings.DATA_UPLOAD_MAX_MEMORY_SIZE == 33_554_432
    settings.BODY_LIMIT_BYTES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = LIMIT


def body_of(size: int) -> bytes:
    """Return a valid body that is padded with spaces to `size` bytes."""
    body = json.dumps({"tasks": [{"fields": {"input_text": "x", "target_language": "French"}}]}).encode()
    return body + b" " * (size - len(body))


def pieces(body: bytes) -> Iterator[bytes]:
    """Yield `body` in parts: `requests` sends an iterator in chunks, without a Content-Length."""
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


@pytest.mark.parametrize(("size", "chunked"), [(LIMIT, False), (1000, True)])
def test_a_body_up_to_the_limit_is_accepted(server: Api, tenant: Tenant, size: int, chunked: bool) -> None:
    """S68: 32 MB, with or without a Content-Length."""
    workflow = tenant.workflow()
    body = body_of(size)
    answer = server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, data=pieces(body) if chunked else body)
    assert answer.status_code == 200, answer.text
    assert workflow.tasks.count() == 1


@each_case("chunked", [False, True])
@each_case("path", ["/workflows/{}/tasks", "/workflows/{}/tasks/upload"])
def test_a_larger_body_is_413(server: Api, tenant: Tenant, path: str, chunked: bool) -> None:
    """S69, S73: payload_too_large, with or without a Content-Length. Nothing is created."""
    workflow = tenant.workflow()
    body = body_of(LIMIT + 1)
    answer = server.post(path.format(workflow.pk), key=tenant.key, data=pieces(body) if chunked else body)
    assert error_of(answer)[:2] == (413, "payload_too_large")
    assert not workflow.tasks.exists()


def test_the_size_is_checked_before_the_key(server: Api) -> None:
    """S69: order of the checks."""
    assert error_of(server.post("/workflows/1/tasks", data=b" " * (LIMIT + 1)))[0] == 413
