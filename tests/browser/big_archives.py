"""Archives of any size that take no room: holes in the place of contents."""

import zipfile
import zlib
from pathlib import Path

MEBIBYTE = 1024 * 1024
DATE = (2026, 3, 30, 12, 0, 0)


def sparse_archive(path: Path, *names: str, mebibytes: int) -> Path:
    """A ZIP with `names` stored in it, together `mebibytes` of zeros. Valid, and a few blocks on disk."""
    each = mebibytes // len(names) * MEBIBYTE
    checksum = _checksum_of_zeros(each)
    with zipfile.ZipFile(path, "w") as archive, path.open("r+b") as file:
        position = 0
        for name in names:
            info = zipfile.ZipInfo(name, DATE)
            info.file_size = info.compress_size = each
            info.CRC, info.header_offset = checksum, position
            file.seek(position)
            file.write(info.FileHeader())
            position = file.tell() + each
            archive.filelist.append(info)
            archive.NameToInfo[name] = info
        file.truncate(position)
        archive.start_dir = position
        archive._didModify = True  # type: ignore[attr-defined]  # the directory is written when it closes
    return path


def _checksum_of_zeros(size: int) -> int:
    block, checksum = bytes(MEBIBYTE), 0
    for _ in range(size // MEBIBYTE):
        checksum = zlib.crc32(block, checksum)
    return checksum
