"""Plant faults in a copy of the portal, and measure how long the simulation takes to find each: `make plant NN=3`.

Written days have to pass without a fault, and a seed counts if it does. Ends with 1 if a fault is not found.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.simulation.faults_planted import FAULTS, Fault

PROJECT = Path(__file__).parents[2]
LONGEST_SECONDS = 600
FAILED_SEED = re.compile(r"^seed (\d+): (.*)$", re.M)
FAILED_SCRIPT = re.compile(r"^script .*$", re.M)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, help="numbers of faults, such as 3; without one, all")
    parser.add_argument("--list", action="store_true", help="print the numbers and names of the faults")
    parser.add_argument("--steps", default="40")
    parser.add_argument("--seconds", type=float, default=LONGEST_SECONDS, help="CPU seconds for each fault")
    options = parser.parse_args()
    if options.list:
        print(*(f"{number:02} {fault.name}" for number, fault in enumerate(FAULTS, 1)), sep="\n")
        return 0
    if not all(0 < number <= len(FAULTS) for number in options.numbers):
        parser.error(f"There are {len(FAULTS)} faults: `make plant NN=--list` prints them.")
    missed = 0
    folder = Path(tempfile.mkdtemp(prefix="planted-"))
    try:
        sound, copy = copy_project(folder / "sound"), copy_project(folder / "planted")
        if failure := FAILED_SCRIPT.search(simulate(sound, "--scripts", "--first")):
            raise SystemExit(f"Without a fault, too: {failure[0]}")
        for number in options.numbers or range(1, len(FAULTS) + 1):
            result = search(FAULTS[number - 1], copy, sound, options)
            missed += result.startswith("not found")
            print(f"{number:02} {FAULTS[number - 1].name}: {result}", flush=True)
    finally:
        shutil.rmtree(folder)
    return 1 if missed else 0


def copy_project(to: Path) -> Path:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "pipelines_portal", "templates", "tests"]
    for name in subprocess.check_output([*listed, "static", "docs"], cwd=PROJECT, text=True).splitlines():
        if (PROJECT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT / name, to / name)
    return to


def search(fault: Fault, copy: Path, sound: Path, options: argparse.Namespace) -> str:
    """Return how many CPU seconds it took to find the fault, with the script or seed and its error."""
    file = copy / "pipelines_portal" / fault.file
    original, seed, ends_at = file.read_text(), 0, cpu_seconds() + options.seconds
    began = cpu_seconds()
    file.write_text(plant(fault, original))
    try:
        if failure := FAILED_SCRIPT.search(simulate(copy, "--scripts", "--first")):
            return f"{cpu_seconds() - began:.0f} s, {failure[0]}"
        while (left := (ends_at - cpu_seconds()) / 3600) > 0:
            limits = ("--first", "--steps", options.steps, "--hours", str(left))
            failure = FAILED_SEED.search(simulate(copy, f"{seed + 1}-", *limits))
            if not failure:
                break
            seconds, seed = cpu_seconds() - began, int(failure[1])
            if not FAILED_SEED.search(simulate(sound, str(seed), "--steps", options.steps)):
                return f"{seconds:.0f} s, seed {seed}: {failure[2]}"
    finally:
        file.write_text(original)
    return f"not found in {cpu_seconds() - began:.0f} s"


def plant(fault: Fault, text: str) -> str:
    if text.count(fault.old) != 1:
        raise ValueError(f"{fault.file} does not have the old text of “{fault.name}” exactly once.")
    return text.replace(fault.old, fault.new)


def simulate(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    env = os.environ | {"PYTHONHASHSEED": "0"}
    command += ["--migrated", str(folder.parent / "migrated.sqlite3")]
    done = subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if "seeds of" not in done.stdout:  # it did not run
        done.check_returncode()
    return done.stdout


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
