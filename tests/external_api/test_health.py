"""GET health."""

from tests.external_api.server import Api


def test_it_needs_no_key(server: Api) -> None:
    """S3, S17, S177: the body has only the status."""
    answer = server.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_ignores_a_bad_key(server: Api) -> None:
    """S3: the response is about the server, not about the key."""
    assert server.get("/health", key="pk_live_nonsense").status_code == 200
