"""Members of a backup are written to their places, on every Python that we support."""

import io
import tarfile
from pathlib import Path

import pytest

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
