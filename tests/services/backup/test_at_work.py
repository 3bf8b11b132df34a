"""Who is at work in DATA_DIR: programs, commands and a restore keep each other out, and whom to end is known."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import starting
from tests.live import wait_until

from .conftest import API
from .places import SECRETS, databases, env_of, left_in, refused

pytestmark = [pytest.mark.sqlite, pytest.mark.full]
DATABASES = {"portal.sqlite3", "external_api.sqlite3"}
COMMANDS = [
    ["prepare"], ["prepare", "--settings", API], ["migrate"], ["tidy"],
    ["createsuperuser", "--noinput", "--email", "a@b.example"],
]  # fmt: skip


@pytest.mark.parametrize("settings", ["pipelines_portal.settings", API])
def test_a_worker_is_seen_when_all_that_it_works_on_was_moved_away(
    old: Path, backup: Path, tmp_path: Path, settings: str
) -> None:
    """Its lock among it."""
    env = env_of(old) | {"DJANGO_SETTINGS_MODULE": settings}
    worker = starting.start("manage.py", "run_worker", env=env)

    def is_seen() -> bool:
        """Start the worker again if it met the restore that asks for it, and ended."""
        nonlocal worker
        if worker.poll() is not None:
            worker = starting.start("manage.py", "run_worker", env=env)
        return "at work" in refused(old, "restore", str(backup))

    try:
        wait_until(is_seen, "the worker to be seen")
        (tmp_path / "away").mkdir()
        for path in [path for path in old.iterdir() if path.name not in SECRETS]:
            shutil.move(path, tmp_path / "away")
        assert "A program is at work" in refused(old, "restore", str(backup))
    finally:
        worker.kill()
        worker.wait()


@pytest.fixture
def held(backup: Path, new: Path, tmp_path: Path) -> Iterator[Path]:
    """A restore that has read half of its file, and goes on when the test has ended; then all is there."""
    os.mkfifo(half := tmp_path / "half.tar.gz")
    whole = backup.read_bytes()
    process = starting.start("manage.py", "restore", str(half), env=env_of(new))
    with half.open("wb") as out:
        out.write(whole[: len(whole) * 2 // 3])
        out.flush()
        wait_until(lambda: (new / "storage" / ".storage.restored").exists(), "it to be half there")
        yield new
        out.write(whole[len(whole) * 2 // 3 :])
    assert process.wait(timeout=60) == 0
    assert left_in(new) >= DATABASES


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_makes_a_database_amid_a_restore(held: Path, command: list[str]) -> None:
    assert f"A restore into {held} is at work. Nothing was started." in refused(held, *command)
    assert not left_in(held) & DATABASES


def test_nor_does_what_prepares_both(held: Path) -> None:
    start = [starting.PROJECT / "deploy" / "start", "prepare"]
    env = os.environ | databases(held) | {"DATA_DIR": str(held)}
    ended = subprocess.run(start, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 1 and "is at work. Nothing was started." in ended.stderr
    assert not left_in(held) & DATABASES


def test_a_command_that_has_a_database_open_is_not_restored_under(old: Path, backup: Path, tmp_path: Path) -> None:
    asks = "from django.db import connection; connection.ensure_connection(); print('open', flush=True); input()"
    command = [starting.PROJECT / ".venv" / "bin" / "python", "manage.py", "shell", "-v0", "-c", asks]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=starting.PROJECT, env=env_of(old), text=True, **pipes) as shell:
        assert shell.stdout.readline() == "open\n"
        assert "A program is at work" in refused(old, "restore", str(backup))
        shell.communicate("\n")
    assert "not empty" in refused(old, "restore", str(backup))
