"""How long `make run` takes until it says where to go.

How fast the machine is just then is seen from a bare Django, which is loaded just before and after.
Claims:
  a second start over loading a bare Django                                                     at most 10
  with `--from-nothing`: a start in a new clone, which installs everything, over the same       at most 50
  with `--from-nothing`: the size of its environment over 150 MB                                at most 1
BENCH_ROUNDS reduces the number of second starts (3).
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from shared.make_run import make_run
from shared.measuring import claim, seconds, size
from shared.programs import PROJECT, run_bench

ROUNDS = size("BENCH_ROUNDS", 3)
ENVIRONMENT_MB = 150
BARE = "import django.core.management, django.db.models, django.forms, django.template.defaulttags, pydantic, requests"


def measure(folder: Path) -> Iterator[bool]:
    print(f"from an empty data folder: {start_over_bare(folder):.2f} times as long as a bare Django")
    yield claim("a second start over a bare Django", min(start_over_bare(folder) for _ in range(ROUNDS)), 10)
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


def load_bare() -> float:
    return seconds(lambda: subprocess.run([sys.executable, "-c", BARE], check=True))


if __name__ == "__main__":
    run_bench(measure)
