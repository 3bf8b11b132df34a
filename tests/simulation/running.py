"""Runs a day in a fork of this process, so that it leaves nothing to the next, and shortens one that fails."""

import gc
import json
import os
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tests.fake_api import fake_api
from tests.simulation.database import close_connections
from tests.simulation.invariants import Broken
from tests.simulation.office import Office
from tests.simulation.scenario import Day, Scenario
from tests.simulation.scripts import Play, Script
from tests.simulation.seeds import Totals
from tests.simulation.world import use_world, world

CPU_SECONDS = time.process_time
# Enough to import the modules and compile the templates that the seeds use.
WARM_UP_SEED, WARM_UP_STEPS = -1, 20


@dataclass
class Result:
    """The result of one day: `error` is "" if all invariants held; `digest` is of all statements and requests.

    `actions` and `faults` count what was done and what struck, and `idle` the actions that found nothing to do.
    """

    digest: str = ""
    error: str = ""
    last_step: int = 0
    simulated_seconds: float = 0.0
    cpu_seconds: float = 0.0
    trace: list[str] = field(default_factory=list)
    actions: dict[str, int] = field(default_factory=dict)
    idle: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    rare: dict[str, int] = field(default_factory=dict)

    @property
    def totals(self) -> Totals:
        return Totals(
            1, bool(self.error), self.simulated_seconds / 3600, self.cpu_seconds,
            Counter(self.actions), Counter(self.idle), Counter(self.faults), Counter(self.rare),
        )  # fmt: skip

    @property
    def kind(self) -> str:
        """How it failed, without the texts and numbers of this day."""
        return self.error.partition(":")[0]


@contextmanager
def make_office(folder: Path, migrated: Path | None = None) -> Iterator[Office]:
    """Create the office once, and let all code load: each day begins with a copy of both."""
    use_world()
    with fake_api() as api:
        office = Office(api, folder, migrated)
        _run(Scenario(Day(WARM_UP_SEED, tuple(range(WARM_UP_STEPS))), office))
        gc.collect()
        gc.freeze()
        try:
            yield office
        finally:
            office.database.drop()


def run_in_fork(day: Day, office: Office) -> Result:
    return _in_fork(lambda: _run(Scenario(day, office)))


def play_in_fork(script: Script, office: Office) -> Result:
    return _in_fork(lambda: _run(Play(script, office)))


def _in_fork(run: Callable[[], Result]) -> Result:
    close_connections()  # a fork may not use them, too
    reader, writer = os.pipe()
    if child := os.fork():
        os.close(writer)
        with os.fdopen(reader) as file:
            text = file.read()
        os.waitpid(child, 0)
        return Result(**json.loads(text)) if text else Result(error="The process ended.")
    try:
        os.close(reader)
        gc.disable()
        with os.fdopen(writer, "w") as file:
            json.dump(asdict(run()), file)
    finally:
        os._exit(0)


def _run(scenario: Scenario) -> Result:
    began, result = CPU_SECONDS(), Result()
    try:
        scenario.run()
    except Broken as error:
        result.error = str(error)
    except Exception as error:
        result.error = "".join(traceback.format_exception_only(error)).strip()
        world.trace.extend(traceback.format_exception(error))
    world.interleaving = None
    close_connections()
    result.cpu_seconds, result.simulated_seconds = CPU_SECONDS() - began, world.elapsed
    result.digest, result.trace, result.last_step = world.digest.hexdigest(), world.trace, world.step
    result.actions, result.idle, result.faults = dict(world.actions), dict(world.idle), dict(world.faults)
    result.rare = dict(world.rare)
    return result


def shorten(day: Day, result: Result, office: Office) -> tuple[Day, Result]:
    """Leave out steps, then faults, as long as the day fails in the same way. Return the shortest day found."""
    day = replace(day, steps=tuple(step for step in day.steps if step <= result.last_step))
    size = max(len(day.steps) // 2, 1)
    while size:
        for start in range(len(day.steps) - size, -1, -size):
            shorter = replace(day, steps=day.steps[:start] + day.steps[start + size :])
            day, result = _shorter_if_same(day, result, shorter, office)
        size //= 2
    for step in day.steps:
        day, result = _shorter_if_same(day, result, replace(day, calm=day.calm | {step}), office)
    return day, result


def _shorter_if_same(day: Day, result: Result, shorter: Day, office: Office) -> tuple[Day, Result]:
    other = run_in_fork(shorter, office)
    return (shorter, other) if other.kind == result.kind else (day, result)
