"""What the web server decides of a request by its header."""

import re

import pytest
from waitress.adjustments import Adjustments

from pipelines_portal.core.web_server.__main__ import PROGRAMS
from pipelines_portal.core.web_server.requests import Request

API = PROGRAMS["external_api"]


def received(head: str) -> Request:
    class OfApi(Request):
        rules = API

    request = OfApi(Adjustments())
    request.received(re.sub("\n", "\r\n", head).encode() + b"\r\n\r\n")
    return request


@pytest.mark.parametrize("path", ["/storage/archives/1.zip", "//storage/archives/1.zip", "///storage/archives/1.zip"])
def test_archive_is_recognized_by_the_path_that_the_program_receives(path: str) -> None:
    request = received(f"PUT {path} HTTP/1.1\nHost: localhost\nContent-Length: 5000000")
    assert request.is_archive and request.streams


@pytest.mark.parametrize("path", ["/api/v1/workflows/1/tasks", "//api/v1/workflows/1/tasks"])
def test_large_body_is_streamed_to_the_api_and_refused_elsewhere(path: str) -> None:
    head = f"POST {path} HTTP/1.1\nHost: localhost\nContent-Length: 300000"
    assert received(head).streams
    assert received(head.replace("api/v1", "keys")).refused
