"""How long `make run` takes until it says where to go, and until a killed web process answers again.

How fast the machine is just then is seen from a bare Django, which is loaded just before and after. It takes a quarter
of a second, so 8 times as long is two seconds.
Claims:
  a second start over loading a bare Django                                                     at most 8
  a killed portal, until it answers again, over the same                                        at most 8
  with `--from-nothing`: a start in a new clone, which installs everything, over the same       at most 50
  with `--from-nothing`: the size of its environment over 150 MB                                at most 1
BENCH_ROUNDS reduces the number of second starts and kills (3). The best of them counts.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from shared.make_run import Run, make_run
from shared.measuring import claim, process_tree, seconds, size
from shared.programs import PROJECT, answers, run_bench, wait_until

ROUNDS = size("BENCH_ROUNDS", 3)
ENVIRONMENT_MB = 150
# What ends within a second of its start is started again later.
SETTLED_SECONDS = 1.5
BARE = "import django.core.management, django.db.models, django.forms, django.template.defaulttags, pydantic, requests"


def measure(folder: Path) -> Iterator[bool]:
    print(f"from an empty data folder: {start_over_bare(folder):.2f} times as long as a bare Django")
    yield claim("a second start over a bare Django", min(start_over_bare(folder) for _ in range(ROUNDS)), 8)
    with make_run(folder) as run:
        yield claim("a killed portal over a bare Django", min(return_over_bare(run) for _ in range(ROUNDS)), 8)
    if "--from-nothing" in sys.argv:
        clone = folder / "clone"
        subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
        (folder / "new").mkdir()
        ratio = start_over_bare(folder / "new", project=clone, command=("make", "run"))
        yield claim("a start from nothing over a bare Django", ratio, 50)
        megabytes = sum(file.lstat().st_blocks * 512 for file in (clone / ".venv").rglob("*")) / 1024**2
        yield claim(f"an environment of {megabytes:.0f} MB over {ENVIRONMENT_MB}", megabytes / ENVIRONMENT_MB, 1)


def start_over_bare(folder: Path, **options: object) -> float:
    before = load_bare()
    with make_run(folder, **options) as run:  # type: ignore[arg-type]
        taken = run.seconds
    bare = (before + load_bare()) / 2
    print(f"start {taken:.1f} s, bare Django {bare:.2f} s")
    return taken / bare


def return_over_bare(run: Run) -> float:
    """Kill the portal's web process, and wait until another one answers."""
    time.sleep(SETTLED_SECONDS)
    before = load_bare()
    started = time.monotonic()
    os.kill(web_process(run), signal.SIGKILL)
    wait_until(lambda: answers(f"{run.url}/health"), "the portal to return", pause=0.02)
    taken = time.monotonic() - started
    bare = (before + load_bare()) / 2
    print(f"back after {taken:.1f} s, bare Django {bare:.2f} s")
    return taken / bare


def web_process(run: Run) -> int:
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in process_tree(run.process.pid)}
    return next(pid for pid, line in lines.items() if line[-3:-1] == [b"pipelines_portal.core.web_server", b"portal"])


def load_bare() -> float:
    return seconds(lambda: subprocess.run([sys.executable, "-c", BARE], check=True))


if __name__ == "__main__":
    run_bench(measure)
