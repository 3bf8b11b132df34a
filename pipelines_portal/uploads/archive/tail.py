"""The last bytes of a file as if they were the file: all that `zipfile` needs to read a directory."""

import io
import struct

# How each entry of the directory begins.
DIRECTORY_ENTRY = b"PK\x01\x02"
MAX_DIRECTORY_BYTES = 16 * 1024 * 1024
MAX_ENTRIES = 50_000
# How the record at the very end begins, and how long it is without its comment.
END_RECORD, END_RECORD_BYTES = b"PK\x05\x06", 22
# The end record with the longest comment, and the two records of zip64 before it.
MAX_END_BYTES = 66_000
MAX_TAIL_BYTES = MAX_DIRECTORY_BYTES + MAX_END_BYTES


class Unusable(Exception):
    """The API would refuse the archive as a whole. `title` says what is wrong, `advice` what to do about it."""

    def __init__(self, title: str, advice: str = "", examples: tuple[str, ...] = ()) -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice
        self.examples = examples


class TailTooShort(Exception):
    """The directory begins before the bytes at hand; `needed` of them, counted from the end, reach it."""

    def __init__(self, needed: int) -> None:
        super().__init__(f"The last {needed} bytes are needed.")
        self.needed = needed


class Tail(io.RawIOBase):
    """`data` is the end of a file of `size` bytes. Reading before it raises TailTooShort."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data[-size:] if size else b""
        self._size = size
        self._at = 0

    @property
    def _start(self) -> int:
        return self._size - len(self._data)

    @property
    def end(self) -> bytes:
        """As much of the file's end as the end record with the longest comment takes."""
        return self._data[-MAX_END_BYTES:]

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("before the start of the file")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """At most a directory's worth: `zipfile` reads it in one gulp and makes an object of every entry."""
        if size > MAX_DIRECTORY_BYTES:
            raise too_many_entries()
        if self._at < self._start and size != 0:
            raise _too_short(self._size - self._at)
        begin = self._at - self._start
        data = self._data[begin:] if size < 0 else self._data[begin : begin + size]
        self._at += len(data)
        if data.count(DIRECTORY_ENTRY) > MAX_ENTRIES:
            raise too_many_entries()
        return data


def refuse_parts(tail: Tail) -> None:
    """Raises Unusable for one part of an archive that was split: its list of files counts bytes of other files."""
    at = tail.end.rfind(END_RECORD)
    record = tail.end[at : at + END_RECORD_BYTES] if at >= 0 else b""
    if len(record) < END_RECORD_BYTES:
        return
    this_part, first_part = struct.unpack("<2H", record[4:8])
    if (this_part or first_part) and 0xFFFF not in (this_part, first_part):
        raise Unusable(
            "This is one part of a ZIP file that was split into several.",
            "Join the parts, or make the ZIP file anew in one piece.",
        )


def _too_short(needed: int) -> Exception:
    return TailTooShort(needed) if needed <= MAX_TAIL_BYTES else too_many_entries()


def too_many_entries() -> Unusable:
    return Unusable(
        f"The ZIP file holds more than {MAX_ENTRIES:,} entries, or its list of files is too large.",
        "Split it into several and upload one after the other.",
    )
