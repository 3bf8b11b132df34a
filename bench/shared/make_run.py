"""Everything that `make run` starts, with ports and a data folder of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .measuring import process_tree, shared_megabytes
from .programs import PROJECT, free_port, stop, wait_until

START_SECONDS = 300
BANNER = "Ctrl-C"


@dataclass
class Run:
    """`seconds` is the time from the start to the banner that says where to go."""

    process: "subprocess.Popen[bytes]"
    log: Path
    url: str
    seconds: float

    def wait_for(self, text: str) -> None:
        """Wait until the output contains this text."""
        wait_until(lambda: has_printed(self.process, self.log, text), repr(text), START_SECONDS, 0.02)

    def megabytes(self) -> float:
        return sum(map(shared_megabytes, process_tree(self.process.pid)))


def has_printed(process: "subprocess.Popen[bytes]", log: Path, text: str) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"The programs ended:\n{log.read_text()}")
    return text in log.read_text()


@contextmanager
def make_run(folder: Path, *, project: Path = PROJECT, command: tuple[str, ...] = ()) -> Iterator[Run]:
    """Start all programs with `bin/run`, or with another command in another copy of the project."""
    port = free_port()
    env = os.environ | {"PORT": str(port), "API_PORT": str(free_port()), "DATA_DIR": str(folder / "data")}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    log, started = folder / "run.log", time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command or (sys.executable, "bin/run"), cwd=project, env=env, stdout=output, stderr=output
        )
    run = Run(process, log, f"http://127.0.0.1:{port}", 0)
    try:
        run.wait_for(BANNER)
        run.seconds = time.monotonic() - started
        yield run
    finally:
        stop(process)
