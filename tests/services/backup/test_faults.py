"""What a backup or a restore that comes to nothing leaves: a sentence, and all as it was."""

import io
import json
import os
import signal
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from pipelines_portal.shared.backup import restoring
from pipelines_portal.shared.backup.at_work import programs_kept_out
from pipelines_portal.shared.backup.places import Places
from tests import starting
from tests.live import wait_until

from .places import env_of, left_in, put_a_large_file, refused, run, stored

# Of databases in files: PostgreSQL's are saved by its own means (test_postgresql.py).
pytestmark = [pytest.mark.sqlite, pytest.mark.full]


def test_killed_while_it_saves_leaves_no_backup_and_the_next_one_is_whole(old: Path, new: Path, tmp_path: Path) -> None:
    file, large = tmp_path / "backup.tar", put_a_large_file(old)
    process = starting.start("manage.py", "backup", str(file), env=env_of(old))
    draft = tmp_path / ".backup.tar.draft" / "draft"
    wait_until(lambda: draft.exists() and draft.stat().st_size > 300_000, "it to be half there")
    process.kill()
    process.wait()
    assert not file.exists()
    large.unlink()
    assert run(old, "backup", str(file)).returncode == 0
    assert not draft.parent.exists()
    assert set(stored(old)) == {"archives/0a-1.zip", "files/0a-1/0"}, "nothing is held any more"
    assert run(new, "restore", str(file)).returncode == 0
    assert stored(new) == stored(old)


