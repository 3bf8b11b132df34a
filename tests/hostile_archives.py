"""Sample ZIP archives that must be refused as a whole, one function a case, as in tests/archives.py."""

import io
import stat
import struct
import zipfile

from tests.archives import DATE, PNG, Builder, archive, files, flat_files, one_folder_a_task


def parent_folder() -> bytes:
    return files("cat.png", "../../escaped.png")


def parent_folder_inside() -> bytes:
    return files("cat.png", "a/../../escaped.png")


def absolute_path() -> bytes:
    return files("/tmp/escaped.png")


def windows_drive() -> bytes:
    return files("C:/escaped.png")


def backslashes() -> bytes:
    return files("..\\..\\escaped.png")


def backslashes_beside_slashes() -> bytes:
    return files("a/cat.png", "b\\dog.png")


def too_deep_in_backslashes() -> bytes:
    return files("cat.png", "d\\" * 50 + "cat.png")


def part_of_a_split_archive() -> bytes:
    """The last part: its end says that it is the second, and where its list of files begins in the first."""
    whole = bytearray(flat_files())
    at = whole.rindex(b"PK\x05\x06")
    whole[at + 4 : at + 6] = struct.pack("<H", 1)
    return bytes(whole[40:])


def nul_in_a_name() -> bytes:
    return files("cat0.png").replace(b"cat0.png", b"cat\0.png")


def symlink() -> bytes:
    return archive([(_special("link.png", stat.S_IFLNK | 0o777), b"/etc/passwd")])


def device() -> bytes:
    return archive([(_special("null.png", stat.S_IFCHR | 0o666), b"")])


def encrypted() -> bytes:
    return _patch_headers(flat_files(), local=(6, b"\x01\x00"), central=(8, b"\x01\x00"))


def unknown_compression() -> bytes:
    return _patch_headers(flat_files(), local=(8, b"\x63\x00"), central=(10, b"\x63\x00"))


def lzma_compression() -> bytes:
    return archive([("cat.png", PNG)], zipfile.ZIP_LZMA)


def bomb_by_ratio() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target, target.open("zeros.bin", "w") as entry:
        for _ in range(128):
            entry.write(bytes(1024 * 1024))
    return out.getvalue()


def bomb_by_sum() -> bytes:
    """300 MiB out of 300 KB, in files small enough to be let off one by one."""
    zeros = bytes(10 * 1024 * 1024)
    return archive([(f"{number}.bin", zeros) for number in range(30)])


def names_of_64_kilobytes() -> bytes:
    """A directory of 16 MB; each name is a path of 32,000 folders."""
    return archive([(f"{number:03}/" + "d/" * 32_000 + "cat.png", b"") for number in range(255)], zipfile.ZIP_STORED)


def long_name() -> bytes:
    return files("cat.png", "x" * 1021 + ".png")


def long_name_in_utf8() -> bytes:
    return files("cat.png", "茶" * 341 + ".p")


def hundred_levels() -> bytes:
    return files("cat.png", "d/" * 99 + "cat.png")


def fifty_one_levels() -> bytes:
    return files("cat.png", "d/" * 50 + "cat.png")


def letter_of_endless_marks() -> bytes:
    return files("cat.png", "a" + "\u0301\u0323" * 200 + ".png")


def bomb_by_count() -> bytes:
    return archive([(f"{number}", b"") for number in range(60_000)], zipfile.ZIP_STORED)


def bomb_by_size() -> bytes:
    """Sixteen files that each say they unpack to just under 4 GiB."""
    whole = archive([(f"{number}.bin", bytes(64)) for number in range(16)], zipfile.ZIP_STORED)
    return _patch_headers(whole, local=(22, b"\xfe\xff\xff\xff"), central=(24, b"\xfe\xff\xff\xff"))


def overlapping_entries() -> bytes:
    """Every directory entry points at the bytes of the first file."""
    whole = archive([(f"{number}.bin", bytes(1000)) for number in range(10)], zipfile.ZIP_STORED)
    return _patch_headers(whole, local=None, central=(42, struct.pack("<L", 0)))


def duplicate_names() -> bytes:
    return archive([("cat.png", PNG), ("cat.png", PNG + b"another")])


def duplicate_names_by_normalization() -> bytes:
    return files("th\u00e9.png", "the\u0301.png")


def name_that_is_file_and_folder() -> bytes:
    return files("cat", "cat/dog.png")


def file_inside_a_file_far_apart() -> bytes:
    """In between, by name, stands another; the folder of the second is the first."""
    return files("cat/more/dog.png", "cat-1.png", "cat.png", "cat")


def not_a_zip() -> bytes:
    return b"This is a text, not an archive.\n" * 100


def empty_file() -> bytes:
    return b""


def truncated() -> bytes:
    whole = one_folder_a_task()
    return whole[: len(whole) - 40]


def broken_directory() -> bytes:
    whole = flat_files()
    return whole.replace(b"PK\x01\x02", b"PK\x09\x09")


def directory_out_of_range() -> bytes:
    whole = flat_files()
    at = whole.rindex(b"PK\x05\x06") + 16
    return whole[:at] + b"\xf0\xff\xff\x7f" + whole[at + 4 :]


def name_that_is_not_utf8() -> bytes:
    return files("\u00e9a.png").replace("\u00e9a.png".encode(), b"\xff\xfea.png")


def zip64_with_absurd_offsets() -> bytes:
    end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2**63, 2**63, 2**63, 2**63)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    return end + locator + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def huge_directory() -> bytes:
    """A directory of one entry that pretends to be 64 MiB long, with the bytes to show for it."""
    padding = bytes(64 * 1024 * 1024)
    return padding + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(padding), 0, 0)


def _special(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, DATE)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def _patch_headers(whole: bytes, local: tuple[int, bytes] | None, central: tuple[int, bytes]) -> bytes:
    patched = bytearray(whole)
    for signature, patch in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        at = patched.find(signature)
        while patch and at >= 0:
            offset, value = patch
            patched[at + offset : at + offset + len(value)] = value
            at = patched.find(signature, at + 4)
    return bytes(patched)


HOSTILE: dict[str, Builder] = {
    build.__name__: build
    for build in (
        parent_folder, parent_folder_inside, absolute_path, windows_drive, backslashes,
        backslashes_beside_slashes, too_deep_in_backslashes, part_of_a_split_archive, nul_in_a_name, symlink,
        device, encrypted, unknown_compression, lzma_compression, bomb_by_ratio, bomb_by_count, bomb_by_size,
        overlapping_entries, duplicate_names, duplicate_names_by_normalization, name_that_is_file_and_folder,
        file_inside_a_file_far_apart, bomb_by_sum, names_of_64_kilobytes, long_name, long_name_in_utf8,
        hundred_levels, fifty_one_levels, letter_of_endless_marks, not_a_zip, empty_file, truncated,
        broken_directory, directory_out_of_range, name_that_is_not_utf8, zip64_with_absurd_offsets,
        huge_directory,
    )
}  # fmt: skip
