"""Processes that a bench started: which there are, and what memory they take."""

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
