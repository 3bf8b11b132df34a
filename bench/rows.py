"""Reading a spreadsheet, with the child process, the cells as shown, JSON and the pipe.

Claims, for 12,480 and 100,000 rows, from the best time of each in turns:
  reading over openpyxl's bare reading of the values     at most 1.3
  memory of the child process over 200 MB                at most 1
BENCH_ROUNDS changes the number of rounds (3), BENCH_ROWS asks for one file of another size.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from shared.measuring import claim, seconds, size
from shared.programs import run_bench
from shared.reading import read
from shared.workbooks import read_bare, write_workbook

ROUNDS, MEMORY_MB = size("BENCH_ROUNDS", 3), 200
SIZES = [size("BENCH_ROWS", 0)] if "BENCH_ROWS" in os.environ else [12_480, 100_000]


def measure(folder: Path) -> Iterator[bool]:
    path = folder / "rows.xlsx"
    for rows in SIZES:
        write_workbook(path, rows)
        bare, readings = [], []
        for _ in range(ROUNDS):
            bare.append(seconds(lambda: read_bare(path)))
            readings.append(read("imported_rows", path))
        assert not any(reading.refusal for reading in readings), readings
        best, memory = min(reading.seconds for reading in readings), max(reading.megabytes for reading in readings)
        name = f"{rows:,} rows"
        yield claim(f"{name}, {best:.2f} s over {min(bare):.2f} s of openpyxl", best / min(bare), 1.3)
        yield claim(f"{name}, {memory:.0f} MB over {MEMORY_MB}", memory / MEMORY_MB, 1)


if __name__ == "__main__":
    run_bench(measure)
