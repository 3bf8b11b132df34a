"""A program in as many processes as are wanted, and how long it takes to answer so many clients at once."""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.external_api.server import free_port
from tests.live import answers, end, wait_until

ROOT = Path(__file__).resolve().parents[2]
HEALTH = {"portal": "/health", "external_api": "/api/v1/health"}
PORT = {"portal": "PORT", "external_api": "API_PORT"}


@dataclass(frozen=True)
class Question:
    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Served:
    port: int
    clients: int

    def milliseconds(self, question: Question, times: int) -> float:
        """The median of an answer, each client asking so many times, all at once."""
        taken: list[float] = []
        threads = [threading.Thread(target=self._ask, args=(question, times, taken)) for _ in range(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == times * self.clients, f"{question.path} was not answered."
        return statistics.median(taken) * 1000

    def _ask(self, question: Question, times: int, taken: list[float]) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=300)
        for _ in range(times):
            started = time.perf_counter()
            connection.request(question.method, question.path, question.body or None, dict(question.headers))
            answer = connection.getresponse()
            told = answer.read()
            taken.append(time.perf_counter() - started)
            assert answer.status == 200, (question.path, answer.status, told[:300])
        connection.close()


@contextmanager
def served(program: str, env: Mapping[str, str], processes: int) -> Iterator[Served]:
    """One client a process."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO")}
    whole = inherited | dict(env) | {PORT[program]: str(port), "WEB_CONCURRENCY": str(processes)}
    command = [sys.executable, "-m", "pipelines_portal.shared.web_server", program]
    with (Path(env["DATA_DIR"]) / f"{program}.log").open("ab") as log:
        started = [subprocess.Popen(command, cwd=ROOT, env=whole, stdout=log, stderr=log) for _ in range(processes)]
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}{HEALTH[program]}"), f"{program} to start")
        time.sleep(3)  # until the others listen as well
        yield Served(port, processes)
    finally:
        for process in started:
            end(process)
