"""What a program no longer uses goes back, although something it still uses lies behind it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.full

PROGRAM = """
import re, sys, time
from pathlib import Path
from pipelines_portal.shared import memory

def held():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

memory.keep_little()
before = held()
pieces = [bytes(1000) for _ in range(100_000)]
behind, pieces = pieces[-1], []
memory.SOON_SECONDS = 0.0
if "soon" in sys.argv:
    memory.give_back_soon()
while "soon" in sys.argv and held() - before > 20:
    time.sleep(0.01)
print(held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc and glibc are Linux's")
def test_memory_is_given_back_and_would_not_be_by_itself() -> None:
    assert grown() > 80
    assert grown("soon") <= 20


def grown(*arguments: str) -> int:
    """MB more than before."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return int(subprocess.run(command, stdout=subprocess.PIPE, timeout=60, check=True, text=True).stdout)
