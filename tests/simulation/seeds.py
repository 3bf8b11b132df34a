"""Runs many seeds in one process, which imports the portal with a database of its own."""

import argparse
import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it needs the settings, which `run_seeds` chooses
    from tests.simulation.office import Office


@dataclass
class Totals:
    seeds: int = 0
    failed: int = 0
    simulated_hours: float = 0.0
    cpu_seconds: float = 0.0
    actions: Counter[str] = field(default_factory=Counter)
    idle: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    rare: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.seeds + other.seeds, self.failed + other.failed,
            self.simulated_hours + other.simulated_hours, self.cpu_seconds + other.cpu_seconds,
            self.actions + other.actions, self.idle + other.idle, self.faults + other.faults, self.rare + other.rare,
        )  # fmt: skip


def describe_counts(totals: Totals) -> str:
    """Return how often each action did something, of how often it was tried, and how often each fault came."""
    tried = totals.actions + totals.idle
    actions = ", ".join(f"{name} {totals.actions[name]}/{count}" for name, count in sorted(tried.items()))
    faults = ", ".join(f"{name} {count}" for name, count in sorted(totals.faults.items()) if name)
    rare = ", ".join(f"{name} {count}" for name, count in sorted(totals.rare.items()))
    return f"Actions: {actions}\nFaults and disturbances: {faults}\nRare states: {rare}"


def run_part(options: argparse.Namespace, part: int) -> Totals:
    """Run the seeds of one of several processes."""
    folder = Path(tempfile.mkdtemp(prefix="simulation-"))
    seeds = itertools.chain.from_iterable(map(parse_seeds, options.seeds))
    try:
        return run_seeds(options, folder, itertools.islice(seeds, part, None, options.processes), part)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_seeds(options: argparse.Namespace, folder: Path, seeds: Iterator[int], part: int) -> Totals:
    import tests.environment  # noqa: F401 - a data folder of its own
    from tests.simulation.database import add_connection_beside, choose_database

    os.environ["DJANGO_SETTINGS_MODULE"] = "pipelines_portal.settings.portal"
    choose_database(folder)
    import django

    add_connection_beside()
    django.setup()
    from tests.simulation.running import make_office

    with make_office(folder, options.migrated) as office:
        scripts = play_scripts(options, office) if options.scripts and not part else Totals()
        return scripts + play_seeds(options, office, seeds)


def play_scripts(options: argparse.Namespace, office: "Office") -> Totals:
    from tests.simulation.days import DAYS
    from tests.simulation.running import play_in_fork

    totals = Totals()
    for script in DAYS:
        result = play_in_fork(script, office)
        totals += result.totals
        if result.error:
            print(*result.trace, f"script {script}: {result.error}", sep="\n", flush=True)
            if options.first:
                break
    return totals


def play_seeds(options: argparse.Namespace, office: "Office", seeds: Iterator[int]) -> Totals:
    from tests.simulation.running import run_in_fork, shorten
    from tests.simulation.scenario import Day

    totals = Totals()
    for seed in seeds:
        day = Day(seed, tuple(range(options.steps)))
        result = run_in_fork(day, office)
        if options.twice and run_in_fork(day, office).digest != result.digest:
            result.error = "not the same when it is run again"
        totals += result.totals
        if options.replay:
            shorter, result = shorten(day, result, office) if result.error else (day, result)
            print(*result.trace, f"{len(shorter.steps)} steps: {shorter}", sep="\n")
        if result.error:
            print(f"seed {seed}: {result.error}", flush=True)
        if (result.error and options.first) or 0 < options.hours * 3600 < totals.cpu_seconds:
            break
    return totals


def parse_seeds(text: str) -> Iterable[int]:
    """Return the seeds of "17" or "1-20", or all from "1-" on."""
    first, is_range, last = text.partition("-")
    return itertools.count(int(first)) if is_range and not last else range(int(first), int(last or first) + 1)
