"""Places that are not simply there or empty: logs that SQLite left, mounts and links, a restore that was killed."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipelines_portal.external_api.storage.location import EmbeddedLocation, parse_storage_url
from pipelines_portal.shared.backup import restoring
from pipelines_portal.shared.backup.places import Places
from tests import starting

from .places import env_of, give_secrets, left_in, refused, run, stored

# Of databases in files: PostgreSQL's are saved by its own means (test_postgresql.py).
pytestmark = [pytest.mark.sqlite, pytest.mark.full]

DATABASES = ("portal.sqlite3", "external_api.sqlite3")


def is_whole(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("database", DATABASES)
def test_what_sqlite_left_beside_a_database_is_not_restored_over(
    backup: Path,
    new: Path,
    database: str,
    suffix: str,
) -> None:
    left = new / f"{database}{suffix}"
    left.write_bytes(b"of another database")
    assert str(left) in refused(new, "restore", str(backup))
    assert left_in(new) == {left.name}
    left.unlink()
    assert run(new, "restore", str(backup)).returncode == 0
    assert all(is_whole(new / name) for name in DATABASES)


def test_the_log_of_a_draft_that_was_killed_is_not_played_into_the_next(
    backup: Path,
    new: Path,
) -> None:
    for suffix in ("", "-journal", "-wal"):
        (new / f".portal.sqlite3.restored{suffix}").write_bytes(b"half a page")
    assert run(new, "restore", str(backup)).returncode == 0
    assert left_in(new) == {*DATABASES, "storage", "portal.restored"}
    assert is_whole(new / "portal.sqlite3")


def test_a_linked_storage_and_a_linked_database_are_restored_where_they_lead(
    backup: Path,
    old: Path,
    new: Path,
    tmp_path: Path,
) -> None:
    away = tmp_path / "away"
    (away / "storage" / "archives").mkdir(parents=True)
    (new / "storage").symlink_to(away / "storage")
    (new / "portal.sqlite3").symlink_to(away / "portal.sqlite3")
    assert run(new, "restore", str(backup)).returncode == 0
    assert stored(away) == stored(old)
    assert {path.name for path in (away / "storage").iterdir()} == {"archives", "files"}
    assert (new / "storage").is_symlink() and is_whole(away / "portal.sqlite3")


def test_the_log_of_a_linked_database_is_seen_where_it_leads(
    backup: Path,
    new: Path,
    tmp_path: Path,
) -> None:
    (new / "portal.sqlite3").symlink_to(tmp_path / "away.sqlite3")
    (tmp_path / "away.sqlite3-wal").write_bytes(b"of another database")
    assert "away.sqlite3-wal" in refused(new, "restore", str(backup))


def test_a_mount_in_the_storage_is_refused_before_anything_changes(
    backup: Path,
    new: Path,
    tmp_path: Path,
) -> None:
    (new / "storage").mkdir()
    (tmp_path / "away").mkdir()
    (new / "storage" / "files").symlink_to(tmp_path / "away")
    assert "is a mount or a link" in refused(new, "restore", str(backup))
    assert left_in(new) == {"storage"}


@pytest.fixture
def half(
    backup: Path,
    new: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> Iterator[Path]:
    """Where a restore was killed when the files were in their place and the databases were not."""
    places = Places(new, {name: new / name for name in DATABASES}, new / "storage")
    settings.ENCRYPTION_KEYS = [(new / "portal.encryption_keys").read_text()]
    rename = Path.rename

    def killed_at_a_database(self: Path, target: Path) -> Path:
        if target.name in DATABASES:
            raise SystemExit
        return rename(self, target)

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(Path, "rename", killed_at_a_database)
        restoring.restore(places, backup)
    assert not left_in(new) & {*DATABASES}
    yield new


def test_half_a_restore_is_never_saved(half: Path, tmp_path: Path) -> None:
    said = refused(half, "backup", str(tmp_path / "next.tar"))
    assert "A restore was killed here" in said and "Run manage.py prepare" in said and "tart the programs" not in said
    assert not (tmp_path / "next.tar").exists()


def test_the_next_restore_finishes_it_and_says_so(half: Path, backup: Path, old: Path) -> None:
    said = refused(half, "restore", str(backup))
    assert "It is finished now" in said and "not empty" not in said
    assert left_in(half) == {*DATABASES, "storage", "portal.restored"}
    assert stored(half) == stored(old)


def test_it_is_finished_after_the_folder_was_renamed(half: Path, old: Path, tmp_path: Path) -> None:
    moved = half.rename(tmp_path / "moved")
    done = run(moved, "prepare", "--settings", "pipelines_portal.external_api.settings")
    assert done.returncode == 0, done.stderr
    assert {*DATABASES} <= left_in(moved) and "restore.unfinished" not in left_in(moved)
    assert stored(moved) == stored(old)


def test_it_is_not_finished_somewhere_else(half: Path, tmp_path: Path) -> None:
    elsewhere = f"sqlite:///{tmp_path}/elsewhere.sqlite3"
    assert "cannot be found" in refused(half, "prepare", EXTERNAL_API_DATABASE_URL=elsewhere)
    assert "restore.unfinished" in left_in(half) and not left_in(half) & {*DATABASES}
    assert run(half, "prepare").returncode == 0


def test_what_a_program_made_meanwhile_is_not_written_over(half: Path) -> None:
    log = half / "portal.sqlite3-wal"
    log.write_bytes(b"of a program that runs")
    said = refused(half, "prepare")
    assert str(log) in said and "then run manage.py prepare" in said and "tart them" not in said
    assert "portal.sqlite3" not in left_in(half) and log.exists()
    log.unlink()
    assert run(half, "prepare").returncode == 0
    assert is_whole(half / "portal.sqlite3")


def test_secrets_alone_are_an_empty_place(old: Path, backup: Path, tmp_path: Path) -> None:
    give_secrets(old, tmp_path / "other")
    assert run(tmp_path / "other", "restore", str(backup)).returncode == 0


@pytest.mark.parametrize("name", ["DATABASE_URL", "EXTERNAL_API_DATABASE_URL", "STORAGE_URL"])
def test_what_is_set_and_not_there_is_no_backup(old: Path, tmp_path: Path, name: str) -> None:
    missing = tmp_path / "nowhere"
    scheme = "file://" if name == "STORAGE_URL" else "sqlite:///"
    said = refused(old, "backup", str(tmp_path / "backup.tar"), **{name: f"{scheme}{missing}"})
    assert name in said and str(missing) in said
    assert not (tmp_path / "backup.tar").exists()


def test_a_storage_that_is_not_mounted_is_no_backup(old: Path, tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    with closing(sqlite3.connect(old / "external_api.sqlite3")) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        columns = connection.execute("PRAGMA table_info(external_api_upload)").fetchall()
        given = {column[1]: "1" for column in columns} | {"archive_fingerprint": "abc"}
        marks = ", ".join("?" for _ in given)
        connection.execute(f"INSERT INTO external_api_upload ({', '.join(given)}) VALUES ({marks})", [*given.values()])
        connection.commit()
    url = f"file://{tmp_path}/mount"
    assert "Mount it" in refused(old, "backup", str(tmp_path / "backup.tar"), STORAGE_URL=url)
    assert not (tmp_path / "backup.tar").exists()


def test_an_unknown_storage_is_no_bucket(old: Path, tmp_path: Path) -> None:
    said = refused(old, "backup", str(tmp_path / "backup.tar"), STORAGE_URL="ftp://archives")
    assert "STORAGE_URL must be" in said and "in a bucket" not in said


def test_the_storage_is_the_folder_that_the_external_api_keeps(old: Path, tmp_path: Path) -> None:
    url = f"file://{tmp_path}/my%20archives"
    location = parse_storage_url(url, tmp_path)
    assert isinstance(location, EmbeddedLocation)
    (old / "storage").rename(location.folder)
    done = run(old, "backup", str(tmp_path / "backup.tar"), STORAGE_URL=url)
    assert (done.returncode, "and 2 files" in done.stdout) == (0, True), done.stderr


def test_no_room_for_the_copy_is_no_damage(old: Path, tmp_path: Path) -> None:
    """The limit of a file's size stands for the end of a disk."""
    command = [sys.executable, "manage.py", "backup", str(tmp_path / "backup.tar")]
    limited = ["prlimit", "--fsize=300000", *command]
    done = subprocess.run(limited, cwd=starting.PROJECT, env=env_of(old), capture_output=True, text=True, check=False)
    assert (done.returncode, "no room or no way" in done.stderr) == (1, True), done.stderr
    assert "cannot be read whole" not in done.stderr and not (tmp_path / "backup.tar").exists()


@pytest.mark.parametrize("name", ["backup.tar", "backup.tar.gz"])
def test_no_room_for_the_file_is_one_sentence(old: Path, tmp_path: Path, name: str) -> None:
    """Also when what was to be written on is cleared away."""
    (old / "storage" / "files" / "0a-1" / "0").write_bytes(os.urandom(4_000_000))
    command = ["prlimit", "--fsize=2000000", sys.executable, "manage.py", "backup", str(tmp_path / name)]
    done = subprocess.run(command, cwd=starting.PROJECT, env=env_of(old), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "could not be written: [Errno 27]" in done.stderr
    assert not list(tmp_path.glob("*backup*"))
