"""Processes that a bench started: which there are, what memory they take, and what time of the processor."""

import os
import re
from pathlib import Path


def family(pid: int) -> list[int]:
    """A process and those that came of it."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return [pid, *(member for child in children for member in family(child))]


def pss(pid: int) -> float:
    """Proportional set size in MiB: what is shared counts in parts. 0 of one that ended."""
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def cpu_seconds(pids: list[int]) -> float:
    """What they have used so far, in the kernel too."""
    used = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


def with_variable(name: str, value: str, *, program: str) -> list[int]:
    """Those of this program whose environment says so."""
    wanted = f"{name}={value}\0".encode()
    return [int(place.name) for place in Path("/proc").glob("[0-9]*") if _is_of(place, program.encode(), wanted)]


def _is_of(place: Path, program: bytes, variable: bytes) -> bool:
    try:
        return program in (place / "cmdline").read_bytes() and variable in (place / "environ").read_bytes()
    except OSError:
        return False
