"""Sizes, times and claims of a bench."""

import gc
import os
import re
import time
from collections.abc import Callable
from pathlib import Path


def size(name: str, default: int) -> int:
    """Return a number from the environment, so that a bench can be tried with a smaller one."""
    return int(os.environ.get(name, default))


def claim(name: str, value: float, limit: float, *, at_least: bool = False) -> bool:
    """Print a ratio with its limit, and return whether the limit is kept."""
    holds = value >= limit if at_least else value <= limit
    kind = "at least" if at_least else "at most"
    print(f"{'holds' if holds else 'FAILS'}  {name}: {value:.2f} ({kind} {limit:g})", flush=True)
    return holds


def seconds(call: Callable[[], object]) -> float:
    gc.collect()
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def best_seconds(rounds: int, *calls: Callable[[], object]) -> list[float]:
    """Time the calls in turns, and return the best time of each: the others include what else the machine did."""
    times = [[seconds(call) for call in calls] for _ in range(rounds)]
    return [min(of_one) for of_one in zip(*times, strict=True)]


def process_tree(pid: int) -> list[int]:
    """Return a process and all its descendants, or nothing if it has ended."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:
        return []
    return [pid, *(descendant for child in children for descendant in process_tree(child))]


def shared_megabytes(pid: int) -> float:
    """Return the proportional set size of a process: a page that several processes share counts in parts."""
    return _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss") / 1024


def peak_megabytes(pid: int | str = "self") -> float:
    """Return the largest resident set of a process since it started or since `reset_peak`."""
    return _kilobytes(Path(f"/proc/{pid}/status"), "VmHWM") / 1024


def reset_peak(pid: int | str = "self") -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, including the kernel's share."""
    # The clock of another process, as clock_getcpuclockid() names it on Linux. /proc counts in hundredths of a second.
    return time.clock_gettime((~pid << 3) | 2)


def _kilobytes(file: Path, name: str) -> int:
    """Return a value of a file below /proc, or 0 if its process has ended."""
    try:
        line = re.search(rf"^{name}:\s+(\d+) kB", file.read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(line[1]) if line else 0
