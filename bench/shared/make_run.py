"""What `make run` starts, with ports and a data folder of its own: how long it takes, and what its processes hold."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.processes import family, pss
from tests.external_api.server import free_port

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 300.0


@dataclass
class Running:
    """`seconds` from the start until it said where to go."""

    process: "subprocess.Popen[bytes]"
    said: Path
    url: str
    api_url: str
    seconds: float

    def wait_for(self, words: str) -> None:
        _wait_for(self.process, self.said, words)

    def memory(self) -> dict[int, float]:
        """Proportional set size by process, in MB: a page that several share counts once."""
        return {pid: pss(pid) for pid in family(self.process.pid)}


@contextmanager
def make_run(folder: Path, *, project: Path = PROJECT, command: tuple[str, ...] = ()) -> Iterator[Running]:
    """`command` in place of the programs' own, such as `make run`, that has to install them first."""
    port, api_port = free_port(), free_port()
    env = os.environ | {"PORT": str(port), "API_PORT": str(api_port), "DATA_DIR": str(folder / "data")}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    said, began = folder / "said.log", time.monotonic()
    with said.open("wb") as out:
        run = command or (sys.executable, "bin/run")
        process = subprocess.Popen(run, cwd=project, env=env, stdout=out, stderr=out, start_new_session=True)
    try:
        _wait_for(process, said, "Ctrl-C")
        took = time.monotonic() - began
        yield Running(process, said, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{api_port}/api/v1", took)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_for(process: "subprocess.Popen[bytes]", said: Path, words: str) -> None:
    began = time.monotonic()
    while words not in (text := said.read_text()):
        if process.poll() is not None or time.monotonic() - began > PATIENCE_SECONDS:
            raise SystemExit(f"{words!r} was not said:\n{text}")
        time.sleep(0.02)


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()
