from pathlib import Path
from shutil import copytree

import pytest

from tests.live import prepared

from .places import give_secrets, run

API = "pipelines_portal.settings.external_api"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Both programs' databases as `prepare` makes them, and two stored files."""
    folder = tmp_path / "old"
    for settings in ("pipelines_portal.settings.portal", API):
        copytree(prepared(settings), folder, dirs_exist_ok=True)
    for name in ("archives/0a-1.zip", "files/0a-1/0"):
        (folder / "storage" / name).parent.mkdir(parents=True)
        (folder / "storage" / name).write_bytes(b"content of " + name.encode())
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