def test_killed_while_it_restores_leaves_the_place_empty_and_the_next_one_is_whole(
    backup: Path, old: Path, new: Path, tmp_path: Path
) -> None:
    half = tmp_path / "half.tar.gz"
    os.mkfifo(half)
    process = starting.start("manage.py", "restore", str(half), env=env_of(new))
    with half.open("wb") as out:
        out.write(backup.read_bytes()[: backup.stat().st_size * 2 // 3])
        out.flush()
        wait_until(lambda: (new / "storage" / ".storage.restored").exists(), "it to be half there")
        process.kill()
        process.wait()
    assert not left_in(new) & {"portal.sqlite3", "external_api.sqlite3", "restore.unfinished"}
    assert {path.name for path in (new / "storage").iterdir()} == {".storage.restored"}
    assert run(new, "restore", str(backup)).returncode == 0
    assert left_in(new) == {"portal.sqlite3", "external_api.sqlite3", "storage", "portal.restored"}
    assert stored(new) == stored(old)


def test_killed_between_two_renames_the_next_start_makes_the_others(
    backup: Path, old: Path, new: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """No moment is long enough to hit with a signal: the second rename ends the process."""
    places = Places(
        new, {name: new / name for name in ("portal.sqlite3", "external_api.sqlite3")}, new / "storage"
    )  # fmt: skip
    settings.ENCRYPTION_KEYS = [(new / "portal.encryption_keys").read_text()]
    rename, moved = Path.rename, []

    def killed_at_the_second(self: Path, target: Path) -> Path:
        moved.append(target)
        if len(moved) == 3:  # the list of renames is one itself
            raise SystemExit
        return rename(self, target)

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(Path, "rename", killed_at_the_second)
        restoring.restore(places, backup)
    assert left_in(new) >= {"storage", ".portal.sqlite3.restored", ".external_api.sqlite3.restored"}
    assert run(new, "prepare").returncode == 0
    assert stored(new) == stored(old)
    assert not {".portal.sqlite3.restored", ".external_api.sqlite3.restored", "restore.unfinished"} & left_in(new)
    assert {"portal.sqlite3", "external_api.sqlite3"} <= left_in(new)


def test_without_the_encryption_keys_it_says_so_and_restores_nothing(backup: Path, new: Path) -> None:
    other = Fernet.generate_key().decode()
    said = refused(new, "restore", str(backup), ENCRYPTION_KEYS=other)
    assert "1 of the encryption keys" in said and "portal.encryption_keys" in said
    assert left_in(new) == set()
    done = run(new, "restore", str(backup), "--without-keys", ENCRYPTION_KEYS=other)
    assert done.returncode == 0, done.stderr


def test_a_place_that_is_not_empty_stays_as_it_is(backup: Path, old: Path) -> None:
    before = {path: path.read_bytes() for path in old.rglob("*.sqlite3")}
    said = refused(old, "restore", str(backup))
    assert "not empty" in said and "portal.sqlite3" in said
    assert {path: path.read_bytes() for path in old.rglob("*.sqlite3")} == before


@pytest.mark.parametrize("end", [0.2, 0.5, 0.99])
def test_a_backup_that_was_cut_short_is_refused(backup: Path, new: Path, end: float) -> None:
    backup.write_bytes(backup.read_bytes()[: int(backup.stat().st_size * end)])
    assert "no whole backup" in refused(new, "restore", str(backup))
    assert left_in(new) == set()


def changed(backup: Path, name: str, to: bytes) -> None:
    """Another content for a member, everything else as it was."""
    with tarfile.open(backup) as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]
    with tarfile.open(backup, "w:gz") as tar:
        for member, content in members:
            content = to if member.name == name else content
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def about(backup: Path) -> dict[str, object]:
    with tarfile.open(backup) as tar:
        return json.load(tar.extractfile("about.json"))


def test_a_backup_whose_files_were_changed_is_refused(backup: Path, new: Path) -> None:
    changed(backup, "storage/files/0a-1/0", b"something else")
    assert "what it holds is not what was saved" in refused(new, "restore", str(backup))
    assert left_in(new) == set()


def test_a_later_format_is_refused(backup: Path, new: Path) -> None:
    changed(backup, "about.json", json.dumps(about(backup) | {"format": 3}).encode())
    assert "Update first" in refused(new, "restore", str(backup))
    assert left_in(new) == set()


def test_what_it_says_of_itself_is_checked_too(backup: Path, new: Path) -> None:
    changed(backup, "about.json", json.dumps(about(backup) | {"version": "0.0.9"}).encode())
    assert "what it holds is not what was saved" in refused(new, "restore", str(backup))
    assert left_in(new) == set()


def test_the_first_format_whose_list_lacks_it_is_restored(backup: Path, old: Path, new: Path) -> None:
    changed(backup, "about.json", json.dumps(about(backup) | {"format": 1}).encode())
    with tarfile.open(backup) as tar:
        listed = tar.extractfile("contents.sha256").read().split(b"\n", 1)[1]
    changed(backup, "contents.sha256", listed)
    assert run(new, "restore", str(backup)).returncode == 0
    assert stored(new) == stored(old)


@pytest.mark.parametrize("text", ["", "[]", "null", '{"format": "x"}', '{"format": null}', "\ud800", "{}"])
def test_what_does_not_begin_as_a_backup_does_is_refused(backup: Path, new: Path, text: str) -> None:
    changed(backup, "about.json", text.encode(errors="surrogatepass"))
    assert "does not begin as one does" in refused(new, "restore", str(backup))
    assert left_in(new) == set()


def test_proofs_that_are_none_open_nothing(backup: Path, new: Path) -> None:
    changed(backup, "about.json", json.dumps(about(backup) | {"proofs": ["clé"]}).encode())
    assert "1 of the encryption keys" in refused(new, "restore", str(backup))


def test_what_no_backup_holds_is_refused(backup: Path, new: Path) -> None:
    with tarfile.open(backup) as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]
    members[1][0].name = "somewhere/else"
    with tarfile.open(backup, "w:gz") as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    said = refused(new, "restore", str(backup))
    assert "which no backup does" in said and "bucket" not in said


def test_a_name_that_no_file_can_have_is_said(old: Path, tmp_path: Path) -> None:
    assert "could not be written" in refused(old, "backup", str(tmp_path / ("x" * 300)))


def test_a_lock_that_cannot_be_opened_is_said(old: Path, tmp_path: Path) -> None:
    (old / "backup.lock").mkdir()
    assert "the user the programs run as" in refused(old, "backup", str(tmp_path / "backup.tar"))


@pytest.mark.parametrize(
    ("database", "label"), [("portal.sqlite3", "submissions"), ("external_api.sqlite3", "external_api")]
)
def test_databases_ahead_of_this_program_are_refused(backup: Path, new: Path, database: str, label: str) -> None:
    said = about(backup)
    said["migrations"][database].append(f"{label}.0999_of_tomorrow")
    changed(backup, "about.json", json.dumps(said).encode())
    assert f"{label}.0999_of_tomorrow" in refused(new, "restore", str(backup))
    assert left_in(new) == set()


def test_something_else_is_refused(new: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all")
    assert "no whole backup" in refused(new, "restore", str(tmp_path / "letter.txt"))
    assert "could not be restored" in refused(new, "restore", str(tmp_path / "nowhere.tar"))
    assert left_in(new) == set()


def test_an_existing_file_is_not_written_over(old: Path, backup: Path) -> None:
    before = backup.read_bytes()
    assert "is there already" in refused(old, "backup", str(backup))
    assert backup.read_bytes() == before


def test_a_folder_that_is_not_there_is_said(old: Path, tmp_path: Path) -> None:
    assert "could not be written" in refused(old, "backup", str(tmp_path / "nowhere" / "backup.tar"))


def test_a_damaged_database_is_never_a_backup(old: Path, tmp_path: Path) -> None:
    database = old / "portal.sqlite3"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with database.open("r+b") as out:
        out.seek(4096 * 20)
        out.write(os.urandom(4096 * 4))
    assert "cannot be read whole" in refused(old, "backup", str(tmp_path / "backup.tar"))
    assert not (tmp_path / "backup.tar").exists()


def test_what_is_kept_elsewhere_is_named_with_what_to_use_instead(old: Path, tmp_path: Path) -> None:
    away = {
        "DATABASE_URL": "postgres://portal@127.0.0.1:1/portal",
        "EXTERNAL_API_DATABASE_URL": "postgres://api@127.0.0.1:1/api",
        "STORAGE_URL": "s3://archives",
    }
    said = refused(old, "backup", str(tmp_path / "backup.tar"), **away)
    assert said.count("pg_dump -Fc") == 2 and "bucket" in said and "Nothing was saved" in said
    done = run(old, "backup", str(tmp_path / "backup.tar"), DATABASE_URL=away["DATABASE_URL"])
    assert (done.returncode, done.stderr.count("pg_dump -Fc")) == (0, 1)
    assert "external_api.sqlite3 and 2 files" in done.stdout


def test_two_at_once_do_not_mix(old: Path, new: Path, backup: Path, tmp_path: Path) -> None:
    put_a_large_file(old)
    first = starting.start("manage.py", "backup", str(tmp_path / "first.tar"), env=env_of(old))
    wait_until((tmp_path / ".first.tar.draft" / "draft").exists, "the first to have begun")
    first.send_signal(signal.SIGSTOP)
    assert "Another backup or restore" in refused(old, "backup", str(tmp_path / "second.tar"))
    first.kill()
    first.wait()


@pytest.fixture
def listener(new: Path) -> Iterator[str]:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


def test_a_running_program_is_not_restored_under(backup: Path, new: Path, listener: str) -> None:
    assert f"port {listener}" in refused(new, "restore", str(backup), API_PORT=listener)
    assert left_in(new) == set()


def test_no_program_starts_in_the_middle_of_a_restore(backup: Path, old: Path) -> None:
    with programs_kept_out(old):
        assert "A restore into" in refused(old, "run_worker")
        web = starting.run("-m", "pipelines_portal.shared.web_server", "portal", env=env_of(old), check=False)
        assert web.returncode == 1 and "A restore into" in web.stderr
