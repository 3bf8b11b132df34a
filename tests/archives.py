"""Sample ZIP archives, one function a case: the server's rules and the portal's preview are both held to them.

`ORDINARY` maps a case's name to a function that returns the archive's bytes. Nothing here says what should come of
them. Archives that must be refused as a whole are in tests/hostile_archives.py.
"""

import io
import warnings
import zipfile
from collections.abc import Callable, Iterable

Builder = Callable[[], bytes]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
DATE = (2026, 3, 30, 12, 0, 0)


def archive(entries: Iterable[tuple[str | zipfile.ZipInfo, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of `entries` in the order given."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", compression) as target:
        warnings.simplefilter("ignore")  # zipfile warns about duplicate names; some cases are about just that
        for name, content in entries:
            info = zipfile.ZipInfo(name, DATE) if isinstance(name, str) else name
            info.compress_type = compression
            target.writestr(info, content)
    return out.getvalue()


def files(*names: str) -> bytes:
    """A ZIP with a small file at each path; a path that ends in "/" is a folder."""
    return archive((name, b"" if name.endswith("/") else PNG + name.encode()) for name in names)


def flat_files() -> bytes:
    return files("cat.png", "dog.png", "bird.png")


def one_folder_a_task() -> bytes:
    return files("a/front.png", "a/back.png", "b/front.jpg", "b/back.jpg")


def folders_with_directory_entries() -> bytes:
    return files("a/", "a/front.png", "a/back.png", "b/", "b/front.png", "b/back.png")


def stems_in_other_case() -> bytes:
    return files("a/FRONT.png", "a/Back.PNG")


def exact_stem_beside_other_case() -> bytes:
    return files("a/FRONT.png", "a/front.png", "a/back.png")


def two_files_of_one_stem() -> bytes:
    return files("a/front.png", "a/front.jpg", "a/back.png")


def folder_with_an_unknown_file() -> bytes:
    return files("a/front.png", "a/back.png", "a/notes.txt", "b/front.png", "b/back.png")


def folder_with_a_file_missing() -> bytes:
    return files("a/front.png", "b/front.png", "b/back.png")


def folder_with_a_folder_inside() -> bytes:
    return files("a/front.png", "a/back.png", "a/more/front.png")


def empty_folder() -> bytes:
    return files("a/", "b/front.png", "b/back.png")


def folder_beside_flat_files() -> bytes:
    return files("cat.png", "more/dog.png", "more/bird.png", "zebra.png")


def flat_file_beside_folders() -> bytes:
    return files("a/front.png", "a/back.png", "readme.txt")


def junk_beside_files() -> bytes:
    return files(
        "__MACOSX/._cat.png", "__MACOSX/a/._front.png", ".DS_Store", "Thumbs.db", ".hidden.png", ".git/config",
        "~$letter.docx", "Desktop.ini", "photos/desktop.ini", "THUMBS.DB", "ehthumbs.db", "cat.png", "dog.png",
    )  # fmt: skip


def junk_inside_folders() -> bytes:
    return files("a/.DS_Store", "a/Thumbs.db", "a/._front.png", "a/front.png", "a/back.png", "__MACOSX/a/._front.png")


def only_junk() -> bytes:
    return files("__MACOSX/._cat.png", ".DS_Store", "Thumbs.db", ".hidden.png")


def no_entries() -> bytes:
    return archive([])


def only_empty_folders() -> bytes:
    return files("a/", "b/")


def mixed_folders() -> bytes:
    return files("images/cat.png", "images/dog.png", "docs/cat.pdf", "top.png")


def five_thousand_files() -> bytes:
    return archive([(f"{number:05}.txt", b"x") for number in range(5000)], zipfile.ZIP_STORED)


def five_thousand_and_one_files() -> bytes:
    return archive([(f"{number:05}.txt", b"x") for number in range(5001)], zipfile.ZIP_STORED)


def names_with_dot_segments() -> bytes:
    return files("./cat.png", ".//dog.png")


def names_in_utf8() -> bytes:
    return files("чай.png", "茶.png", "thé.png")


def names_in_utf8_without_the_flag() -> bytes:
    return _unflagged({"th00.png": "thé.png".encode()})


def names_in_cp437() -> bytes:
    return _unflagged({"th0.png": "thé.png".encode("cp437")})


def windows_paths() -> bytes:
    """As .NET wrote them before 4.6.1: backslashes, and no slash anywhere; a name of the top level has none."""
    return _backslashed("a/front.png", "a/back.png", "b/", "b/front.png", "b/back.png")


def windows_paths_beside_a_flat_file() -> bytes:
    return _backslashed("cat.png", "more/dog.png")


def _backslashed(*names: str) -> bytes:
    """zipfile itself leaves backslashes as they are where they are no separators."""
    return archive((name.replace("/", "\\"), b"" if name.endswith("/") else PNG + name.encode()) for name in names)


def names_decomposed() -> bytes:
    return files("the\u0301.png")


def nested_archive() -> bytes:
    return archive([("inner.zip", flat_files()), ("cat.png", PNG)])


def stored_without_compression() -> bytes:
    return archive([("cat.png", PNG), ("dog.png", PNG)], zipfile.ZIP_STORED)


def zip64() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target, target.open("cat.png", "w", force_zip64=True) as entry:
        entry.write(PNG)
    return out.getvalue()


def with_a_comment() -> bytes:
    out = io.BytesIO(flat_files())
    with zipfile.ZipFile(out, "a") as target:
        target.comment = b"Exported on a Monday"
    return out.getvalue()


def longest_name_and_deepest_path() -> bytes:
    """1,024 bytes and 50 levels: both just fit."""
    return files("x" * 1020 + ".png", "d/" * 49 + "cat.png")


def name_with_thirty_marks() -> bytes:
    return files("a" + "\u0301" * 30 + ".png")


def data_before_the_archive() -> bytes:
    return b"#!/bin/sh\nexit 0\n" + flat_files()


def one_file_damaged() -> bytes:
    """The directory is whole; the bytes of one file are not what its checksum says."""
    whole = archive([("cat.png", b"cat" * 50), ("dog.png", b"dog" * 50)], zipfile.ZIP_STORED)
    return whole.replace(b"dogdog", b"dogDOG", 1)


def _unflagged(names: dict[str, bytes]) -> bytes:
    """Each ASCII name replaced by bytes of the same length, the flag for UTF-8 left off."""
    whole = files(*names)
    for name, raw in names.items():
        assert len(name) == len(raw), (name, raw)
        whole = whole.replace(name.encode(), raw)
    return whole


ORDINARY: dict[str, Builder] = {
    build.__name__: build
    for build in (
        flat_files, one_folder_a_task, folders_with_directory_entries, stems_in_other_case,
        exact_stem_beside_other_case, two_files_of_one_stem, folder_with_an_unknown_file, folder_with_a_file_missing,
        folder_with_a_folder_inside, empty_folder, folder_beside_flat_files, flat_file_beside_folders,
        junk_beside_files, junk_inside_folders, only_junk, no_entries, only_empty_folders, mixed_folders,
        five_thousand_files, five_thousand_and_one_files, names_with_dot_segments, names_in_utf8,
        names_in_utf8_without_the_flag, names_in_cp437, names_decomposed, nested_archive,
        stored_without_compression, zip64, with_a_comment, data_before_the_archive, one_file_damaged,
        longest_name_and_deepest_path, name_with_thirty_marks,
        windows_paths, windows_paths_beside_a_flat_file,
    )
}  # fmt: skip
