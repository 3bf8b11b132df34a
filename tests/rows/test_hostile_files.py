"""Rows files made to hang the portal: refused with a sentence, in little time and memory, measured apart."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.external_api.server import PROJECT
from tests.hostile_rows import HOSTILE

CPU_SECONDS, MEGABYTES = 1.5, 150
MEASURE = """
import json, re, sys, time
import django
django.setup()
from pipelines_portal.api_client import Field, Schema
from pipelines_portal.rows.limits import RowsFileError
from pipelines_portal.rows.reading import read_rows
schema = Schema(fields=[Field(name="photo", type="file_upload")])
data = open(sys.argv[1], "rb").read()

def peak():  # of this program; getrusage knows that of the one which started it, too
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])

before, began = peak(), time.process_time()
try:
    said = f"{len(read_rows('rows.xlsx', data, schema).rows)} rows"
except RowsFileError as refusal:
    said = f"{refusal.title} {refusal.advice}"
print(json.dumps({"said": said, "cpu": time.process_time() - began, "megabytes": (peak() - before) / 1024}))
"""


@pytest.mark.parametrize("case", HOSTILE)
def test_it_is_refused_in_little_time_and_memory(tmp_path: Path, case: str) -> None:
    make, words = HOSTILE[case]
    file = tmp_path / "rows"
    file.write_bytes(make())
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(file)], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    measured: dict[str, Any] = json.loads(run.stdout)
    assert words in measured["said"]
    assert measured["cpu"] < CPU_SECONDS
    assert measured["megabytes"] < MEGABYTES
