"""What makes no backup, and what is not restored: each says why, and leaves what is there."""

import io
import json
import shutil
import sqlite3
import tarfile
import time
from contextlib import closing
from pathlib import Path

import pytest

from .places import left_in, refused, run, stored

pytestmark = pytest.mark.sqlite


def name_a_file(folder: Path, name: str) -> None:
    """Let a task of the External API name a stored file."""
    fields = json.dumps({"scan": {"path": "a.png", "object": name}})
    with closing(sqlite3.connect(folder / "external_api.sqlite3")) as database, database:
        database.execute("PRAGMA foreign_keys = OFF")
        columns = [row[1] for row in database.execute("PRAGMA table_info(external_api_task)")]
        values = {"id": 1, "fields": fields, "upload_id": "0a" * 16, "status": "pending"}
        row = [values.get(column, "2026-11-26 12:00:00" if column.endswith("_at") else 1) for column in columns]
        database.execute(f"INSERT INTO external_api_task VALUES ({', '.join('?' * len(row))})", row)


def test_a_file_that_tasks_name_and_the_storage_lacks_is_an_error(old: Path, tmp_path: Path) -> None:
    """The backup is made and has an exit code of its own. The last complete one stays beside those that are kept."""
    kept = tmp_path / "backups"
    kept.mkdir()
    name_a_file(old, "files/0a-1/0")
    complete, lost = kept / "portal-2026-01-02-023000.tar", old / "storage" / "files" / "0a-1" / "0"
    assert run(old, "backup", str(complete)).returncode == 0
    (kept / "portal-2026-01-01-023000.tar").write_bytes(complete.read_bytes())
    content = lost.read_bytes()
    lost.unlink()
    earlier = kept / "portal-2026-01-03-023000.tar"
    assert "missing from the storage: files/0a-1/0." in refused(old, "backup", str(earlier), code=3)
    made = []
    for _ in range(2):
        done = run(old, "backup", str(kept), "--keep", "1")
        assert (done.returncode, "Traceback" in done.stderr) == (3, False), done.stderr
        assert "missing from the storage: files/0a-1/0." in done.stderr
        assert "1 files," in done.stdout
        made.append(max(kept.iterdir()))
        assert set(kept.iterdir()) == {complete, made[-1]}
        time.sleep(1)  # the names have seconds
    assert made[0] != made[1]
    assert "missing from the backup: files/0a-1/0." in refused(old, "backup", "--check", str(kept), code=3)
    lost.write_bytes(content)
    assert run(old, "backup", str(kept), "--keep", "1").returncode == 0
    assert {complete, *made}.isdisjoint(kept.iterdir())


def test_the_last_backups_of_a_folder_are_kept(old: Path, tmp_path: Path) -> None:
    kept = tmp_path / "backups"
    kept.mkdir()
    others = [kept / f"portal-2026-01-0{day}-023000.tar" for day in range(1, 5)]
    for path in (*others, kept / "before-the-move.tar"):
        path.touch()
    assert run(old, "backup", str(kept), "--keep", "3").returncode == 0
    left = sorted(path.name for path in kept.iterdir())
    assert left[:3] == ["before-the-move.tar", others[2].name, others[3].name]
    assert len(left) == 4


def test_files_with_other_names_are_neither_counted_nor_removed_nor_checked(old: Path, tmp_path: Path) -> None:
    """A clock that was wrong made the one of 2099: it counts as the oldest."""
    kept = tmp_path / "backups"
    kept.mkdir()
    others = {"portal-before-move.tar", "portal-2026-01-01.tar", "portal-2099-01-01-000000.tar.old"}
    for name in (*others, "portal-2026-01-01-023000.tar", "portal-2099-01-01-000000.tar"):
        (kept / name).touch()
    for _ in range(2):
        done = run(old, "backup", str(kept), "--keep", "1")
        assert done.returncode == 0, done.stderr
        (made,) = {path.name for path in kept.iterdir()} - others
        assert made in done.stdout
        (kept / "portal-2099-01-01-000000.tar").touch()
        time.sleep(1)  # the names have seconds
    assert f"{kept / made}: made" in run(old, "backup", "--check", str(kept)).stdout


