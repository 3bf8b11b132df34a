"""Without PostgreSQL its test is not collected; a run that must have it sets TEST_SERVICES_REQUIRED."""

import os
from pathlib import Path
from shutil import copytree

import pytest

from tests.live import prepared
from tests.services.external_api.urls import SERVICES

from .places import give_secrets, run

API = "pipelines_portal.external_api.settings"

collect_ignore = [] if SERVICES or os.environ.get("TEST_SERVICES_REQUIRED") else ["test_postgresql.py"]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Both programs' databases as `prepare` makes them, and two files."""
    folder = tmp_path / "old"
    for settings in ("pipelines_portal.settings", API):
        copytree(prepared(settings), folder, dirs_exist_ok=True)
    for name in ("archives/0a-1.zip", "files/0a-1/0"):
        (folder / "storage" / name).parent.mkdir(parents=True)
        (folder / "storage" / name).write_bytes(os.urandom(300_000))
    return folder


@pytest.fixture
def backup(old: Path, tmp_path: Path) -> Path:
    file = tmp_path / "backup.tar.gz"
    done = run(old, "backup", str(file))
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture
def new(old: Path, tmp_path: Path) -> Path:
    give_secrets(old, tmp_path / "new")
    return tmp_path / "new"
