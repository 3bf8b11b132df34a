"""Rows files made to hang the portal: refused with a sentence, in little time and memory of the reader's."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.external_api.server import PROJECT
from tests.hostile_rows import HOSTILE

# How often the time of a bare loop, some 0.075 s of a machine that has nothing else to do: beside other work all takes
# longer, also of the processor.
LOOPS, MEGABYTES = 20, 150
# One of each kind: a packed bomb, deep nesting, a document type, an endless CSV and an endless JSON.
SHORT = ("one cell of 40 MB", "100,000 levels", "entities", "one quote", "nested lists")
MEASURE = """
import json, re, sys, time
from pipelines_portal.spreadsheets.child import REJECTION, frames
from pipelines_portal.spreadsheets.files import ReadingOptions
from pipelines_portal.spreadsheets.limits import WITH_AN_ARCHIVE
file = open(sys.argv[1], "rb")

def peak():  # of this program; getrusage knows that of the one which started it, too
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])

def loop():
    began, total = time.process_time(), 0
    for number in range(2_000_000):
        total += number * number
    return time.process_time() - began

pace = loop()
before, began = peak(), time.process_time()
said = "read"
for kind, content in frames("rows.xlsx", file, ReadingOptions(), WITH_AN_ARCHIVE):
    if kind == REJECTION:
        said = " ".join(json.loads(content).values())
assert not [name for name in sys.modules if name.startswith(("django", "pydantic"))]
took, pace = time.process_time() - began, (pace + loop()) / 2
print(json.dumps({"said": said, "loops": took / pace, "megabytes": (peak() - before) / 1024}))
"""


@pytest.mark.parametrize(
    "case", [case if case in SHORT else pytest.param(case, marks=pytest.mark.full) for case in HOSTILE]
)
def test_it_is_refused_in_little_time_and_memory(tmp_path: Path, case: str) -> None:
    make, words = HOSTILE[case]
    file = tmp_path / "rows"
    file.write_bytes(make())
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(file)], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    measured: dict[str, Any] = json.loads(run.stdout)
    assert words in measured["said"]
    assert measured["loops"] < LOOPS
    assert measured["megabytes"] < MEGABYTES
