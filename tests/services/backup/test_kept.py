"""Backups of every night, of which the last are kept."""

import os
from pathlib import Path

import pytest

from tests import starting

from .places import env_of, left_in, refused, run

pytestmark = [pytest.mark.sqlite, pytest.mark.full]


def numbers(folder: Path) -> list[int]:
    return sorted(int(path.name[:6]) for path in folder.iterdir())


def test_the_last_ones_stay_in_the_order_they_were_made(old: Path, new: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    for _ in range(3):
        done = run(old, "backup", str(kept), "--keep", "2")
        assert done.returncode == 0, done.stderr
    assert numbers(kept) == [2, 3]
    assert "Older ones that were removed: 1." in done.stdout
    latest = max(kept.iterdir())
    assert str(latest) in done.stdout
    assert run(new, "restore", str(latest)).returncode == 0


def test_what_a_killed_one_left_goes_and_a_folder_with_its_name_stays(old: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    left, theirs = kept / ".000001-2026-01-01-0230.tar.draft", kept / "000002-2026-01-01-0230.tar"
    for folder in (left, theirs):
        folder.mkdir(parents=True)
        (folder / "draft").write_text("half of it")
    for _ in range(3):
        assert run(old, "backup", str(kept), "--keep", "1").returncode == 0
    assert not left.exists() and theirs.is_dir() and len(list(kept.iterdir())) == 2


def test_after_the_number_of_six_digits_comes_the_next(old: Path, tmp_path: Path) -> None:
    for name in ("999998-2028-01-01-0230.tar", "999999-2026-01-01-0230.tar"):
        (tmp_path / "kept" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "kept" / name).touch()
    assert run(old, "backup", str(tmp_path / "kept"), "--keep", "2").returncode == 0
    assert {path.name.split("-")[0] for path in (tmp_path / "kept").iterdir()} == {"999999", "1000000"}


def test_one_that_fails_removes_none(old: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    for number in (1, 2, 3):
        (kept / f"{number:06}-2026-01-01-0230.tar").touch()
    (old / "portal.sqlite3").write_bytes(b"no database" * 1000)
    refused(old, "backup", str(kept), "--keep", "1")
    assert numbers(kept) == [1, 2, 3]


@pytest.mark.parametrize("folder", ["nowhere", "a.file"])
def test_what_is_no_folder_is_said(old: Path, tmp_path: Path, folder: str) -> None:
    (tmp_path / "a.file").touch()
    assert "With --keep, name a folder" in refused(old, "backup", str(tmp_path / folder), "--keep", "2")


@pytest.mark.parametrize("count", ["0", "-1", "all"])
def test_a_number_that_keeps_nothing_is_refused(old: Path, tmp_path: Path, count: str) -> None:
    done = run(old, "backup", str(tmp_path), f"--keep={count}")
    assert done.returncode == 2 and "1 or more" in done.stderr
    assert not list(tmp_path.glob("*.tar"))


def test_who_reads_no_further_changes_nothing(old: Path, new: Path, tmp_path: Path) -> None:
    """As `| head` does: it is told when all is done."""
    file = tmp_path / "backup.tar"
    for folder, command in ((old, "backup"), (new, "restore")):
        reading, writing = os.pipe()
        os.close(reading)
        with (tmp_path / "said").open("w+b") as said:
            streams = {"output": writing, "errors": said.fileno()}
            ended = starting.start("manage.py", command, str(file), env=env_of(folder), **streams)
            os.close(writing)
            assert (ended.wait(timeout=60), (tmp_path / "said").read_text()) == (0, "")
    assert {"portal.sqlite3", "external_api.sqlite3"} <= left_in(new)
