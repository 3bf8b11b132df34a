"""Large archives that take no room: their files are holes on the disk."""

import zipfile
from pathlib import Path

GIB = 1024**3


def sparse_archive(path: Path, names: list[str], each: int = GIB) -> Path:
    """A real archive (zip64 where it must be) of stored files, `each` bytes of nothing long. Checksums are wrong."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target, path.open("r+b") as hole:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.file_size, info.compress_size, info.CRC = each, each, 0
            info.header_offset = target.start_dir
            hole.seek(info.header_offset)
            hole.write(info.FileHeader(zip64=False))
            target.start_dir = hole.tell() + each
            target.filelist.append(info)
        target._didModify = True
        hole.truncate(target.start_dir)
    return path
