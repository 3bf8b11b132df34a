"""Run seeds of the simulation: `make simulate SEED=17`, or `SEEDS=1-500`. Ends with 1 if an invariant is broken."""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

STEPS = 25


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="*", default=["1-20"], help="such as 17 or 1-20")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--twice", type=int, default=0, help="run so many seeds again, and compare the digests")
    parser.add_argument("--trace", action="store_true", help="print what happened")
    parser.add_argument("--migrated", type=Path, help="a file with a migrated database")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="simulation-"))
    try:
        return simulate(given, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def simulate(given: argparse.Namespace, folder: Path) -> int:
    import tests.environment  # noqa: F401 - a data folder of its own

    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "pipelines_portal.settings.portal",
        "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
    }
    import django

    django.setup()
    from tests.simulation.running import opened_office, run_in_fork

    failures, seconds = 0, 0.0
    seeds = [seed for text in given.seeds for seed in numbers_in(text)]
    with opened_office(folder, given.migrated) as office:
        for number, seed in enumerate(seeds):
            result = run_in_fork(seed, office, given.steps)
            if number < given.twice and run_in_fork(seed, office, given.steps).digest != result.digest:
                result.error = "not the same when it is run again"
            seconds += result.seconds
            if given.trace:
                print("\n".join(result.trace))
            if result.error:
                failures += 1
                print(f"seed {seed}: {result.error}", flush=True)
    print(f"{len(seeds)} seeds of {given.steps} steps, {seconds:.1f} s of CPU; {failures} failed")
    return 1 if failures else 0


def numbers_in(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # so that sets of texts have the same order in each run
        os.execve(sys.executable, [*sys.orig_argv], os.environ | {"PYTHONHASHSEED": "0"})
    sys.exit(main())
