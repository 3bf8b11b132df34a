"""A failed call is logged in one line, without the key."""

import logging

import pytest

from pipelines_portal.api_client import PipelinesClient, PipelinesError, RetryPolicy, Transport
from tests.faulty_api import Answer, answer, error, faulty_api, hang_up, silence
from tests.samples import task

KEY = "pk_live_" + "5ec4e7" * 6 + "abcd"
ONCE = RetryPolicy(longest_wait=0, budget=0)

LINES = {
    "a field that does not fit": (
        answer(200, task(7) | {"id": "seven", "status": None}, X_Request_Id="req-1"),
        ["GET /workflows/42/tasks/7 UnexpectedResponse", "status=200", "id is no whole number", "request_id=req-1"],
    ),
    "not json": (answer(200, text="<h1>Wi-Fi</h1>"), ["UnexpectedResponse", "status=200", "not JSON"]),
    "refused": (error(404, "not_found", "No such secret task"), ["NotFound", "status=404", "code=not_found"]),
    "broken": (answer(500, text="x", X_Amzn_Trace_Id="Root=1-67"), ["ServerError", "status=500", "Root=1-67"]),
    "hung up": (hang_up, ["ConnectionFailed", "connection broke"]),
    "silent": (silence(1), ["ConnectionFailed", "didn’t respond in time"]),
    "forged id": (
        answer(500, {"message": "x"}, CF_Ray="a b\x0cc"),
        ["request_id=a?b?c"],
    ),
}


@pytest.mark.parametrize(("fault", "parts"), LINES.values(), ids=LINES.keys())
def test_every_failure_is_logged_in_one_line(fault: Answer, parts: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """The line has the method, path, error class, status, field and the request id of the API."""
    caplog.set_level(logging.INFO, "pipelines_portal.api_client")
    with faulty_api(fault) as api, pytest.raises(PipelinesError):
        PipelinesClient(Transport(api.url, timeout=0.3), KEY, ONCE).task(42, 7)
    (record,) = [record for record in caplog.records if record.name == "pipelines_portal.api_client"]
    line = record.getMessage()
    assert not [part for part in parts if part not in line], line
    assert "\n" not in line
    assert KEY[8:30] not in line
    assert "secret" not in line


def test_each_try_is_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines_portal.api_client.client.time.sleep", lambda seconds: None)
    caplog.set_level(logging.INFO, "pipelines_portal.api_client")
    with faulty_api(error(503, "service_unavailable", "Down")) as api, pytest.raises(PipelinesError):
        PipelinesClient(Transport(api.url), KEY).task(42, 7)
    assert caplog.text.count("GET /workflows/42/tasks/7 ServiceUnavailable status=503") == 3
