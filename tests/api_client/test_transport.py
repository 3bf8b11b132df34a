"""Responses that are not the documented JSON, and secrets that must not be sent."""

import gzip
import logging
import socket
import time
import traceback

import pytest

from pipelines_portal.api_client import (
    ApiError,
    ConnectionFailed,
    NotFound,
    PipelinesClient,
    PipelinesError,
    RetryPolicy,
    StartedUpload,
    Transport,
    Unauthorized,
    UnexpectedResponse,
    ValidationFailed,
    Workflow,
)
from tests.faulty_api import Answer, answer, drip, error, faulty_api

KEY = "pk_live_" + "5ec4e7" * 6 + "abcd"
ONCE = RetryPolicy(longest_wait=0, budget=0)


def ask(script: Answer, timeout: float = 0.5) -> tuple[Workflow | PipelinesError, list[str]]:
    with faulty_api(script) as api:
        caller = PipelinesClient(Transport(api.url, timeout=timeout), KEY, ONCE)
        try:
            return caller.workflow(42), api.requests
        except PipelinesError as failure:
            return failure, api.requests


GARBAGE = {
    "html": answer(200, text="<h1>Sign in to the Wi-Fi</h1>"),
    "empty": answer(200, text=""),
    "list": answer(200, []),
    "missing status": answer(200, {"id": 42, "name": "French"}),
    "wrong type": answer(200, {"id": "x", "name": 5, "status": None}),
    "deep": answer(200, text="[" * 200_000),
    "not utf-8": lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\xfe\xff\xfe"),
    "error as html 403": answer(403, text="<h1>Blocked</h1>"),
    "error as html": answer(404, text="<h1>nginx</h1>"),
    "redirect": answer(302, text="", Location="http://127.0.0.1:1/elsewhere"),
}


def raw(*pieces: bytes) -> Answer:
    def send(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return send


def endless(piece: bytes) -> Answer:
    def send(connection: socket.socket) -> None:
        while True:
            connection.sendall(piece)

    return send


OK = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(bytes(100 * 1024 * 1024))
MALFORMED = {
    "no http": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "status is no number": raw(b"HTTP/1.1 abc OK\r\n\r\n"),
    "status of five digits": raw(b"HTTP/1.1 99999 OK\r\n\r\n"),
    "status 999": raw(b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}"),
    "a head without end": endless(b"X-More: 1\r\n"),
    "a line without end": raw(OK, b"X: " + b"x" * 100_000),
    "headers that are none": raw(OK, b"\xff\xfe\r\n: \r\nnonsense\r\n\r\n"),
    "a length below zero": raw(OK, b"Content-Length: -5\r\n\r\n{}"),
    "a length that is no number": raw(OK, b"Content-Length: many\r\n\r\n{}"),
    "two lengths": raw(OK, b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}"),
    "chunks that are none": raw(OK, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
    "a chunk below zero": raw(OK, b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}"),
    "gzip that is none": raw(OK, b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    "a bomb": raw(OK, b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB), BOMB),
    "a body without end": endless(OK + b"\r\n" + bytes(65536)),
}


@pytest.mark.parametrize("fault", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_http_raises_an_error_of_the_client(fault: Answer) -> None:
    """Any server causes an error of the client within the deadline."""
    result, _ = ask(fault, timeout=1)
    assert isinstance(result, PipelinesError)
    assert not result.maybe_processed, "it was a read"


@pytest.mark.parametrize("fault", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_garbled_body_is_an_unexpected_response(fault: Answer) -> None:
    result, _ = ask(fault)
    assert isinstance(result, UnexpectedResponse)


def test_a_redirect_is_not_followed() -> None:
    """It would send the key to another host."""
    with faulty_api(answer(200, {"id": 42, "name": "Trap", "status": "ACTIVE"})) as trap:
        result, _ = ask(answer(307, text="", Location=f"{trap.url}/workflows/42"))
        assert isinstance(result, UnexpectedResponse)
        assert trap.requests == []


def test_an_endless_slow_response_is_cut_off() -> None:
    """The response never ends. The limit of the test is generous, for busy machines."""
    started = time.monotonic()
    result, _ = ask(drip)
    assert isinstance(result, ConnectionFailed)
    assert time.monotonic() - started < 60


def test_unknown_keys_and_the_case_of_a_status_are_ignored() -> None:
    """S4, S178: a newer API may say more."""
    result, _ = ask(answer(200, {"id": 42, "name": "French", "status": "active", "color": "red"}))
    assert isinstance(result, Workflow)
    assert result.status == "ACTIVE"
    assert result.accepts_tasks


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Unauthorized), (404, NotFound), (422, ValidationFailed)], ids=["401", "404", "422"]
)
def test_each_http_status_has_an_error_class(status: int, kind: type[PipelinesError]) -> None:
    """S72 to S74."""
    result, _ = ask(error(status, "some_code", "Some text"))
    assert isinstance(result, kind)
    assert isinstance(result, ApiError)
    assert (result.status, result.code, result.message) == (status, "some_code", "Some text")


def test_the_key_goes_into_the_header_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    """S21, S38: a key is treated like any production secret."""
    caplog.set_level(logging.DEBUG)
    result, requests = ask(error(401, "invalid_api_key", "Invalid API key"))
    assert f"Authorization: Bearer {KEY}" in requests[0]
    assert isinstance(result, PipelinesError)
    caller = PipelinesClient(Transport("http://127.0.0.1:9"), KEY)
    texts = [repr(caller), str(result), repr(result), caplog.text, *traceback.format_exception(result)]
    assert not [text for text in texts if KEY in text or KEY[8:30] in text]


def test_the_presigned_url_is_not_in_a_repr() -> None:
    started = StartedUpload(
        upload_id="6f2b7b8e-36a4-4b0e-8f5b-3f1c2f3f0a11",
        upload_url="http://s/?sig=x",
        expires_at="2026-03-30T12:00:00Z",
    )
    assert "sig" not in f"{started} {started!r}"


def test_the_repr_of_a_client_has_only_the_end_of_its_key() -> None:
    assert repr(PipelinesClient(Transport("https://api.example/api/v1"), KEY)) == f"PipelinesClient(…{KEY[-4:]})"


def test_a_host_without_an_address_is_a_failed_connection() -> None:
    with pytest.raises(ConnectionFailed) as failure:
        PipelinesClient(Transport("http://nowhere.invalid/api/v1"), KEY, ONCE).workflow(42)
    assert not failure.value.maybe_processed
