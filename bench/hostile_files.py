"""Files and bodies made to do harm: each is refused within a second of CPU and 150 MB of memory more than before.

Each case runs in a process of its own, which has read the file already; what is measured is the reading of it.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import archives, hostile_archives

MOST_SECONDS = 1.0
MOST_MEGABYTES = 150
GIVEN_UP_SECONDS = 20
LINE = '<row r="{0}"><c r="A{0}"><v>1</v></c></row>'


def sheet(rows: str) -> bytes:
    """An XLSX file of one sheet; `rows` is its XML."""
    from openpyxl import Workbook

    whole, out = io.BytesIO(), io.BytesIO()
    Workbook().save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for part in source.namelist():
            content = source.read(part)
            if part == "xl/worksheets/sheet1.xml":
                head, tail = content.split(b"<sheetData/>") if b"<sheetData/>" in content else (XML_HEAD, XML_TAIL)
                content = head + b"<sheetData>" + rows.encode() + b"</sheetData>" + tail
            target.writestr(part, content)
    return out.getvalue()


XML_HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
XML_TAIL = b"</worksheet>"
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>caption</t></is></c></row>'


def far_row() -> bytes:
    return sheet(HEADER + LINE.format(2_000_000_000))


def empty_rows() -> bytes:
    return sheet(HEADER + "<row/>" * 200_000 + '<row><c t="inlineStr"><is><t>x</t></is></c></row>')


def huge_cell() -> bytes:
    return sheet(HEADER + f'<row r="2"><c r="A2" t="inlineStr"><is><t>{"x" * 300_000_000}</t></is></c></row>')


def last_column() -> bytes:
    cells = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(2, 5002))
    return sheet(HEADER + cells)


def tasks(number: int, fields: int) -> bytes:
    return json.dumps({"tasks": [{"fields": {f"unknown_{n}": 1 for n in range(fields)}}] * number}).encode()


def endless_names() -> bytes:
    """A directory of 16 MB in which each name takes the square of its length to compose."""
    letters = "a" + "\u0301\u0323" * 250
    names = [f"{number}{letters}" for number in range(14_000)]
    return archives.archive([(name, b"") for name in names], zipfile.ZIP_STORED)


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "names of 64 KB": hostile_archives.names_of_64_kilobytes,
    "100 levels": hostile_archives.hundred_levels,
    "300 MiB out of 300 KB": hostile_archives.bomb_by_sum,
    "60,000 entries": hostile_archives.bomb_by_count,
    "letters of endless marks": endless_names,
}
SPREADSHEETS: dict[str, Callable[[], bytes]] = {
    "row number 2,000,000,000": far_row,
    "200,000 empty rows": empty_rows,
    "one cell of 300 MB": huge_cell,
    "column XFD": last_column,
}
BODIES: dict[str, Callable[[], bytes]] = {
    "5,000 tasks of 200 unknown fields": lambda: tasks(5000, 200),
    "one task of 200,000 unknown fields": lambda: tasks(1, 200_000),
    "one task of 1,500,000 unknown fields": lambda: tasks(1, 1_500_000),
    "10,000,000 empty lists": lambda: b'{"tasks":[' + b"[]," * 10_000_000 + b"1]}",
    "100,000 levels": lambda: b'{"tasks":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}
CASES = [("API", name, build) for name, build in ARCHIVES.items()]
CASES += [("preview", name, build) for name, build in ARCHIVES.items()]
CASES += [("rows file", name, build) for name, build in SPREADSHEETS.items()]
CASES += [("JSON", name, build) for name, build in BODIES.items()]


def api(path: Path) -> Callable[[], str]:
    from pipelines_portal.external_api.uploads.archive_names import ArchiveError
    from pipelines_portal.external_api.uploads.archives import open_archive

    def read() -> str:
        with path.open("rb") as file:
            try:
                with open_archive(file):
                    return ""
            except ArchiveError as error:
                return str(error)

    return read


def preview(path: Path) -> Callable[[], str]:
    from pipelines_portal.uploads.archive.directory import read_directory
    from pipelines_portal.uploads.archive.tail import MAX_TAIL_BYTES, Tail, Unusable

    data, size = path.read_bytes()[-MAX_TAIL_BYTES:], path.stat().st_size

    def read() -> str:
        try:
            read_directory(Tail(data, size))
        except Unusable as refusal:
            return refusal.title
        return ""

    return read


def rows_file(path: Path) -> Callable[[], str]:
    from pipelines_portal.rows.child import REFUSAL, frames
    from pipelines_portal.rows.files import Asked
    from pipelines_portal.rows.limits import WITH_AN_ARCHIVE

    def read() -> str:
        """What the child process does, here, where it can be measured."""
        with path.open("rb") as file:
            for kind, content in frames("rows.xlsx", file, Asked(), WITH_AN_ARCHIVE):
                if kind == REFUSAL:
                    return str(json.loads(content)["title"])
        return ""

    return read


def body(path: Path) -> Callable[[], str]:
    from shared.external_api import set_up

    workflow, caller = set_up()
    data = path.read_bytes()
    # The first request of all loads what the next ones need.
    caller.call("GET", f"/workflows/{workflow.pk}")

    def read() -> str:
        try:
            caller.call("POST", f"/workflows/{workflow.pk}/tasks", data)
        except AssertionError as refusal:
            statuses, content = refusal.args[0]
            assert statuses == ["422 Unprocessable Entity"], statuses
            return content.partition(b'"message": ')[2].decode(errors="replace")
        return ""

    return read


READERS = {"API": api, "preview": preview, "rows file": rows_file, "JSON": body}


def measure(kind: str, path: Path) -> dict[str, Any]:
    read = READERS[kind](path)
    # The peak begins anew here. getrusage would tell that of the process which started this one.
    Path("/proc/self/clear_refs").write_text("5")
    before, started = peak_kilobytes(), time.process_time()
    sentence = read()
    seconds = time.process_time() - started
    return {"seconds": seconds, "megabytes": (peak_kilobytes() - before) / 1024, "sentence": sentence}


def peak_kilobytes() -> int:
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1])


def in_a_process(kind: str, path: Path) -> dict[str, Any]:
    """A case that takes too long is stopped; it has missed its bound by then."""
    command = [sys.executable, __file__, kind, str(path)]
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=GIVEN_UP_SECONDS, check=False, env=os.environ
        )
    except subprocess.TimeoutExpired:
        return {"seconds": float(GIVEN_UP_SECONDS), "megabytes": 0.0, "sentence": ""}
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


def holds(kind: str, name: str, build: Callable[[], bytes], folder: Path) -> bool:
    path = folder / "hostile"
    path.write_bytes(build())
    found = in_a_process(kind, path)
    good = bool(found["sentence"]) and found["seconds"] <= MOST_SECONDS and found["megabytes"] <= MOST_MEGABYTES
    measured = f"{found['seconds']:.2f} s, {found['megabytes']:.0f} MB"
    print(f"{'holds' if good else 'FAILS'}  {kind}, {name}: {measured}: {str(found['sentence'])[:70] or 'not refused'}")
    return good


def main() -> int:
    print(f"at most {MOST_SECONDS:.0f} s of CPU and {MOST_MEGABYTES} MB more memory each")
    with tempfile.TemporaryDirectory(prefix="hostile-files-") as folder:
        verdicts = [holds(*case, Path(folder)) for case in CASES]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
        sys.exit(0)
    sys.exit(main())
