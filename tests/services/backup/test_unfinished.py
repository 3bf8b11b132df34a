"""What a killed restore left is finished by `prepare`; all else keeps its hands off, and says so."""

import os
from pathlib import Path

import pytest

from tests import starting

from .places import databases, env_of, refused

pytestmark = [pytest.mark.sqlite, pytest.mark.full]
COMMANDS = [["run_worker"], ["tidy"], ["createsuperuser", "--noinput", "--email", "a@b.example"], ["migrate"]]
MODULE = "pipelines_portal.shared.web_server"


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """As a kill between two renames leaves it."""
    (tmp_path / "restore.unfinished").write_text("[]")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_makes_no_database_in_its_way(half: Path, command: list[str]) -> None:
    assert "Run manage.py prepare: it is finished then." in refused(half, *command)
    assert not list(half.glob("*.sqlite3*"))


@pytest.mark.parametrize("program", ["portal", "external_api"])
def test_a_program_does_not_start(half: Path, program: str) -> None:
    env = os.environ | databases(half) | {"DATA_DIR": str(half)}
    ended = starting.run("-m", MODULE, program, env=env, check=False)
    assert ended.returncode != 0
    assert "Run manage.py prepare: it is finished then." in ended.stderr
    assert not list(half.glob("*.sqlite3*"))


def test_prepare_finishes_it(half: Path) -> None:
    starting.run("manage.py", "prepare", env=env_of(half))
    assert not (half / "restore.unfinished").exists()
