"""Spreadsheets, archives and request bodies that are made to cost much: all are refused.

Claims, for each:
  processor time until the refusal over openpyxl's time for 12,480 ordinary rows     at most 1.5
  memory of the process that reads it over 150 MB                                    at most 1
BENCH_CASES limits the cases to those whose name contains its text.
"""

import io
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import requests
from openpyxl import Workbook
from shared.measuring import claim, cpu_seconds, peak_megabytes, reset_peak
from shared.programs import WORKFLOW, ExternalApi, external_api, run_bench
from shared.reading import Reading, read
from shared.workbooks import read_bare, write_workbook

ROWS, MEMORY_MB = 12_480, 150
CASES = os.environ.get("BENCH_CASES", "")
HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>caption</t></is></c></row>'
TEXT = '<c t="inlineStr"><is><t>{}</t></is></c>'


def sheet(rows: str) -> bytes:
    """Return an XLSX file whose sheet has these rows, as XML, below a header."""
    whole, result = io.BytesIO(), io.BytesIO()
    Workbook().save(whole)
    with (
        zipfile.ZipFile(whole) as source,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        for part in source.namelist():
            is_sheet = part == "xl/worksheets/sheet1.xml"
            content = HEAD + (HEADER + rows).encode() + b"</sheetData></worksheet>" if is_sheet else source.read(part)
            target.writestr(part, content)
    return result.getvalue()


def archive(names: list[str], content: bytes = b"", compression: int = zipfile.ZIP_STORED) -> bytes:
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", compression) as target:
        for name in names:
            target.writestr(name, content)
    return result.getvalue()


def tasks(count: int, fields: int) -> bytes:
    return json.dumps({"tasks": [{"fields": {f"unknown_{n}": 1 for n in range(fields)}}] * count}).encode()


SPREADSHEETS: dict[str, Callable[[], bytes]] = {
    "row number 2,000,000,000": lambda: sheet('<row r="2000000000"><c r="A2000000000"><v>1</v></c></row>'),
    "200,000 empty rows": lambda: sheet("<row/>" * 200_000 + f"<row>{TEXT.format('x')}</row>"),
    "a cell of 300 MB": lambda: sheet(f'<row r="2">{TEXT.format("x" * 300_000_000)}</row>'),
    "cells in column XFD": lambda: sheet(
        "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(2, 5002))
    ),
}
ARCHIVES: dict[str, Callable[[], bytes]] = {
    "names of 64 KB": lambda: archive([f"{n:03}/" + "d/" * 32_000 + "cat.png" for n in range(255)]),
    "100 levels of folders": lambda: archive(["d/" * 99 + "cat.png"]),
    "300 MiB from 300 KB": lambda: archive([f"{n}.bin" for n in range(30)], bytes(10 * 1024**2), zipfile.ZIP_DEFLATED),
    "60,000 files": lambda: archive([str(n) for n in range(60_000)]),
    "names of combining marks": lambda: archive([f"{n}a" + "\u0301\u0323" * 250 for n in range(14_000)]),
}
BODIES: dict[str, Callable[[], bytes]] = {
    "5,000 tasks of 200 unknown fields": lambda: tasks(5_000, 200),
    "a task of 200,000 unknown fields": lambda: tasks(1, 200_000),
    "a task of 1,500,000 unknown fields": lambda: tasks(1, 1_500_000),
    "10,000,000 empty lists": lambda: b'{"tasks":[' + b"[]," * 10_000_000 + b"1]}",
    "100,000 levels of lists": lambda: b'{"tasks":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}
FILES = [("archive_rows", SPREADSHEETS), ("archive", ARCHIVES), ("archive_preview", ARCHIVES)]


def measure(folder: Path) -> Iterator[bool]:
    path = folder / "file"
    write_workbook(path.with_suffix(".xlsx"), ROWS)
    started = time.process_time()
    read_bare(path.with_suffix(".xlsx"))
    ordinary = time.process_time() - started
    for kind, cases in FILES:
        for name, build in cases.items():
            if CASES in name:
                path.write_bytes(build())
                yield from judge(f"{kind.replace('_', ' ')}, {name}", read(kind, path), ordinary)
    with external_api(folder / "api") as api:
        key = api.create_key()
        post(api, key, b'{"tasks": []}')
        for name, build in BODIES.items():
            if CASES in name:
                yield from judge(f"body, {name}", post(api, key, build()), ordinary)


def judge(name: str, reading: Reading, ordinary: float) -> Iterator[bool]:
    if not reading.refusal:
        print(f"FAILS  {name}: it was not refused")
        yield False
    yield claim(f"{name}: CPU time over that of {ROWS:,} rows", reading.cpu_seconds / ordinary, 1.5)
    yield claim(f"{name}: {reading.megabytes:.0f} MB over {MEMORY_MB}", reading.megabytes / MEMORY_MB, 1)


def post(api: ExternalApi, key: str, body: bytes) -> Reading:
    """Send a body to the API, and measure the process that answers. Memory is what it grows by."""
    pid = api.processes[0].pid
    reset_peak(pid)
    memory, cpu, started = peak_megabytes(pid), cpu_seconds(pid), time.perf_counter()
    answer = requests.post(
        f"{api.api_url}/workflows/{WORKFLOW}/tasks", data=body, timeout=60,
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )  # fmt: skip
    taken = time.perf_counter() - started
    is_refused = answer.status_code == 422 or answer.json().get("success_count") == 0
    used = cpu_seconds(pid) - cpu, peak_megabytes(pid) - memory
    return Reading(taken, *used, answer.text[:80] if is_refused else "")


if __name__ == "__main__":
    run_bench(measure)
