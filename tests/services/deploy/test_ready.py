"""What /ready says while PostgreSQL and Redis are away, and once they are back."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import databases
from tests.live import ExternalApi, Portal, external_api, portal, wait_until
from tests.seaweedfs import free_ports
from tests.services.deploy import services
from tests.services.deploy.services import PASSWORD, Service

pytestmark = pytest.mark.full

TOKEN = "a-token-of-some-length"


@pytest.fixture(scope="module")
def database() -> Iterator[tuple[Service, int]]:
    """Where PostgreSQL's own user may look: pytest's folders are their owner's alone."""
    folder = Path(tempfile.mkdtemp(prefix="pipelines-portal-ready-"))
    folder.chmod(0o755)
    (port,) = free_ports(1)
    running = services.postgres(folder, port)
    try:
        yield running, port
    finally:
        running.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, int]]:
    (port,) = free_ports(1)
    running = services.redis_server(tmp_path_factory.mktemp("redis"), port)
    running.start()
    yield running, port
    running.stop()


def ready(url: str, **headers: str) -> tuple[int, dict[str, Any]]:
    """By an address of a pod, and in the clear, as Kubernetes asks."""
    asked = headers | {"Host": "10.1.2.3:8000"}
    answer = requests.get(f"{url}/ready", headers=asked, timeout=10, allow_redirects=False)
    return answer.status_code, answer.json()["checks"]


def told(url: str) -> tuple[int, dict[str, Any]]:
    return ready(url, Authorization=f"Bearer {TOKEN}")


def url_of(port: int, role: str) -> str:
    return f"postgres://{role}:{PASSWORD}@127.0.0.1:{port}/{role}"


@pytest.fixture(scope="module")
def on_postgresql(database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    url = url_of(database[1], "portal")
    folder = tmp_path_factory.mktemp("portal")
    with portal(folder, "http://127.0.0.1:9/api/v1", DATABASE_URL=url, METRICS_TOKEN=TOKEN) as running:
        yield running


@pytest.fixture(scope="module")
def api(database: Any, cache: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExternalApi]:
    env = {
        "EXTERNAL_API_DATABASE_URL": url_of(database[1], "external_api"),
        "CACHE_URL": f"redis://127.0.0.1:{cache[1]}/0",
        "METRICS_TOKEN": TOKEN,
    }
    with external_api(tmp_path_factory.mktemp("api"), **env) as running:
        yield running


def test_without_its_database_no_program_is_ready_and_both_live(
    database: tuple[Service, int], on_postgresql: Portal, api: ExternalApi
) -> None:
    urls = (on_postgresql.url, api.server.url)
    assert [ready(url)[0] for url in urls] == [200, 200]
    with database[0].away(0):
        for url in urls:
            status, checks = ready(url)
            assert (status, checks["database"]) == (503, "failed")
            status, checks = told(url)
            assert status == 503 and "database does not answer" in checks["database"]
            assert PASSWORD not in str(checks) and str(database[1]) not in str(checks)
            assert requests.get(f"{url}/health", headers={"Host": "10.1.2.3"}, timeout=10).status_code == 200
            assert requests.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20).ok
    for url in urls:
        wait_until(lambda url=url: ready(url)[0] == 200, "the database to be noticed")


def test_without_redis_the_api_serves_and_says_so(cache: tuple[Service, int], api: ExternalApi) -> None:
    assert ready(api.server.url)[1]["cache"] == "ok"
    with cache[0].away(0):
        status, checks = told(api.server.url)
        assert (status, "Redis at CACHE_URL doesn’t respond" in checks["cache"]) == (200, True), checks
        assert ready(api.server.url)[1]["cache"] == "failed"
        assert api.server.get("/workflows/1", key=None).status_code == 401
    wait_until(lambda: ready(api.server.url)[1]["cache"] == "ok", "Redis to be noticed")


def test_a_silent_worker_is_told_and_takes_no_web_process_out(on_postgresql: Portal, api: ExternalApi) -> None:
    for running in (on_postgresql.url, api.server.url):
        assert (ready(running)[0], ready(running)[1]["worker"]) == (200, "failed")
        assert "No worker" in told(running)[1]["worker"]


def test_a_database_behind_its_program_is_not_ready(database: tuple[Service, int], tmp_path: Path) -> None:
    """What `prepare` has not been run for: told to who may know, with the way on."""
    with portal(tmp_path, "http://127.0.0.1:9/api/v1", METRICS_TOKEN=TOKEN) as running:
        for statement in ("DELETE FROM django_migrations WHERE app = 'sessions'", "DROP TABLE django_session"):
            databases.ask(running.env["DATABASE_URL"], statement)
        status, checks = told(running.url)
        assert (status, "manage.py prepare" in checks["database"]) == (503, True)
        running.manage("prepare")
        assert ready(running.url)[0] == 200
