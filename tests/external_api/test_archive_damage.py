"""Archives that are damaged at random places: reading them either succeeds or raises one of the known errors."""

import errno
import io
import random
from collections.abc import Callable

import pytest

from pipelines_portal.external_api.uploads.archives import ArchiveError, ArchiveReadError, EntryError, open_archive
from pipelines_portal.external_api.uploads.zip_rows import NoRowsError, rows_of_files
from tests import archives

SOURCES = [archives.one_folder_a_task, archives.zip64, archives.names_in_utf8, archives.with_a_comment]
TRIES = 400


@pytest.mark.parametrize("build", SOURCES)
def test_damage_is_a_known_error(build: Callable[[], bytes]) -> None:
    """S165: up to four bytes are changed, or some are cut out. Every run makes the same damage."""
    whole, chance = build(), random.Random(build.__name__)
    read = 0
    for _ in range(TRIES):
        try:
            read += read_all(damage(whole, chance))
        except (ArchiveError, EntryError, NoRowsError) as error:
            assert str(error)
    assert 0 < read < TRIES


def damage(whole: bytes, chance: random.Random) -> bytes:
    content = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        content[chance.randrange(len(content))] = chance.choice([0, 255, chance.randrange(256)])
    if chance.random() < 0.2:
        start = chance.randrange(len(content))
        del content[start : start + chance.randint(1, 30)]
    return bytes(content)


def read_all(content: bytes) -> bool:
    with open_archive(io.BytesIO(content)) as archive:
        rows_of_files(archive.files, archive.folders, ["front", "back"])
        for path in archive.files:
            with archive.open(path) as stream:
                stream.read()
    return True


class FailingDisk(io.BytesIO):
    """A file of which only the end can be read."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() == 0:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


def test_a_failing_disk_is_another_error_than_damage() -> None:
    """S165: reading the archive again may succeed."""
    with (
        open_archive(FailingDisk(archives.flat_files())) as archive,
        pytest.raises(ArchiveReadError, match="Input/output error"),
        archive.open("cat.png"),
    ):
        pass


def test_an_error_of_the_caller_is_not_changed() -> None:
    """S165: it passes through the context manager of an open file."""
    with (
        open_archive(io.BytesIO(archives.flat_files())) as archive,
        pytest.raises(OSError, match="No space"),
        archive.open("cat.png") as stream,
    ):
        assert stream.read()
        raise OSError(errno.ENOSPC, "No space left on device")


def test_progress_is_reported_while_the_directory_is_read() -> None:
    """S165: a worker renews its lease while it reads a large archive."""
    reports: list[None] = []
    with open_archive(io.BytesIO(archives.five_thousand_files()), lambda: reports.append(None)) as archive:
        assert len(reports) >= len(archive.files) == 5000
