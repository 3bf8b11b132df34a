"""The pages of the interactive documents."""

import pytest

from tests.external_api.answers import error_of
from tests.external_api.server import Api


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_the_documents_need_no_key(server: Api, path: str) -> None:
    """S2, S60, S108, S110: they allow GET only, and their policy allows no other server."""
    answer = server.get(path)
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert error_of(server.post(path))[:2] == (405, "api_error")


def test_the_pages_load_nothing_from_other_hosts(server: Api) -> None:
    """S108: they contain no URL of another host."""
    for path in ("/docs", "/redoc"):
        assert "https://" not in server.get(path).text
