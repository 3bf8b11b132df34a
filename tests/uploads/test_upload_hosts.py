"""Which hosts an archive may go to, and whether they let this page's browser in."""

from typing import Any

import pytest

from pipelines_portal.core.web_addresses import origin_of
from pipelines_portal.uploads.storage_links import Cors, HostNotAllowed, ask_cors, check_host
from tests.fake_api import answer, fake_api, hang_up

PAGE = "https://portal.example"
GOOD = {
    "Access_Control_Allow_Origin": PAGE,
    "Access_Control_Allow_Methods": "GET, PUT",
    "Access_Control_Allow_Headers": "Content-Type",
}


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Bucket.Example:443/a?b", "https://bucket.example"),
        ("http://bucket.example:80/", "http://bucket.example"),
        ("https://bucket.example:8443/", "https://bucket.example:8443"),
        ("http://[::1]:9000/x", "http://[::1]:9000"),
        ("ftp://bucket.example/", ""),
        ("https://allowed.example@evil.example/", ""),
        ("https://bucket.example:99999/", ""),
        ("//bucket.example/", ""),
        ("nonsense", ""),
    ],
)
def test_origin_of_a_link(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_only_allowed_hosts_pass(settings: Any) -> None:
    settings.UPLOAD_ORIGINS = ["https://bucket.example"]
    check_host("https://bucket.example:443/archive?signature=x")
    for url in (
        "http://bucket.example/",
        "https://bucket.example:444/",
        "https://bucket.example.evil.example/",
        "https://evil.example/?https://bucket.example",
        "https://bucket.example@evil.example/",
        "file:///etc/passwd",
    ):
        with pytest.raises(HostNotAllowed):
            check_host(url)


def test_refusal_tells_the_administrator_what_to_do(settings: Any) -> None:
    settings.UPLOAD_ORIGINS = ["https://bucket.example"]
    with pytest.raises(HostNotAllowed, match="adding https://other.example to UPLOAD_ORIGINS") as refused:
        check_host("https://other.example/secret?signature=abc")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (200, GOOD, Cors.ALLOWED),
        (204, GOOD | {"Access_Control_Allow_Origin": "*"}, Cors.ALLOWED),
        (200, GOOD | {"Access_Control_Allow_Headers": "*", "Access_Control_Allow_Methods": "*"}, Cors.ALLOWED),
        (200, {}, Cors.REFUSED),
        (403, GOOD, Cors.REFUSED),
        (302, GOOD | {"Location": "http://127.0.0.1:1/"}, Cors.REFUSED),
        (200, GOOD | {"Access_Control_Allow_Origin": "https://other.example"}, Cors.REFUSED),
        (200, GOOD | {"Access_Control_Allow_Methods": "GET"}, Cors.REFUSED),
        (200, GOOD | {"Access_Control_Allow_Headers": "Authorization"}, Cors.REFUSED),
    ],
)
def test_answers_of_a_host_to_options(status: int, headers: dict[str, str], outcome: Cors) -> None:
    with fake_api(answer(status, text="", **headers)) as host:
        assert ask_cors(host.url, PAGE) is outcome
        [asked] = host.requests
        assert asked.method == "OPTIONS"
        assert asked.headers["origin"] == PAGE and asked.headers["access-control-request-method"] == "PUT"


def test_host_out_of_our_reach_is_left_to_the_browser() -> None:
    with fake_api(hang_up) as host:
        assert ask_cors(host.url, PAGE) is Cors.UNKNOWN
