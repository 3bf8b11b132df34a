"""Archives damaged at random places: refused in words or read, never an error of another kind."""

import errno
import io
import random
from collections.abc import Callable

import pytest

from pipelines_portal.external_api.uploads.archive_names import ArchiveError
from pipelines_portal.external_api.uploads.archives import ArchiveReadError, EntryError, open_archive
from pipelines_portal.external_api.uploads.zip_rows import NoRowsError, derive_rows
from tests import archives

SOURCES = [archives.one_folder_a_task, archives.zip64, archives.names_in_utf8, archives.with_a_comment]
TRIES = 1500


@pytest.mark.parametrize("build", SOURCES)
def test_damage_is_told_in_words(build: Callable[[], bytes]) -> None:
    """S165: up to four bytes changed, or a piece cut out, 1,500 times over, the same ones at every run."""
    whole, chance = build(), random.Random(build.__name__)
    read = 0
    for _ in range(TRIES):
        try:
            read += read_all(damaged(whole, chance))
        except (ArchiveError, EntryError, NoRowsError) as error:
            assert str(error)
    assert 0 < read < TRIES


def damaged(whole: bytes, chance: random.Random) -> bytes:
    spoilt = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        spoilt[chance.randrange(len(spoilt))] = chance.choice([0, 255, chance.randrange(256)])
    if chance.random() < 0.2:
        start = chance.randrange(len(spoilt))
        del spoilt[start : start + chance.randint(1, 30)]
    return bytes(spoilt)


def read_all(content: bytes) -> bool:
    with open_archive(io.BytesIO(content)) as archive:
        derive_rows(archive.files, archive.folders, ["front", "back"])
        for path in archive.files:
            with archive.open(path) as stream:
                stream.read()
    return True


class FailingDisk(io.BytesIO):
    """Has the archive's end at hand, and fails at the rest."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() == 0:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


def test_a_disk_that_fails_is_not_called_damage() -> None:
    """S165: the archive is as good as before; whoever reads it is told otherwise than of a bad checksum."""
    with (
        open_archive(FailingDisk(archives.flat_files())) as archive,
        pytest.raises(ArchiveReadError, match="Input/output error"),
        archive.open("cat.png"),
    ):
        pass


def test_what_fails_beside_the_reading_is_not_called_damage() -> None:
    """S165: an error of whoever holds a file open passes through as it is."""
    with (
        open_archive(io.BytesIO(archives.flat_files())) as archive,
        pytest.raises(OSError, match="No space"),
        archive.open("cat.png") as stream,
    ):
        assert stream.read()
        raise OSError(errno.ENOSPC, "No space left on device")


def test_whoever_waits_for_the_archive_hears_of_its_progress() -> None:
    """S165: a worker holds on to its upload while it goes through a long directory."""
    heard: list[None] = []
    with open_archive(io.BytesIO(archives.five_thousand_files()), lambda: heard.append(None)) as archive:
        assert len(heard) >= len(archive.files) == 5000
