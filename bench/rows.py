"""Reading a file of rows: at most 1.3 times as long as openpyxl's bare reading of its values, in little memory.

The whole is measured: the child process, the cells as shown, the JSON, the pipe. Each reading is done several times in
turn, and the fastest of each counts, since a busy machine only ever makes things slower.
"""

import io
import random
import sys
import time
from datetime import datetime
from itertools import starmap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

MOST_TIMES = 1.3
MOST_MEGABYTES = 200
SIZES = {12_480: 5, 100_000: 2}
CHOICES = ("French", "German", "Spanish", "Czech", "Dutch")
MEBIBYTE = 1024 * 1024


def workbook(rows: int) -> bytes:
    """Numbers with zeros in front, titles, dates, percents, long numbers, choices."""
    chance = random.Random(rows)
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["Number", "Title", "Due", "Share", "Reference", "Language"])
    for number in range(rows):
        due = WriteOnlyCell(sheet, datetime(2026, 1, 1 + number % 28))
        due.number_format = "dd.mm.yyyy"
        share = WriteOnlyCell(sheet, chance.random())
        share.number_format = "0.0%"
        title = f"Title {chance.random()} of row {number}"
        sheet.append([f"{number:06d}", title, due, share, 10**14 + number, chance.choice(CHOICES)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bare(data: bytes) -> float:
    began = time.perf_counter()
    sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
    count = sum(1 for _ in sheet.iter_rows(values_only=True))
    assert count > 1
    return time.perf_counter() - began


def ours(data: bytes, rows: int) -> tuple[float, int]:
    """Seconds, and the most memory that the child had, in MB."""
    from pipelines_portal.rows.limits import Bounds
    from pipelines_portal.rows.reading import Asked, read_lines

    began, peak = time.perf_counter(), 0
    with read_lines("rows.xlsx", data, Asked(), Bounds(rows=100_000, bytes=64 * MEBIBYTE)) as reading:
        for _ in reading.blocks:
            peak = max(peak, peak_kilobytes(str(reading.process.pid)))
    assert reading.found.line_count == rows + 1, reading.found
    return time.perf_counter() - began, peak // 1024


def peak_kilobytes(process: str) -> int:
    """Ends of processes come without a word."""
    try:
        status = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return int(next((line.split()[1] for line in status if line.startswith("VmHWM")), 0))


def holds(rows: int, times: int) -> bool:
    data = workbook(rows)
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_kilobytes("self")
    read = [ours(data, rows) for _ in range(times)]
    parent = (peak_kilobytes("self") - before) // 1024
    seconds, child = min(read)[0], max(peak for _, peak in read)
    base = min(bare(data) for _ in range(times))
    good = seconds <= MOST_TIMES * base and child + parent <= MOST_MEGABYTES
    print(
        f"{'holds' if good else 'FAILS'}  {rows:,} rows, {len(data) / MEBIBYTE:.1f} MB: {seconds:.2f} s against"
        f" {base:.2f} s: {seconds / base:.2f} times; child {child} MB, parent {parent} MB more"
    )
    return good


def main() -> int:
    print(f"at most {MOST_TIMES} times of openpyxl's values alone, and {MOST_MEGABYTES} MB")
    return 0 if all(list(starmap(holds, SIZES.items()))) else 1


if __name__ == "__main__":
    sys.exit(main())
