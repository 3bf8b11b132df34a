"""The check of a backup, which decides whether older ones are removed, and the record of the runs."""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import tarfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests import starting

from .places import env_of, left_in, refused, run, stored
from .test_refused import name_a_file

pytestmark = pytest.mark.sqlite


def runs(folder: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "portal.sqlite3")) as database:
        return database.execute(
            "SELECT ok, file, problem, files, databases FROM system_backuprun ORDER BY id"
        ).fetchall()


def repack(file: Path, target: Path, *, without: str = "", signed: bool = False, **replaced: bytes) -> Path:
    """Copy the backup without a member, or with other contents of one.

    Its manifest becomes that of an earlier version, or stays as it is if `signed`.
    """
    with tarfile.open(file) as old, tarfile.open(target, "w") as new:
        for member in old:
            if member.name == without:
                continue
            content = old.extractfile(member)
            assert content is not None
            data = replaced.get(member.name.partition(".")[0]) or content.read()
            if member.name == "manifest.json" and not signed:
                manifest = json.loads(data)
                del manifest["sha256"], manifest["missing"], manifest["signature"]
                data = json.dumps(manifest).encode()
            member.size = len(data)
            copy = target.with_suffix(".member")
            copy.write_bytes(data)
            with copy.open("rb") as opened:
                new.addfile(member, opened)
    return target


def test_a_check_says_what_a_backup_contains_and_saves_nothing(old: Path, tmp_path: Path) -> None:
    name_a_file(old, "files/0a-1/0")
    kept = tmp_path / "backups"
    kept.mkdir()
    assert run(old, "backup", str(kept), "--keep", "2").returncode == 0
    (file,) = kept.iterdir()
    for place in (kept, file):
        done = run(old, "backup", "--check", str(place))
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"{file}: made 2") and len(done.stdout.splitlines()) == 1
        assert "1 task, 0 people, 2 files. It can be restored." in done.stdout
    assert list(kept.iterdir()) == [file]
    assert [row[:3] for row in runs(old)] == [(1, file.name, "")]


