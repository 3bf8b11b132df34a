"""Text encodings: those that a person may choose, and the detection of one."""

import codecs
from typing import IO

from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.limits import MEBIBYTE, RowsFileError

ENCODINGS = (
    ("utf-8", "Unicode (UTF-8)"),
    ("utf-16", "Unicode (UTF-16)"),
    ("cp1252", "Western European (Windows-1252)"),
    ("cp1250", "Central European (Windows-1250)"),
    ("cp1251", "Cyrillic (Windows-1251)"),
    ("cp1253", "Greek (Windows-1253)"),
    ("cp1254", "Turkish (Windows-1254)"),
    ("iso-8859-1", "Western European (ISO 8859-1)"),
    ("iso-8859-2", "Central European (ISO 8859-2)"),
    ("iso-8859-15", "Western European with € (ISO 8859-15)"),
    ("mac_roman", "Western European (Macintosh)"),
    ("koi8-r", "Russian (KOI8-R)"),
    ("cp437", "DOS (437)"),
    ("cp850", "DOS, Western European (850)"),
    ("shift_jis", "Japanese (Shift JIS)"),
    ("gb18030", "Chinese (GB 18030)"),
    ("big5", "Chinese, traditional (Big5)"),
    ("euc_kr", "Korean (EUC-KR)"),
)
LABELS = dict(ENCODINGS)
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
SAMPLE = 4096


def detect_encoding(name: str, file: IO[bytes]) -> str:
    """Return the encoding: by its byte order mark, UTF-8 if the file is valid, UTF-16 by its zeros, or Windows-1252."""
    start = file.read(SAMPLE)
    marked = next((encoding for mark, encoding in MARKS if start.startswith(mark)), "")
    if marked != "utf-16" and b"\0" in start:
        return _utf16(name, file, _order(name, start))
    if marked == "utf-16":
        return _utf16(name, file, marked)
    return (marked or "utf-8") if is_all(file, "utf-8") else "cp1252"


def listed(encoding: str) -> str:
    """Return the name in ENCODINGS, without byte order and mark."""
    return next((known for known in ("utf-8", "utf-16") if encoding.startswith(known)), encoding)


def is_all(file: IO[bytes], encoding: str) -> bool:
    """Return whether the whole file is valid in the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while piece := file.read(MEBIBYTE):
            decoder.decode(piece)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _order(name: str, start: bytes) -> str:
    """Return the byte order of UTF-16 without a mark, by the zeros beside most letters."""
    first, second = start[::2].count(0), start[1::2].count(0)
    if max(first, second) < len(start) // 8 or min(first, second) > max(first, second) // 8:
        raise no_text(name)
    return "utf-16-be" if first > second else "utf-16-le"


def _utf16(name: str, file: IO[bytes], encoding: str) -> str:
    if not is_all(file, encoding):
        raise RowsFileError(f"{name} is damaged: it isn’t valid UTF-16.", "Save it as UTF-8.")
    return encoding


def no_text(name: str) -> RowsFileError:
    return RowsFileError(f"{name} isn’t a text or a spreadsheet.", texts.SAVE_AS_XLSX_OR_CSV)
