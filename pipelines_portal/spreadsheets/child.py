"""The program that reads one file of rows. It uses no Django, no settings and no secrets.

Its input is a request, followed by the bytes of the file unless the request names a path. The input stays open while
the parent waits. Its output is frames: `found`, blocks, and finally `found` again or a rejection.
"""

import gc
import io
import json
import os
import re
import resource
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.blocks import blocks_of
from pipelines_portal.spreadsheets.csv_rows import read_csv
from pipelines_portal.spreadsheets.encodings import no_text
from pipelines_portal.spreadsheets.files import ReadingOptions, ReadingResult
from pipelines_portal.spreadsheets.limits import Bounds, RowsFileError
from pipelines_portal.spreadsheets.xlsx_rows import read_xlsx

LENGTH = struct.Struct(">I")
FRAME = struct.Struct(">cI")
FOUND, BLOCK, END, REJECTION = b"F", b"B", b"E", b"R"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The beginning of objects, in a list or one on each line.
JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*[\"}]")
START = 4096


def main() -> None:
    """Read the file that standard input names, and exit without cleaning up."""
    request = json.loads(_read_exactly(LENGTH.unpack(_read_exactly(LENGTH.size))[0]))
    bounds = Bounds(**request["bounds"])
    limit_resources(bounds)
    gc.disable()  # the program ends before it would help
    path = request["path"]
    file: IO[bytes] = Path(path).open("rb") if path else io.BytesIO(_read_exactly(request["size"]))  # noqa: SIM115
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    for kind, content in frames(request["name"], file, ReadingOptions(**request["asked"]), bounds):
        sys.stdout.buffer.write(FRAME.pack(kind, len(content)) + content)
        sys.stdout.buffer.flush()
    os._exit(0)


def limit_resources(bounds: Bounds) -> None:
    """Limit memory, CPU time and file sizes of this process, as far as the system supports it."""
    limits = {"AS": bounds.memory, "CPU": bounds.seconds, "CORE": 0, "FSIZE": 0}
    for kind, limit in limits.items():
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (limit, limit))


def frames(name: str, file: IO[bytes], options: ReadingOptions, bounds: Bounds) -> Iterator[tuple[bytes, bytes]]:
    """Yield the frames for a file while it is read."""
    try:
        found, lines = _open(name, file, options, bounds)
        yield FOUND, _encode(asdict(found))
        for block, count in blocks_of(name, lines, bounds):
            found.line_count += count
            yield BLOCK, block
        yield END, _encode(asdict(found))
    except RowsFileError as rejection:
        yield REJECTION, _encode({"title": rejection.title, "advice": rejection.advice})
    except MemoryError:
        yield REJECTION, _encode({"title": f"{name} is too large.", "advice": texts.SPLIT_OR_CSV})


def _open(name: str, file: IO[bytes], options: ReadingOptions, bounds: Bounds) -> tuple[ReadingResult, Any]:
    """Open the file by its contents, whatever its name says."""
    start = file.read(START)
    file.seek(0)
    if start.startswith(b"PK\x03\x04"):
        return read_xlsx(name, file, options, bounds)
    if start.startswith(OLD_OFFICE):
        raise RowsFileError(f"{name} is an old Excel file, or has a password.", texts.SAVE_AS_XLSX_OR_CSV)
    if start.startswith((b"%PDF-", b"\x89PNG", b"\x1f\x8b", b"GIF8")):
        raise no_text(name)
    if start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<table", b"<?xml")):
        raise RowsFileError(f"{name} is a web page or XML.", texts.SAVE_AS_XLSX_OR_CSV)
    if JSON.match(start):
        raise RowsFileError(f"{name} is JSON.", texts.SAVE_AS_XLSX_OR_CSV)
    return read_csv(name, file, options, bounds)


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")


def _read_exactly(size: int) -> bytes:
    data = sys.stdin.buffer.read(size)
    if len(data) < size:
        os._exit(1)
    return data


def _exit_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)
