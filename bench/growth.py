"""What grows and what does not: ten million tasks and a ledger of a million rows, each against a hundredth of it.

On SQLite and on PostgreSQL, served by one to four web processes over HTTP, as many clients at once; both sizes in
turns, the best median of each. Asked are the External API (the first page of 200, the last, a rare status whose tasks
are the oldest, 5,000 tasks created in one request) and the portal's ledger. Prints both times and their ratio, at most
1.2, and exits non-zero when one is more.

`growth.py [SQLite|PostgreSQL] [tasks|ledger]` asks a part; BENCH_DIVISOR=100 makes it a hundredth as large, to try.
Takes an hour and 25 GB of disk (TMPDIR says where), and wants a machine with nothing else to do.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from growing.databases import DATABASES, NewDatabase
from growing.served import Question, served

from tests import samples
from tests.live import external_api

GROWING = Path(__file__).with_name("growing")
DIVISOR = int(os.environ.get("BENCH_DIVISOR", "1"))
TASKS = {"small": 100_000 // DIVISOR, "large": 10_000_000 // DIVISOR}
BATCH, PAGE, LIMIT = 5_000, 200, 1.2
PROCESSES = (1, 2, 3, 4)
SETTINGS = {"tasks": "pipelines_portal.external_api.settings", "ledger": "pipelines_portal.settings"}
PROGRAM = {"tasks": "external_api", "ledger": "portal"}
Sides = dict[str, tuple[Mapping[str, str], dict[str, Question]]]


def filled(script: str, env: Mapping[str, str], *arguments: str) -> Any:
    """What a script of growing/ says at its end."""
    command = [sys.executable, str(GROWING / script), *arguments]
    done = subprocess.run(command, env=os.environ | dict(env), stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def tasks(folder: Path, new: NewDatabase) -> Iterator[Sides]:
    sides: Sides = {}
    for size, count in TASKS.items():
        env = environment(folder, new, "tasks", size)
        sides[size] = env, of_tasks(filled("fill_tasks.py", env, str(count)))
        print(f"  {count:,} tasks are there", flush=True)
    yield sides


def of_tasks(told: dict[str, Any]) -> dict[str, Question]:
    path, headers = f"/api/v1/workflows/{told['workflow']}/tasks", {"Authorization": f"Bearer {told['key']}"}
    row = {"fields": {"input_text": "Hello", "target_language": "French"}}
    many = json.dumps({"tasks": [row] * BATCH}).encode()
    return {
        "the first page of 200": Question(f"{path}?limit={PAGE}", headers=headers),
        "the last page of 200": Question(f"{path}?limit={PAGE}&cursor={told['oldest']}", headers=headers),
        "a rare status, the oldest": Question(f"{path}?limit={PAGE}&status=quarantined", headers=headers),
        "5,000 created": Question(path, "POST", headers | {"Content-Type": "application/json"}, many),
    }


def ledger(folder: Path, new: NewDatabase) -> Iterator[Sides]:
    with external_api(folder / "api") as api:
        api.load(samples.organization("Acme", samples.workflow(42)))
        key = api.new_key("Acme")
        sides: Sides = {}
        for size in ("small", "large"):
            env = environment(folder, new, "ledger", size) | {"PIPELINES_API_URL": api.url}
            told = filled("fill_ledger.py", env, f"ledger-{size if DIVISOR == 1 else 'small'}", key)
            headers = {"Cookie": told["cookie"], "Host": "localhost"}
            sides[size] = env, {name: Question(path, headers=headers) for name, path in told["addresses"].items()}
            print(f"  the {size} ledger is there", flush=True)
        yield sides


def environment(folder: Path, new: NewDatabase, part: str, size: str) -> dict[str, str]:
    data = folder / f"{part}-{size}"
    data.mkdir()
    limits = {f"EXTERNAL_API_{limit}_LIMIT": "1000000/minute" for limit in ("KEY", "IP")}
    return new(f"{part}_{size}") | limits | {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": SETTINGS[part]}


def compare(part: str, sides: Sides, processes: int) -> bool:
    """Each question to both sizes in turns."""
    with ExitStack() as stack:
        both = [(stack.enter_context(served(PROGRAM[part], env, processes)), asked) for env, asked in sides.values()]
        held = []
        for name in sides["small"][1]:
            rounds, times = (5, 1) if "created" in name else (9, 10)
            turns = [[side.milliseconds(asked[name], times) for side, asked in both] for _ in range(rounds)]
            held.append(told(name, processes, *(min(side) for side in zip(*turns, strict=True))))
    return all(held)


def told(name: str, processes: int, small: float, large: float) -> bool:
    ratio = large / small
    missed = "" if ratio <= LIMIT else "  MISSED"
    print(f"  {name:<28} {processes} {small:9.1f} {large:9.1f} {ratio:6.2f}{missed}", flush=True)
    return ratio <= LIMIT


@contextmanager
def part_of(part: str, folder: Path, new: NewDatabase) -> Iterator[Sides]:
    yield from {"tasks": tasks, "ledger": ledger}[part](folder, new)


def main(words: list[str]) -> bool:
    held = []
    for name, database in DATABASES.items():
        for part in SETTINGS:
            if not set(words) <= {name, part}:
                continue
            print(f"{name}, {part} ({'':<8} processes, ms small, ms large, ratio)")
            with ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-growth-")))
                sides = stack.enter_context(part_of(part, folder, stack.enter_context(database(folder))))
                held += [compare(part, sides, processes) for processes in PROCESSES]
    return all(held)


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1:]))
