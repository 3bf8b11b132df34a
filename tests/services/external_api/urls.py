"""The URLs of PostgreSQL and Redis, from the environment or from the file that bin/test-services writes."""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from tests.external_api.server import PROJECT

NAMES = ("TEST_POSTGRES_URL", "TEST_REDIS_URL")


def _read() -> dict[str, str]:
    file = PROJECT / os.environ.get("TEST_SERVICES_DIR", "var/test-services") / "env"
    written = dict(line.split("=", 1) for line in _lines(file))
    return {name: url for name in NAMES if (url := os.environ.get(name) or _if_running(written.get(name)))}


def _if_running(url: str | None) -> str | None:
    """The URL, unless nothing listens there: the file outlives a restart of the machine."""
    if url is None:
        return None
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "", address.port or 0), timeout=2).close()
    except OSError:
        return None
    return url


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


SERVICES = _read()
