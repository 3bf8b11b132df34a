"""Names of files in archives, as strangers wrote them: bounded, decoded, and brought into one form."""

import re
import unicodedata
import zipfile
from collections.abc import Iterator

from pipelines_portal.uploads.archive.tail import Unusable

UTF8_NAME = 0x800
MAX_NAME_BYTES = 1024
MAX_LEVELS = 50
# As many as a letter may carry in Unicode's stream-safe format. Composing takes the square of their number.
MAX_MARKS = 30
SHOWN_CHARACTERS = 60
EXAMPLES = 5
MAKE_IT_ANEW = "Make the ZIP file anew with your system's own ZIP tool."
RENAME = "Rename or remove one of them."
STAY_INSIDE = (
    "A path must not begin with a slash or a drive (C:), nor hold “..”. "
    "Rename it, or make the ZIP file anew with your system's own ZIP tool."
)


def refuse_endless_names(entries: list[zipfile.ZipInfo]) -> None:
    """Before anything is done with a name: a long or deep one costs more than it can be worth."""
    refuse_names(
        _shortened(entry.orig_filename for entry in entries if _name_bytes(entry) > MAX_NAME_BYTES),
        f"A name in the ZIP file is longer than {MAX_NAME_BYTES:,} bytes.",
        "The whole path counts. Shorten it.",
    )
    refuse_names(
        _shortened(entry.orig_filename for entry in entries if _levels(entry.orig_filename) > MAX_LEVELS),
        f"A name in the ZIP file is more than {MAX_LEVELS} levels deep.",
        "Put the files into fewer folders.",
    )


def are_windows_paths(entries: list[zipfile.ZipInfo]) -> bool:
    """Whether every path is written with backslashes, as some old tools do; a name alone is no path."""
    names = [entry.orig_filename for entry in entries]
    return any("\\" in name for name in names) and not any("/" in name for name in names)


def _name_bytes(entry: zipfile.ZipInfo) -> int:
    return len(entry.orig_filename.encode("utf-8" if entry.flag_bits & UTF8_NAME else "cp437"))


def _levels(name: str) -> int:
    return max(name.count(mark) - name.endswith(mark) for mark in "/\\") + 1


def _shortened(names: Iterator[str]) -> list[str]:
    return [f"{name[:SHOWN_CHARACTERS]}…" for name in names]


def entry_name(entry: zipfile.ZipInfo) -> str:
    """The name as it was meant: many tools write UTF-8 and leave out the flag that says so."""
    if entry.flag_bits & UTF8_NAME:
        return entry.orig_filename
    try:
        return entry.orig_filename.encode("cp437").decode()
    except UnicodeError:
        return entry.orig_filename


def clean_path(name: str) -> str:
    """Without "." and doubled slashes, in composed form (NFC), as rows name files. Raises Unusable for a way out."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    outside = name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in parts or not parts
    if outside or "\0" in name:
        raise Unusable(
            "A path in the ZIP file leads out of it.",
            STAY_INSIDE,
            (name.replace("\0", "?"),),
        )
    if "\\" in name:
        raise Unusable(
            "The ZIP file writes some of its paths with “/” and some with “\\”.",
            f"Which folder a file lies in cannot be told. {MAKE_IT_ANEW}",
            (name,),
        )
    if has_endless_marks(name):
        title = f"A letter of a name in the ZIP file carries more than {MAX_MARKS} marks."
        raise Unusable(title, RENAME, tuple(_shortened(iter([name]))))
    return unicodedata.normalize("NFC", "/".join(parts))


def has_endless_marks(text: str) -> bool:
    """Whether one letter carries more accents and the like than any language gives it."""
    marks = 0
    for letter in "" if text.isascii() else text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks > MAX_MARKS:
            return True
    return False


def refuse_doubles(files: list[str]) -> None:
    """Two files of one name, or a file that another one has for its folder."""
    seen: set[str] = set()
    doubles = [path for path in files if path in seen or seen.add(path)]  # type: ignore[func-returns-value]
    refuse_names(doubles, "The ZIP file holds several files of the same name.", RENAME)
    refuse_names(list(_inside_files(files)), "A name in the ZIP file is both a file and a folder.", RENAME)


def _inside_files(files: list[str]) -> Iterator[str]:
    """NUL is in no path, so what lies in a folder follows it at once."""
    outer = ""
    for path in sorted(files, key=lambda path: path.replace("/", "\0")):
        if outer and path.startswith(f"{outer}/"):
            yield path
        else:
            outer = path


def refuse_names(found: list[str], title: str, advice: str) -> None:
    if found:
        raise Unusable(title, advice, tuple(found[:EXAMPLES]))
