"""Memory of all that `make run` starts, as proportional set size: idle, and after it was used.

Used means: imports of 12,480 rows, those as a spreadsheet, their sending, an export, a template, and pages of 200 and
of the ledger by eight at once. Prints each against its limit; ends with 1 when one is missed.
`python bench/memory.py [rounds]`.
"""

import csv
import io
import re
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shared.make_run import Running, make_run, name_of

EMAIL, PASSWORD = "demo@example.com", "pipelines-demo"
IDLE_MB, USED_MB = 250, 300
SETTLE_SECONDS = 20
ROWS = 12_480
WORKFLOW = "/keys/1/workflows/42"


class Person:
    """Signed in, with a browser's cookies."""

    def __init__(self, running: Running) -> None:
        self.url, self.session = running.url, requests.Session()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get("/sign-in/"))
        assert token
        self.post("/sign-in/", data={"username": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": token[1]})

    def get(self, path: str) -> str:
        answer = self.session.get(self.url + path, timeout=120)
        answer.raise_for_status()
        return answer.text

    def post(self, path: str, **given: Any) -> requests.Response:
        headers = {"X-CSRFToken": self.session.cookies.get("portal_csrf", ""), "Referer": self.url}
        answer = self.session.post(self.url + path, headers=headers, timeout=120, **given)
        assert answer.status_code < 400, answer.text
        return answer

    def import_rows(self, number: int) -> None:
        """To checked rows, back as a spreadsheet, and to tasks, 5,000 a request."""
        file = ("rows.csv", table(f"bench {number}"), "text/csv")
        begun = self.post(f"{WORKFLOW}/import/", data={"token": str(uuid4()), "zone": "UTC"}, files={"file": file})
        found = re.match(rf"{self.url}({WORKFLOW}/import/[0-9a-f-]+/)", begun.url)
        assert found, begun.url
        address = found[1]
        until(lambda: self.session.get(self.url + address, timeout=60).url.endswith("/check/"))
        self.get(f"{address}rows/not-sent.xlsx")
        self.post(f"{address}send/", data={"rows": ROWS})
        until(lambda: "tasks were created" in self.get(f"{address}progress/"))
        self.post("/submissions/export/", data={"format": "csv", "zone": "UTC"})


def table(name: str) -> bytes:
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(["Text to translate", "Target language"])
    lines.writerows([f"{name}, sentence {row}", "French"] for row in range(ROWS))
    return text.getvalue().encode()


def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(0.5)


def use(running: Running, rounds: int) -> None:
    person = Person(running)
    pages = [
        f"{WORKFLOW}/tasks/?limit=200", f"{WORKFLOW}/tasks/?limit=200&status=finished", "/", "/submissions/",
        f"{WORKFLOW}/tasks/new/", f"{WORKFLOW}/import/template.xlsx", "/account/",
    ]  # fmt: skip
    for number in range(rounds):
        person.import_rows(number)
        with ThreadPoolExecutor(8) as people:
            list(people.map(person.get, pages * 20))


def measured(running: Running, what: str) -> float:
    by_process = running.memory()
    told = ", ".join(f"{name_of(pid)} {size:.0f}" for pid, size in by_process.items())
    print(f"{what}: {sum(by_process.values()):.0f} MB ({told})", flush=True)
    return sum(by_process.values())


def report(claim: str, value: float, limit: float) -> bool:
    print(
        f"{'holds' if value <= limit else 'FAILS'}  {claim}: {value:.0f} MB, {value / limit:.2f} of {limit:g}",
        flush=True,
    )
    return value <= limit


def main(rounds: int) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-memory-") as folder:
        with make_run(Path(folder)):  # modules compile themselves, the demo is made: once, and not what is measured
            pass
        with make_run(Path(folder)) as running:
            running.wait_for("exited: announce")
            time.sleep(SETTLE_SECONDS)
            idle = measured(running, "idle")
            use(running, rounds)
            measured(running, "at once after use")
            time.sleep(SETTLE_SECONDS)
            used = measured(running, "after use, and rest")
    return int(not all([report("idle", idle, IDLE_MB), report("after use", used, USED_MB)]))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
