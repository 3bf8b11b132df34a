"""Which hosts an archive may go to."""

from typing import Any

import pytest

from pipelines_portal.core.web_addresses import origin_of
from pipelines_portal.uploads.storage_links import HostNotAllowed, check_host


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
