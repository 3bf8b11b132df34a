"""What is in DATA_DIR is its owner's alone, and used by nobody else."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.external_api.server import PROJECT, SETTINGS
from tests.services.programs.test_refused_settings import PORTAL, check, modes


@pytest.mark.parametrize("settings", [pytest.param(PORTAL, marks=pytest.mark.full), SETTINGS])
def test_databases_are_their_owners_alone(tmp_path: Path, settings: str) -> None:
    """Made so, and mended where they were not; the files SQLite keeps beside them too."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    run = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--settings", settings]
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder)}
    subprocess.run(run, cwd=PROJECT, env=environment, check=True, timeout=120, umask=0o022)
    assert set(modes(folder).values()) <= {0o700, 0o600}
    for name in modes(folder):
        if name != folder.name:
            (folder / name).chmod(0o644)
    beside = folder / f"{'portal' if settings == PORTAL else 'external_api'}.sqlite3-wal"
    beside.touch(0o644)
    beside.chmod(0o644)
    assert check(settings, folder).returncode == 0
    assert modes(folder).pop(folder.name) == 0o700
    assert {mode for name, mode in modes(folder).items() if name != folder.name} == {0o600}


def test_a_folder_that_is_not_ours_to_close_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    said = check(PORTAL, tmp_path)
    assert f"Warning: others than its owner may use {tmp_path}." in said.stderr
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777
    tmp_path.chmod(0o700)