def test_a_place_that_is_not_empty_is_left_as_it_is(old: Path, new: Path, backup: Path) -> None:
    (new / "storage" / "archives").mkdir(parents=True)
    (new / "storage" / "archives" / "1b.zip").touch()
    assert "This place is not empty" in refused(new, "restore", str(backup))
    assert left_in(new) == {"storage"}
    before = stored(old)
    assert str(old / "portal.sqlite3") in refused(old, "restore", str(backup))
    assert stored(old) == before


def test_what_is_there_can_be_moved_away_again_and_again(old: Path, tmp_path: Path) -> None:
    """Also where nothing was ever uploaded, and only if the backup is good and no program runs."""
    move = ("restore", "--move-away")
    assert run(old, "backup", str(tmp_path / "b.tar")).returncode == 0
    (tmp_path / "bad.tar").write_bytes((tmp_path / "b.tar").read_bytes()[:2048])
    assert "Nothing was restored." in refused(old, *move, str(tmp_path / "bad.tar"))
    with closing(sqlite3.connect(old / "external_api.sqlite3")) as program:
        program.execute("SELECT count(*) FROM django_migrations").fetchone()
        assert f"Programs still use {old / 'external_api.sqlite3'}" in refused(old, *move, str(tmp_path / "b.tar"))
    assert not list(old.glob("before-restore-*"))
    shutil.move(old / "storage", tmp_path / "storage")
    before = stored(tmp_path)
    for times in (1, 2):
        done = run(old, *move, str(tmp_path / "b.tar"))
        assert done.returncode == 0, done.stderr
        assert (stored(old), len(list(old.glob("before-restore-*/portal.sqlite3")))) == (before, times)
        time.sleep(1)  # the names have seconds
    (with_files,) = old.glob("before-restore-*/storage")
    assert stored(with_files.parent) == before


def test_no_backup_replaces_a_file_and_none_is_made_without_a_database(old: Path, backup: Path, tmp_path: Path) -> None:
    assert "is there already" in refused(old, "backup", str(backup))
    shutil.move(old / "portal.sqlite3", tmp_path)
    assert "portal.sqlite3 is not there" in refused(old, "backup", str(tmp_path / "b.tar"))
    assert run(old, "backup", "--partly", str(tmp_path / "b.tar")).returncode == 0


def test_a_backup_that_was_cut_short_is_not_restored(old: Path, new: Path, tmp_path: Path) -> None:
    assert run(old, "backup", str(tmp_path / "b.tar")).returncode == 0
    whole = (tmp_path / "b.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[: len(whole) // 2 // 512 * 512])
    assert "Nothing was restored." in refused(new, "restore", str(tmp_path / "cut.tar"))
    assert left_in(new) == set()


@pytest.mark.parametrize("name", ["storage/files/../../../escaped", "/tmp/escaped", "storage/archives/a.zip"])
def test_only_files_with_names_of_ours_are_restored(old: Path, new: Path, tmp_path: Path, name: str) -> None:
    assert run(old, "backup", str(tmp_path / "b.tar")).returncode == 0
    with tarfile.open(tmp_path / "b.tar", "a") as tar:
        member = tarfile.TarInfo(name)
        if name.endswith(".zip"):
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member, io.BytesIO())
    assert "which no backup does" in refused(new, "restore", str(tmp_path / "b.tar"))
    assert left_in(new) == set()


def test_without_its_encryption_key_a_backup_is_restored_only_on_request(new: Path, backup: Path) -> None:
    (new / "portal.encryption_keys").unlink()
    assert "An encryption key of this backup" in refused(new, "restore", str(backup))
    assert left_in(new) == set()
    assert "restore with --unsigned" in refused(new, "restore", str(backup), "--without-keys")
    assert left_in(new) == set()
    done = run(new, "restore", str(backup), "--without-keys", "--unsigned")
    assert done.returncode == 0, done.stderr
    assert left_in(new) >= {"portal.sqlite3", "external_api.sqlite3", "storage"}
