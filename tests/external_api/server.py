"""The External API in a process of its own, on a free port, under the project's own web server."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests import starting

PROJECT = Path(__file__).resolve().parents[2]
SETTINGS = "pipelines_portal.settings.external_api"
# Limits so high that no test meets them; the tests of the limits set their own.
NO_LIMITS = {
    "EXTERNAL_API_KEY_LIMIT": "1000000/minute",
    "EXTERNAL_API_IP_LIMIT": "1000000/minute",
    "EXTERNAL_API_AUTH_FAILURE_LIMIT": "1000000/minute",
}


class Api:
    """A way to call the External API. `url` has no path: the API is below `/api/v1`."""

    url: str
    session: requests.Session

    def call(self, method: str, path: str, *, key: str | None = None, **options: Any) -> requests.Response:
        """Request `path`, which is below `/api/v1`. The `key` is sent as a Bearer token."""
        headers = options.pop("headers", {}) | ({"Authorization": f"Bearer {key}"} if key else {})
        return self.session.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=60, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.call("POST", path, **options)

    def new_session(self) -> requests.Session:
        """Return a session without cookies that reaches this server."""
        return requests.Session()


@dataclass
class Server(Api):
    """A server that runs in another process."""

    url: str
    process: starting.Process
    log: Path
    session: requests.Session = field(default_factory=requests.Session)

    def output(self) -> str:
        return self.log.read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serve(log: Path, **env: str) -> Iterator[Server]:
    """Start a server and stop it at the end of the block. `env` extends the environment of the tests."""
    port = free_port()
    environment = os.environ | NO_LIMITS | {"API_PORT": str(port), "DJANGO_SETTINGS_MODULE": SETTINGS} | env
    with log.open("wb") as out:
        process = starting.start(
            "-m", "pipelines_portal.core.web_server", "external_api",
            env=environment, output=out.fileno(), errors=out.fileno(),
        )  # fmt: skip
    server = Server(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait_until_up(server)
        yield server
    finally:
        server.session.close()
        process.terminate()
        process.wait(timeout=40)


def _wait_until_up(server: Server) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            requests.get(f"{server.url}/api/v1/health", timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise AssertionError(f"The server did not start:\n{server.output()}")


def manage(*arguments: str, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a management command of the External API in a process of its own."""
    return starting.run("manage.py", *arguments, "--settings", SETTINGS, env=os.environ | env, check=check)
