"""The members of a backup's tar, one after the other: neither their bytes nor their names are held in memory."""

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

ABOUT, CONTENTS, STORAGE = "about.json", "contents.sha256", "storage/"
# Nothing else is written to the disk, whoever made the tar.
STORED = re.compile(r"storage/(archives/[\w-]+\.zip|files/[\w-]+/\d+)")
# What the External API calls a version of an archive, of which the number on the disk is a part.
FINGERPRINT = "PIPELINES.fingerprint"
CHUNK = 1024 * 1024


class Hashed(io.RawIOBase):
    """Reads on, and knows the SHA-256 of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.sha256.update(data)
        return data


def line(sha256: str, name: str) -> str:
    """As `sha256sum` writes it, and checks it in an unpacked tar."""
    return f"{sha256}  {name}\n"


class Writer:
    """Puts members into a tar, and their hashes, last, into a member of its own."""

    def __init__(self, out: IO[bytes], contents: IO[bytes], *, packed: bool) -> None:
        self.tar = (
            tarfile.open(fileobj=out, mode="w|gz") if packed else tarfile.open(fileobj=out, mode="w|")  # noqa: SIM115
        )
        self.contents = contents

    def add(self, name: str, file: BinaryIO, **headers: str) -> None:
        state, hashed = os.fstat(file.fileno()), Hashed(file)
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode, member.pax_headers = state.st_size, state.st_mtime, 0o600, {**headers}
        self.tar.addfile(member, hashed)
        _forget_members(self.tar)
        self.contents.write(line(hashed.sha256.hexdigest(), name).encode())

    def add_text(self, name: str, text: str) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(text.encode()), 0o600
        self.tar.addfile(member, io.BytesIO(text.encode()))
        self.contents.write(line(hashlib.sha256(text.encode()).hexdigest(), name).encode())

    def close(self) -> None:
        """What has no list of its contents was not written to its end."""
        member = tarfile.TarInfo(CONTENTS)
        member.size, member.mode = self.contents.tell(), 0o600
        self.contents.seek(0)
        self.tar.addfile(member, self.contents)
        self.tar.close()


@contextmanager
def writing(out: IO[bytes], contents: IO[bytes], *, packed: bool) -> Iterator[Writer]:
    """Ended when the block is. After a failure the tar is closed, too: it would write on when Python clears it away."""
    writer = Writer(out, contents, packed=packed)
    with writer.tar:
        yield writer
        writer.close()


@contextmanager
def reading(file: Path) -> Iterator[tarfile.TarFile]:
    with tarfile.open(file, "r|*") as tar:
        yield tar


def _forget_members(tar: tarfile.TarFile) -> None:
    """It would keep them all."""
    tar.members = []  # type: ignore[attr-defined]


def members(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    while member := tar.next():
        _forget_members(tar)
        content = tar.extractfile(member)
        if not member.isfile() or content is None:
            raise tarfile.ReadError(f"{member.name} is no file")
        yield member, content
