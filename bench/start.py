"""How long `make run` takes to say where to go: again, and from an empty data folder; and what is installed for it.

Seconds depend on what else the machine does. So just before and after, a bare Django is loaded: how much longer that
takes than the time it computes is how much the machine was slowed down. Measured seconds, divided by it, are held
against the limits of a quiet machine. Ends with 1 when one is missed.
`python bench/start.py [--from-nothing]`: also in a new clone, everything downloaded and installed, and its size.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shared.make_run import PROJECT, make_run

SECOND_START, FROM_NOTHING, ENVIRONMENT_MB = 3.0, 20.0, 150
ROUNDS = 3
BARE = "import django.core.management, django.db.models, django.forms, django.template.defaulttags, pydantic, requests"


def slowed_down() -> float:
    """Seconds that pass while a bare Django is loaded, by those that it computes."""
    began, before = time.monotonic(), os.times()
    subprocess.run([sys.executable, "-c", BARE], check=True)
    after = os.times()
    computed = after.children_user + after.children_system - before.children_user - before.children_system
    return (time.monotonic() - began) / computed


def started(folder: Path, **options: object) -> tuple[float, float]:
    """Seconds until the banner, and by how much slower than a quiet one the machine was just then."""
    before = slowed_down()
    with make_run(folder, **options) as running:  # type: ignore[arg-type]
        took = running.seconds
    return took, max(1.0, (before + slowed_down()) / 2)


def report(claim: str, value: float, limit: float, unit: str) -> bool:
    verdict = "holds" if value <= limit else "FAILS"
    print(f"{verdict}  {claim}: {value:.1f} {unit}, {value / limit:.2f} of {limit:g}", flush=True)
    return value <= limit


def again(folder: Path) -> bool:
    first, slower = started(folder)
    print(f"from an empty data folder: {first:.1f} s, the machine {slower:.1f} times slower than a quiet one")
    took, slower = min((started(folder) for _ in range(ROUNDS)), key=lambda found: found[0] / found[1])
    print(f"again: {took:.1f} s, the machine {slower:.1f} times slower than a quiet one")
    return report("second start, as on a quiet machine", took / slower, SECOND_START, "s")


def from_nothing(folder: Path) -> list[bool]:
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
    took, slower = started(folder, project=clone, command=("make", "run"))
    print(f"from nothing: {took:.1f} s, the machine {slower:.1f} times slower than a quiet one")
    size = sum(file.lstat().st_blocks * 512 for file in (clone / ".venv").rglob("*")) / 1024**2
    return [
        report("from nothing, as on a quiet machine", took / slower, FROM_NOTHING, "s"),
        report("the environment that runs", size, ENVIRONMENT_MB, "MB"),
    ]


def main(*, with_nothing: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-start-") as folder:
        fine = [again(Path(folder))]
    if with_nothing:
        with tempfile.TemporaryDirectory(prefix="bench-start-") as folder:
            fine += from_nothing(Path(folder))
    return int(not all(fine))


if __name__ == "__main__":
    sys.exit(main(with_nothing="--from-nothing" in sys.argv))
