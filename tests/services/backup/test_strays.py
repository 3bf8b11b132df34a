"""What others leave in the storage, as a network disk or a desktop does, keeps no backup from being restored."""

import errno
import os
import stat
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from pipelines_portal.shared.backup.stored_files import held_archives

from .places import run, stored

pytestmark = [pytest.mark.sqlite, pytest.mark.full]
FILES = [
    "archives/.nfs000000000001", "archives/.DS_Store", "archives/0a-2.zip.part", "archives/letter.txt",
    "files/.DS_Store", "files/Thumbs", "files/0a-1/.nfs000000000001", "files/0a-1/0~", "files/0a-1/letter.txt",
    "files/0a-1/\udcff",
]  # fmt: skip
PIPES = ["archives/0a-3.zip", "files/0a-1/2"]
SOCKETS = ["archives/0a-4.zip", "files/0a-1/3"]
LINKS_TO_NOTHING = ["archives/0a-5.zip", "files/0a-1/4"]
FOLDERS = ["archives/lost+found", "archives/folder.zip", "files/lost+found", "files/0a-1/1", "files/0a-1/folder"]


def leave(storage: Path) -> None:
    for name in FILES:
        (storage / name).write_bytes(b"somebody else's")
    for name in FOLDERS:
        (storage / name).mkdir()
    for name in PIPES:
        os.mkfifo(storage / name)
    for name in SOCKETS:
        os.mknod(storage / name, stat.S_IFSOCK | 0o600)
    for name in LINKS_TO_NOTHING:
        (storage / name).symlink_to("nothing.zip")


@pytest.mark.parametrize("name", ["backup.tar", "backup.tar.gz"])
def test_they_are_left_out_and_counted(old: Path, new: Path, tmp_path: Path, name: str) -> None:
    ours = stored(old)
    leave(old / "storage")
    done = run(old, "backup", str(tmp_path / name))
    assert done.returncode == 0, done.stderr
    left = [*FILES, *FOLDERS, *PIPES, *SOCKETS, *LINKS_TO_NOTHING]
    assert f"{len(left)} names in the storage" in done.stdout
    assert "and 2 files" in done.stdout
    restored = run(new, "restore", str(tmp_path / name))
    assert restored.returncode == 0, restored.stderr
    assert stored(new) == ours


def test_without_any_nothing_is_said_of_them(old: Path, tmp_path: Path) -> None:
    assert "in the storage" not in run(old, "backup", str(tmp_path / "backup.tar")).stdout


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP])
def test_an_archive_that_cannot_be_held_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """As where `archives` is a mount of its own, or the disk has no hard links."""

    def refused(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refused)
    (tmp_path / "archives").mkdir()
    (tmp_path / "archives" / "0a-1.zip").touch()
    with pytest.raises(CommandError, match="0a-1.zip cannot be given a second name"), held_archives(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["archives"], "nothing is held any more"
