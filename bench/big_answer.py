"""A process that read an answer of many MB, or sent as much, gives the memory back.

Each case in a process of its own, set up as `make run` does, four calls at once. Prints what it holds before, at most
and after, what stays against its limit, and what stays of it when left alone; ends with 1 when one is missed.
"""

import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipelines_portal.api_client import PipelinesClient, PipelinesError, Transport
from pipelines_portal.shared import memory
from tests.faulty_api import Answer, answer, faulty_api

WORKFLOW = 42
# At once, as pages are asked for: each thread has its own share of the heap.
CALLS = 4
# A third of what such a process holds that has read nothing large.
MOST_KEPT_MB = 16.0
BARE = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
Case = Callable[[PipelinesClient], Any]


def task(number: int) -> dict[str, Any]:
    at, nodes = "2026-01-01T00:00:00Z", {"total": 3, "finished": 1, "in_progress": 1, "pending": 1}
    return {"id": number, "status": "pending", "node_summary": nodes, "created_at": at, "updated_at": at}


def page(padding: int) -> dict[str, Any]:
    """A list of 1,000, each with as many unknown values."""
    more = [{"key": f"value {number}", "at": number} for number in range(padding)]
    return {"tasks": [task(number) | {"more": more} for number in range(1, 1001)], "next_cursor": None}


def schema() -> dict[str, Any]:
    options = [f"Option {number} {'x' * 1900}" for number in range(5000)]
    return {"fields": [{"name": "choice", "type": "select", "required": True, "options": options}]}


def errors() -> dict[str, Any]:
    found = [{"index": number, "field_name": "text", "message": "m" * 1000} for number in range(5000)]
    return {"success_count": 0, "error_count": 5000, "errors": found, "task_ids": []}


def sent(client: PipelinesClient) -> None:
    client.create_tasks(WORKFLOW, [{"text": f"{number} {'x' * 4000}"} for number in range(5000)])


ANSWERS: dict[str, Callable[[], Answer]] = {
    "a page of 1,000": lambda: answer(200, page(0)),
    "a page of 1,000, 50 MB": lambda: answer(200, page(1400)),
    "an answer too large": lambda: answer(200, {"name": "x" * 70_000_000}),
    "5,000 options, 10 MB": lambda: answer(200, schema()),
    "5,000 rows sent, 20 MB": lambda: answer(200, errors()),
}
CASES: dict[str, Case] = {
    "a page of 1,000": lambda client: client.list_tasks(WORKFLOW),
    "a page of 1,000, 50 MB": lambda client: client.list_tasks(WORKFLOW),
    "an answer too large": lambda client: client.workflow(WORKFLOW),
    "5,000 options, 10 MB": lambda client: client.schema(WORKFLOW),
    "5,000 rows sent, 20 MB": sent,
}


def held(what: str) -> float:
    """MB of this process."""
    found = re.search(rf"^{what}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) / 1024


def call(case: Case, client: PipelinesClient) -> None:
    with suppress(PipelinesError):
        case(client)


def ask(name: str, url: str, small: str, gives_back: str) -> None:
    """In a process of its own."""
    if gives_back == "yes":
        memory.keep_little()
    else:
        memory.give_back_soon = lambda: None
    logging.disable()
    warm, client = (PipelinesClient(Transport(to, 120), "pk_live_" + "a" * 40) for to in (small, url))
    with ThreadPoolExecutor(CALLS) as threads:
        list(threads.map(lambda _: call(CASES["a page of 1,000"], warm), range(5 * CALLS)))
        before = held("VmRSS")
        list(threads.map(lambda _: call(CASES[name], client), range(CALLS)))
        time.sleep(memory.SOON_SECONDS + 1)
        print(json.dumps([before, held("VmHWM"), held("VmRSS")]))


def asked(name: str, gives_back: str) -> list[float]:
    with faulty_api(ANSWERS["a page of 1,000"]()) as small, faulty_api(ANSWERS[name]()) as api:
        command = [sys.executable, __file__, name, api.url, small.url, gives_back]
        told = subprocess.run(command, env=BARE, stdout=subprocess.PIPE, check=True, text=True)
    found: list[float] = json.loads(told.stdout)
    return found


def report(name: str) -> bool:
    before, most, after = asked(name, "yes")
    without = asked(name, "no")
    kept = after - before
    print(
        f"{'holds' if kept <= MOST_KEPT_MB else 'FAILS'}  {name}: {before:.0f} MB before, {most:.0f} at most, "
        f"{after:.0f} after: {kept:.1f} MB stay, {kept / MOST_KEPT_MB:.2f} of {MOST_KEPT_MB:g}; "
        f"left alone {without[2] - without[0]:.1f}",
        flush=True,
    )
    return kept <= MOST_KEPT_MB


if __name__ == "__main__":
    if len(sys.argv) > 1:
        ask(*sys.argv[1:])
    else:
        verdicts = [report(name) for name in CASES]
        sys.exit(not all(verdicts))
