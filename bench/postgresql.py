"""PostgreSQL against SQLite, a million tasks in each: 5,000 more in one request, and pages of 200, in turns.

Neither waits for its disk: SQLite does not after a write (WAL, synchronous NORMAL), PostgreSQL is told so by
bin/test-services (fsync off). It starts PostgreSQL where none is running, as root.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import psycopg
from shared.external_api import FOLDER, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from pipelines_portal.external_api.tasks.pagination import encode_cursor

ROOT = Path(__file__).resolve().parents[1]
BATCH, PAGE, ROUNDS = 5000, 200, 15
PAGES = {
    "the first page": {},
    "the last page": {"cursor": encode_cursor(PAGE + 1)},
    "a page of a status": {"status": "finished"},
    "a page of a rare status": {"status": "quarantined"},
}


class Side:
    """The External API over one database, in a process of its own."""

    def __init__(self, database: dict[str, str]) -> None:
        command = [sys.executable, str(ROOT / "bench" / "shared" / "million_tasks.py")]
        env = os.environ | database
        self.process = subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()

    def seconds(self, method: str, query: str = "", count: int = 0) -> float:
        assert self.process.stdin
        self.process.stdin.write(json.dumps([method, query, count]) + "\n")
        self.process.stdin.flush()
        return float(self.read())


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a new database."""
    services = Path(FOLDER) / "services"
    env = os.environ | {"TEST_SERVICES_DIR": str(services)}
    subprocess.run([ROOT / "bin" / "test-services"], env=env, check=True, stdout=subprocess.DEVNULL)
    try:
        server = dict(line.split("=", 1) for line in (services / "env").read_text().splitlines())["TEST_POSTGRES_URL"]
        name = f"bench_{uuid4().hex}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        yield f"{server.rsplit('/', 1)[0]}/{name}"
    finally:
        subprocess.run([ROOT / "bin" / "test-services", "stop"], env=env, check=True)


def ratio(sides: list[Side], rounds: int, method: str, query: str = "", count: int = 0) -> float:
    """The best time of the second over that of the first."""
    turns = [[side.seconds(method, query, count) for side in sides] for _ in range(rounds)]
    first, second = (min(times) for times in zip(*turns, strict=True))
    print(f"  SQLite {first * 1000:.1f} ms, PostgreSQL {second * 1000:.1f} ms")
    return float(second / first)


def compare(sides: list[Side]) -> bool:
    for side in sides:
        assert side.read() == "filled\n"
    holds = [report("5,000 tasks in one request, over SQLite's time", ratio(sides, ROUNDS, "POST", count=BATCH), 2.0)]
    for name, query in PAGES.items():
        took = ratio(sides, 10 * ROUNDS, "GET", "?" + urlencode({"limit": PAGE} | query))
        holds.append(report(f"{name} of 200, over SQLite's time", took, 1.5))
    return all(holds)


with postgresql() as url:
    both = [Side({}), Side({"EXTERNAL_API_DATABASE_URL": url})]
    good = compare(both)
    for side in both:
        side.process.communicate()
sys.exit(not good)
