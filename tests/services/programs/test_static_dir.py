"""STATIC_DIR: where collected files are, when not in DATA_DIR."""

from pathlib import Path

import pytest

from tests import starting
from tests.services.programs.test_refused_settings import OF_PROGRAM

pytestmark = pytest.mark.full

PREPARE = ("manage.py", "prepare", "--settings")


@pytest.mark.parametrize(("program", "settings"), OF_PROGRAM.items())
def test_what_is_collected_is_there_and_left_alone_the_next_time(tmp_path: Path, program: str, settings: str) -> None:
    env = {"DATA_DIR": str(tmp_path / "data"), "STATIC_DIR": str(tmp_path / "collected")}
    starting.run(*PREPARE, settings, env=env)
    listed = tmp_path / "collected" / program / "staticfiles.json"
    made = listed.stat().st_mtime_ns
    starting.run(*PREPARE, settings, env=env)
    assert listed.stat().st_mtime_ns == made
    assert not (tmp_path / "data" / "static").exists()


@pytest.mark.parametrize("settings", OF_PROGRAM.values())
def test_where_nothing_can_be_written_it_says_so(tmp_path: Path, settings: str) -> None:
    (tmp_path / "file").touch()
    env = {"DATA_DIR": str(tmp_path / "data"), "STATIC_DIR": str(tmp_path / "file")}
    done = starting.run(*PREPARE, settings, env=env, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].endswith("Set STATIC_DIR to a folder that can be written.")
    assert "Traceback" not in done.stderr
