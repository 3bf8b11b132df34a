"""GET health."""

from tests.external_api.server import Server


def test_needs_no_key_and_says_ok(server: Server) -> None:
    """S3, S17, S177: the whole body is status ok."""
    answer = server.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ignores_what_is_no_key(server: Server) -> None:
    """S3: a dead key does not make the server unhealthy."""
    assert server.get("/health", key="pk_live_nonsense").status_code == 200
