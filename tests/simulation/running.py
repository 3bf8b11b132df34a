"""Runs seeds. Each is a fork of this process, so that nothing leaks from one into the next."""

import gc
import json
import os
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.db import connection

from tests.fake_api import fake_api
from tests.simulation.invariants import Broken
from tests.simulation.office import Office
from tests.simulation.scenario import Scenario
from tests.simulation.world import use_world, world

CPU_SECONDS = time.process_time
# Enough to import the modules and compile the templates that the seeds use.
WARM_UP_SEEDS, WARM_UP_STEPS = (-1, -2), 20


@dataclass
class Result:
    """The result of one seed: `error` is "" if all invariants held; `digest` is of all statements and requests."""

    seed: int
    digest: str = ""
    error: str = ""
    seconds: float = 0.0
    trace: list[str] = field(default_factory=list)


@contextmanager
def opened_office(folder: Path, migrated: Path | None = None) -> Iterator[Office]:
    """Make the office once: each seed begins with a copy of it."""
    use_world()
    with fake_api() as api:
        office = Office(api, folder, migrated)
        for seed in WARM_UP_SEEDS:
            _run(seed, office, WARM_UP_STEPS)
        gc.collect()
        gc.freeze()
        yield office


def run_in_fork(seed: int, office: Office, steps: int) -> Result:
    reader, writer = os.pipe()
    if child := os.fork():
        os.close(writer)
        with os.fdopen(reader) as file:
            text = file.read()
        os.waitpid(child, 0)
        return Result(**json.loads(text)) if text else Result(seed, error="The process ended.")
    try:
        os.close(reader)
        gc.disable()
        with os.fdopen(writer, "w") as file:
            json.dump(asdict(_run(seed, office, steps)), file)
    finally:
        os._exit(0)


def _run(seed: int, office: Office, steps: int) -> Result:
    began, result = CPU_SECONDS(), Result(seed)
    try:
        Scenario(seed, office).run(steps)
    except Broken as error:
        result.error = str(error)
    except Exception as error:
        result.error = "".join(traceback.format_exception_only(error)).strip()
        world.trace.extend(traceback.format_exception(error))
    world.interleaving = None
    connection.close()
    result.seconds, result.digest, result.trace = CPU_SECONDS() - began, world.digest.hexdigest(), world.trace
    return result
