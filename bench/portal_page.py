"""The task list of 200: what the portal adds to its upstream call, and whether threads render side by side.

Prints the ratios of one run:
  page / (1.5 × upstream call + 10 ms)                           at most 1
  pages served to four threads at once / pages served to one     at least 1
and, of the template alone, four threads in one process against one: what the interpreter's lock leaves.
"""

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
FOLDER = Path(tempfile.mkdtemp(prefix="bench-portal-page-"))
os.environ |= {"DATA_DIR": str(FOLDER), "DJANGO_SETTINGS_MODULE": "pipelines_portal.settings"}

import django  # noqa: E402

django.setup()

import requests  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.template.loader import render_to_string  # noqa: E402
from django.utils import timezone  # noqa: E402

from pipelines_portal.api_client import PipelinesClient, Transport  # noqa: E402
from pipelines_portal.tasks.list_rows import task_rows  # noqa: E402
from tests import samples  # noqa: E402
from tests.live import external_api, portal  # noqa: E402

TASKS, ROUNDS, CALLS = 200, 60, 120
WORKFLOW = 42


def milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def median_of_both(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Taken in turns, so that what else the machine does meets both alike."""
    pairs = [(milliseconds(first), milliseconds(second)) for _ in range(ROUNDS)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def page_against_upstream() -> tuple[float, float, tuple[float, float], Any]:
    with external_api(FOLDER / "api") as api:
        api.load(samples.organization("Acme", samples.workflow(WORKFLOW)))
        key = api.new_key("Acme")
        fields = {"input_text": "Hello", "target_language": "French"}
        api.server.post(f"/workflows/{WORKFLOW}/tasks", key=key, json={"tasks": [{"fields": fields}] * TASKS})
        with portal(FOLDER / "portal", api.url) as running:
            running.manage("load_demo", "--key-name", "Acme", "--workflows", str(WORKFLOW), given=key)
            person = running.sign_in("demo@example.com", "pipelines-demo")
            address = f"{running.url}/keys/1/workflows/{WORKFLOW}/tasks/?limit={TASKS}"
            upstream = requests.Session()
            call = f"{api.url}/workflows/{WORKFLOW}/tasks?limit={TASKS}"
            headers = {"Authorization": f"Bearer {key}"}
            assert person.get(address).text.count('id="t') >= TASKS
            page, bare = median_of_both(lambda: person.get(address), lambda: upstream.get(call, headers=headers))
            served = rates(lambda: person.get(address))
            tasks = PipelinesClient(Transport(api.url), key).list_tasks(WORKFLOW, limit=TASKS).tasks
    return page, bare, served, tasks


def a_second(call: Callable[[], object], threads: int) -> float:
    """How often `call` is done a second, its CALLS shared among so many threads."""

    def work() -> None:
        for _ in range(CALLS // threads):
            call()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return CALLS / (time.perf_counter() - started)


def rates(call: Callable[[], object]) -> tuple[float, float]:
    """One thread's rate and that of four, taken in turns."""
    pairs = [(a_second(call, 1), a_second(call, 4)) for _ in range(5)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def render(tasks: Any) -> str:
    return render_to_string(
        "tasks/list.html#task-page", {"rows": task_rows(tasks, {}, ""), "here": "?", "read_at": timezone.now()}
    )


def main() -> None:
    page, bare, served, tasks = page_against_upstream()
    allowed = 1.5 * bare + 10
    print(f"page of {TASKS}: {page:.1f} ms, upstream call: {bare:.1f} ms, allowed: {allowed:.1f} ms")
    print(f"page / allowed: {page / allowed:.2f}")
    print(f"pages a second: to one thread {served[0]:.0f}, to four at once {served[1]:.0f}")
    print(f"four / one: {served[1] / served[0]:.2f}")
    call_command("collectstatic", interactive=False, verbosity=0)
    render(tasks)
    one, four = rates(lambda: render(tasks))
    print(f"renders a second: one thread {one:.0f}, four threads {four:.0f}, ratio {four / one:.2f}")


if __name__ == "__main__":
    main()
