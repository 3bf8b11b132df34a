"""Runs many seeds in one process. The portal is imported only then, with a database in a folder of that process."""

import argparse
import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Totals:
    seeds: int = 0
    failed: int = 0
    simulated_hours: float = 0.0
    cpu_seconds: float = 0.0
    actions: Counter[str] = field(default_factory=Counter)
    idle: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.seeds + other.seeds, self.failed + other.failed,
            self.simulated_hours + other.simulated_hours, self.cpu_seconds + other.cpu_seconds,
            self.actions + other.actions, self.idle + other.idle, self.faults + other.faults,
        )  # fmt: skip


def describe_counts(totals: Totals) -> str:
    """Return how often each action was done, of how often it was tried, and how often each fault struck."""
    tried = totals.actions + totals.idle
    actions = ", ".join(f"{name} {totals.actions[name]}/{count}" for name, count in sorted(tried.items()))
    faults = ", ".join(f"{name} {count}" for name, count in sorted(totals.faults.items()) if name)
    return f"Actions: {actions}\nFaults and disturbances: {faults}"


def run_part(given: argparse.Namespace, part: int) -> Totals:
    """Run every n-th seed in an office of this process's own."""
    folder = Path(tempfile.mkdtemp(prefix="simulation-"))
    seeds = itertools.chain.from_iterable(numbers_in(text) for text in given.seeds)
    try:
        return simulate(given, folder, itertools.islice(seeds, part, None, given.processes))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def simulate(given: argparse.Namespace, folder: Path, seeds: Iterator[int]) -> Totals:
    import tests.environment  # noqa: F401 - a data folder of its own

    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "pipelines_portal.settings.portal",
        "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
    }
    import django

    django.setup()
    from tests.simulation.running import make_office, run_in_fork, shorten
    from tests.simulation.scenario import Day

    totals = Totals()
    with make_office(folder, given.migrated) as office:
        for seed in seeds:
            day = Day(seed, tuple(range(given.steps)))
            result = run_in_fork(day, office)
            if given.twice and run_in_fork(day, office).digest != result.digest:
                result.error = "not the same when it is run again"
            totals += Totals(
                1, bool(result.error), result.simulated_seconds / 3600, result.cpu_seconds,
                Counter(result.actions), Counter(result.idle), Counter(result.faults),
            )  # fmt: skip
            if given.replay:
                shorter, result = shorten(day, result, office) if result.error else (day, result)
                print(*result.trace, f"{len(shorter.steps)} steps: {shorter}", sep="\n")
            if result.error:
                print(f"seed {seed}: {result.error}", flush=True)
            if (result.error and given.first) or 0 < given.hours * 3600 < totals.cpu_seconds:
                break
    return totals


def numbers_in(text: str) -> Iterable[int]:
    """Return the numbers of 17, 1-20, or 1- without an end."""
    first, is_range, last = text.partition("-")
    return itertools.count(int(first)) if is_range and not last else range(int(first), int(last or first) + 1)
