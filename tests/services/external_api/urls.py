"""The URLs of PostgreSQL and Redis, from the environment or from the file that bin/test-services writes."""

import os
from pathlib import Path

from tests.external_api.server import PROJECT

NAMES = ("TEST_POSTGRES_URL", "TEST_REDIS_URL")


def _read() -> dict[str, str]:
    file = PROJECT / os.environ.get("TEST_SERVICES_DIR", "var/test-services") / "env"
    written = dict(line.split("=", 1) for line in _lines(file))
    return {name: url for name in NAMES if (url := os.environ.get(name) or written.get(name))}


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


SERVICES = _read()
