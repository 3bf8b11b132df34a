"""Members of a backup are written to their places, on every Python that we support."""

import io
import tarfile
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from pipelines_portal.system.backup.checking import Contents, check_backup
from pipelines_portal.system.backup.reading import extract


def test_a_file_is_restored_by_the_first_python_3_11(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian 12 has 3.11.2, in which members can't be replaced and there are no filters."""
    monkeypatch.delattr(tarfile.TarInfo, "replace", raising=False)
    member = tarfile.TarInfo("portal.sqlite3")
    member.size, member.mode, member.mtime = 4, 0o4777, 1_700_000_000
    with tarfile.open(tmp_path / "backup.tar", "w") as tar:
        tar.addfile(member, io.BytesIO(b"data"))
    file = tmp_path / "data" / "portal.sqlite3"
    with tarfile.open(tmp_path / "backup.tar") as tar:
        extract(tar, tar.getmember("portal.sqlite3"), file)
    assert file.read_bytes() == b"data"
    assert (file.stat().st_mode & 0o7777, file.stat().st_mtime) == (0o600, 1_700_000_000)


@pytest.mark.parametrize("content", [b"", b"garbage" * 200])
def test_a_file_that_is_no_archive_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "backup.tar"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=r"cannot be read as a backup: it is not a tar file\. \w[^\n]+$"):
        check_backup(file)


def test_one_is_not_said_as_many() -> None:
    said = str(Contents("2026-11-30", files=1, tasks=1, people=1))
    assert said == "made 2026-11-30 UTC: 1 task, 1 person, 1 file. It can be restored."