def test_an_incomplete_backup_fails_the_check(old: Path, tmp_path: Path) -> None:
    name_a_file(old, "files/0a-1/0")
    file = tmp_path / "b.tar"
    assert run(old, "backup", str(file)).returncode == 0
    whole = file.read_bytes()
    cut, damaged = tmp_path / "cut.tar", bytearray(whole)
    cut.write_bytes(whole[: len(whole) // 2 // 512 * 512])
    assert "It can't be restored." in refused(old, "backup", "--check", str(cut))
    lacking = repack(file, tmp_path / "lacking.tar", without="storage/files/0a-1/0")
    assert "missing from the backup: files/0a-1/0." in refused(old, "backup", "--check", str(lacking), code=3)
    no_database = repack(file, tmp_path / "no.tar", portal=b"no database" * 1000)
    assert "portal.sqlite3 in the backup can't be read" in refused(old, "backup", "--check", str(no_database))
    # Pages in the middle of a database.
    at = whole.index(b"SQLite format 3") + 8 * 4096
    damaged[at : at + 40 * 4096] = os.urandom(40 * 4096)
    (tmp_path / "damaged.tar").write_bytes(damaged)
    assert "in the backup" in refused(old, "backup", "--check", str(tmp_path / "damaged.tar"))
    (old / "portal.encryption_keys").unlink()
    assert "An encryption key of this backup" in refused(old, "backup", "--check", str(file))
    assert "There is no backup in" in refused(old, "backup", "--check", str(old / "storage"))


def test_damage_fails_the_check_and_the_restore(old: Path, new: Path, tmp_path: Path) -> None:
    """A stored file has no checksum of its own. What is damaged is restored only on request."""
    file = tmp_path / "b.tar"
    assert run(old, "backup", str(file)).returncode == 0
    file.write_bytes(file.read_bytes().replace(b"content of files/0a-1/0", b"CONTENT of files/0a-1/0"))
    said = "Files in the backup are damaged: storage/files/0a-1/0."
    assert f"{said} It can't be restored." in refused(old, "backup", "--check", str(file))
    assert f"{said} Nothing was restored." in refused(new, "restore", str(file))
    assert left_in(new) == set()
    done = run(new, "restore", "--damaged", str(file))
    assert done.returncode == 0, done.stderr
    assert "check who is an administrator" not in done.stdout
    assert stored(new)["files/0a-1/0"] == b"CONTENT of files/0a-1/0"


def test_a_database_that_was_replaced_is_restored_only_unsigned(old: Path, new: Path, tmp_path: Path) -> None:
    """An administrator of the replaced database could have made this backup, although its signature is right."""
    file = tmp_path / "b.tar"
    assert run(old, "backup", str(file)).returncode == 0
    replaced = repack(file, tmp_path / "replaced.tar", signed=True, portal=(old / "portal.sqlite3").read_bytes())
    said = "Files in the backup are damaged: portal.sqlite3. Nothing was restored."
    assert said in refused(new, "restore", "--unsigned", str(replaced))
    said = refused(new, "restore", "--damaged", str(replaced))
    assert (
        "A database in the backup is damaged or was replaced: portal.sqlite3. Nothing was restored." in said
        and "--unsigned" in said
    )
    assert left_in(new) == set()
    done = run(new, "restore", "--damaged", "--unsigned", str(replaced))
    assert done.returncode == 0, done.stderr
    assert "Nothing shows that it was not changed: check who is an administrator." in done.stdout


@pytest.mark.parametrize("part", [0.02, 0.5, 0.9, 1])
def test_damage_of_a_compressed_backup_fails_the_check(old: Path, backup: Path, part: float) -> None:
    """Also of its checksum alone, behind the end of the tar."""
    data = bytearray(backup.read_bytes())
    for at in range(int((len(data) - 8) * part), min(int((len(data) - 8) * part) + 100, len(data))):
        data[at] ^= 0xFF
    backup.write_bytes(data)
    assert "It can't be restored." in refused(old, "backup", "--check", str(backup))


def test_a_manifest_that_is_damaged_is_an_error(old: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    assert run(old, "backup", str(file)).returncode == 0
    for part, damaged in ((b'{"format"', b'{"form@t"'), (b'{"format"', b'["format"')):
        (tmp_path / "damaged.tar").write_bytes(file.read_bytes().replace(part, damaged))
        said = refused(old, "backup", "--check", str(tmp_path / "damaged.tar"))
        assert "manifest.json in the backup can't be read" in said


def test_a_backup_of_an_earlier_version_has_no_hashes_and_is_restored(old: Path, new: Path, tmp_path: Path) -> None:
    """Such a backup is not signed, so `--unsigned` is needed to restore it."""
    assert run(old, "backup", str(tmp_path / "b.tar")).returncode == 0
    file = repack(tmp_path / "b.tar", tmp_path / "earlier.tar")
    said = run(old, "backup", "--check", str(file)).stdout
    assert "It can be restored. It has no signature: restore it with --unsigned." in said
    said = refused(new, "restore", str(file))
    assert "The backup has no signature, so it may have been changed." in said and "restore with --unsigned" in said
    assert left_in(new) == set()
    done = run(new, "restore", "--unsigned", str(file))
    assert done.returncode == 0, done.stderr
    assert "Nothing shows that it was not changed: check who is an administrator." in done.stdout
    assert stored(new) == stored(old)


def test_a_backup_that_was_changed_is_refused(old: Path, new: Path, tmp_path: Path) -> None:
    """Even if its hashes fit again: without the encryption keys the signature does not."""
    file, changed = tmp_path / "b.tar", tmp_path / "changed.tar"
    assert run(old, "backup", str(file)).returncode == 0
    content, other = b"content of files/0a-1/0", b"CONTENT of files/0a-1/0"
    hashes = [hashlib.sha256(each).hexdigest().encode() for each in (content, other)]
    changed.write_bytes(file.read_bytes().replace(content, other).replace(*hashes))
    said = "The signature of the backup is wrong: its manifest was changed."
    assert f"{said} It can't be restored." in refused(old, "backup", "--check", str(changed))
    assert f"{said} Nothing was restored." in refused(new, "restore", "--unsigned", "--damaged", str(changed))
    assert left_in(new) == set()


def test_a_backup_is_signed_with_the_first_key_and_checked_with_all(old: Path, tmp_path: Path) -> None:
    """As in a rotation of ENCRYPTION_KEYS."""
    first, second = (Fernet.generate_key().decode() for _ in range(2))
    file = tmp_path / "b.tar"
    assert run(old, "backup", str(file), ENCRYPTION_KEYS=first).returncode == 0
    assert run(old, "backup", "--check", str(file), ENCRYPTION_KEYS=f"{second},{first}").returncode == 0


def test_a_backup_that_fails_is_recorded_and_removes_none(old: Path, tmp_path: Path) -> None:
    kept = tmp_path / "backups"
    kept.mkdir()
    before = [kept / f"portal-2026-01-0{day}-023000.tar" for day in (1, 2)]
    for path in before:
        path.touch()
    api = old / "external_api.sqlite3"
    shutil.move(api, tmp_path)
    refused(old, "backup", str(kept), "--keep", "1")
    shutil.move(tmp_path / api.name, old)
    refused(old, "backup", str(tmp_path / "nowhere" / "b.tar"))
    assert sorted(kept.iterdir()) == before
    assert [row[0] for row in runs(old)] == [0, 0]
    assert "Nothing was saved" in runs(old)[0][2]
    assert "could not be written" in runs(old)[1][2]


def test_a_backup_that_lacks_files_is_recorded_with_them(old: Path, tmp_path: Path) -> None:
    name_a_file(old, "files/0a-1/7")
    file = tmp_path / "b.tar"
    refused(old, "backup", str(file), code=3)
    ((ok, name, problem, files, databases),) = runs(old)
    assert (ok, name, files, databases) == (0, "b.tar", 2, "portal, external_api")
    assert "missing from the storage: files/0a-1/7." in problem


def test_a_complete_backup_of_an_earlier_version_stays_until_there_is_another(old: Path, tmp_path: Path) -> None:
    """The manifest of an older backup does not list missing files, so the files are compared with the tasks."""
    kept = tmp_path / "backups"
    kept.mkdir()
    assert run(old, "backup", str(tmp_path / "b.tar")).returncode == 0
    complete = repack(tmp_path / "b.tar", kept / "portal-2026-01-01-023000.tar")
    name_a_file(old, "files/0a-1/7")
    refused(old, "backup", str(tmp_path / "c.tar"), code=3)
    repack(tmp_path / "c.tar", kept / "portal-2026-01-02-023000.tar")
    (kept / "portal-2026-01-03-023000.tar").write_bytes(b"damaged")
    refused(old, "backup", str(kept), "--keep", "1", code=3)
    first, new = sorted(path for path in kept.iterdir() if path.suffix == ".tar")
    assert (first, new.name > "portal-2026-01-04") == (complete, True)


def test_a_backup_without_the_portals_database_makes_none(old: Path, tmp_path: Path) -> None:
    shutil.move(old / "portal.sqlite3", tmp_path)
    assert run(old, "backup", "--partly", str(tmp_path / "b.tar")).returncode == 0
    assert not (old / "portal.sqlite3").exists()


def test_the_nightly_process_backs_up_at_the_start_and_stops_on_sigterm(old: Path, tmp_path: Path) -> None:
    kept = tmp_path / "backups"
    kept.mkdir()
    assert "--daily needs --keep" in refused(old, "backup", str(kept), "--daily")
    process = starting.start("manage.py", "backup", str(kept), "--keep", "2", "--daily", env=env_of(old))
    deadline = time.monotonic() + 60
    while not list(kept.glob("portal-*.tar")) or not runs(old):
        assert time.monotonic() < deadline, "no backup was made"
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert [row[0] for row in runs(old)] == [1]
    assert all(path.suffix == ".tar" for path in kept.iterdir())


def test_what_killed_runs_left_is_removed_and_nothing_else(old: Path, tmp_path: Path) -> None:
    """Before the backup, since it fills the disk. A run that is at work has the lock of its folder."""
    kept = tmp_path / "backups"
    names = (".portal-2026-01-01-023000.tar-k1lled_0.part", ".before-1.2.tar-k1lled_1.part", ".b.tar.gz-k1lled_2.part")
    stays = (".portal-2026-01-01-023000.tar-at_work0.part", ".mine.part", ".portal.tar-short.part")
    for name in (*names, *stays):
        (kept / name).mkdir(parents=True)
        (kept / name / "part").write_bytes(b"half")
    opened = os.open(kept / stays[0], os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        # It fails, and makes room nevertheless.
        shutil.move(old / "external_api.sqlite3", tmp_path)
        assert "Nothing was saved" in refused(old, "backup", str(kept), "--keep", "2")
        assert sorted(path.name for path in kept.iterdir()) == sorted(stays)
    finally:
        os.close(opened)
