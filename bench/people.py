"""Operators at work at once: each opens the task list, a task and the form, and creates a task, again and again.

    .venv/bin/python bench/people.py
    .venv/bin/python bench/people.py --against COMMIT

Claims:
  50 people who think for a second, the 95th percentile of each request over the median of one alone    at most 4
  wrong answers                                                                                          at most 0
  with `--against COMMIT`, for 16 people who do not think: processor time of the portal, and of the
  External API, for a request of theirs here, over that at the commit                                    at most 1.25
Prints also how many requests a second two processes answer over one: the API and this script share the cores.
BENCH_PEOPLE and BENCH_SECONDS reduce the number of people and the time (15 s), BENCH_ROUNDS the turns (3).
"""

import json
import random
import re
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from shared.measuring import claim, size
from shared.programs import WORKFLOW, ExternalApi, Portal, external_api, portal
from shared.versions import Figures, Round, run_versions

PEOPLE, SECONDS = size("BENCH_PEOPLE", 50), size("BENCH_SECONDS", 15)
BUSY_PEOPLE, TASKS, WORKFLOWS, ROUNDS = 16, 200, 2, size("BENCH_ROUNDS", 3)
PASSWORD = "correct horse battery"
STEPS = ("list", "detail", "form", "create")
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
KEPT = re.compile(r'name="keep" value="([^"]+)" checked')
FIELD = re.compile(r'name="([^"]*(?:input_text|target_language)[^"]*)"')
TASK = re.compile(r'href="(?:[^"]*/)?(\d+)/[^"]*"[^>]*>\s*\d+\s*</a>')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Work:
    """The seconds of each request by its step, and the wrong answers."""

    seconds: float = 0
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(map(len, self.times.values()))

    @property
    def milliseconds_a_request(self) -> float:
        return self.seconds / self.requests * 1000

    def percentile(self, percent: int, step: str) -> float:
        """Return milliseconds."""
        return statistics.quantiles(self.times[step], n=100)[percent - 1] * 1000


@dataclass
class Operator:
    """The cookies of somebody signed in, and the key that they work with."""

    cookies: dict[str, str]
    key_id: int


class Browser:
    """One connection of an operator."""

    def __init__(self, port: int, operator: Operator, work: Work) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies, self.work, self.count = dict(operator.cookies), work, 0
        self.path = f"/keys/{operator.key_id}/workflows/{WORKFLOW}/tasks/"

    def do_round(self, thinking: float) -> None:
        page = self._ask("list", "GET", f"{self.path}?limit=50")
        think(thinking)
        task = TASK.search(page)
        self._ask("detail", "GET", f"{self.path}{task[1] if task else 1}/")
        think(thinking)
        form = self._ask("form", "GET", f"{self.path}new/")
        think(thinking)
        self._ask("create", "POST", f"{self.path}new/", self._filled(form))
        think(thinking)

    def _filled(self, form: str) -> str:
        self.count += 1
        values = dict(HIDDEN.findall(form.partition('id="task-form"')[2]))
        for name in FIELD.findall(form):
            values[name] = f"Text {self.count} of {id(self)}" if "input_text" in name else "French"
        token = TOKEN.search(form)
        values |= {"csrfmiddlewaretoken": token[1] if token else "", "then": "list"}
        return urlencode([*values.items(), *(("keep", name) for name in KEPT.findall(form))])

    def _ask(self, step: str, method: str, path: str, body: str = "") -> str:
        headers = {"Cookie": "; ".join("=".join(pair) for pair in self.cookies.items()), "Accept": "text/html"}
        if body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"http://127.0.0.1{path}"}
        started = time.perf_counter()
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        self.work.times[step].append(time.perf_counter() - started)
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status != (302 if step == "create" else 200):
            title = text.partition("<title>")[2].partition("</title>")[0]
            self.work.errors.append(f"{step}: {answer.status} {title}")
        return text


def think(seconds: float) -> None:
    if seconds:
        time.sleep(random.uniform(seconds / 2, seconds * 1.5))


def at_work(program: Portal, operators: list[Operator], thinking: float, seconds: float) -> Work:
    """Let these operators work at once, each thinking about so many seconds between two requests."""
    work, end = Work(), time.monotonic() + seconds

    def work_alone(operator: Operator) -> None:
        browser = Browser(program.port, operator, work)
        time.sleep(random.uniform(0, thinking))
        while time.monotonic() < end:
            browser.do_round(thinking)

    threads = [threading.Thread(target=work_alone, args=(operator,)) for operator in operators]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work.seconds = time.monotonic() - started
    return work


@contextmanager
def office(folder: Path, people: int) -> Iterator[tuple[ExternalApi, Portal, list[Operator]]]:
    """Run both programs, with operators who are signed in, each with a key of their own."""
    with external_api(folder / "api") as api:
        keys = api.fill("keys", str(people))
        api.create_tasks(keys[0], TASKS)
        with portal(folder / "portal", api.api_url) as program:
            ids = program.fill("operators", str(WORKFLOWS), stdin=json.dumps(keys))
            sessions = [program.sign_in(f"operator{number}@acme.example", PASSWORD).session for number in range(people)]
            operators = [Operator(one.cookies.get_dict(), key_id) for one, key_id in zip(sessions, ids, strict=True)]
            yield api, program, operators


def busy(program: Portal, operators: list[Operator]) -> Work:
    at_work(program, operators[:4], 0, 2)
    return at_work(program, operators[:BUSY_PEOPLE], 0, SECONDS)


@contextmanager
def prepare(folder: Path) -> Iterator[Round]:
    with office(folder, BUSY_PEOPLE) as (api, program, operators):

        def run_round() -> Figures:
            programs = {"portal": program, "External API": api}
            at_work(program, operators[:4], 0, 2)
            before = {name: one.cpu_seconds() for name, one in programs.items()}
            work = at_work(program, operators, 0, SECONDS)
            assert not work.errors, work.errors[:3]
            return {
                f"CPU of the {name}, ms a request": (one.cpu_seconds() - before[name]) / work.requests * 1000
                for name, one in programs.items()
            }

        yield run_round


def measure(folder: Path) -> Iterator[bool]:
    with office(folder, max(PEOPLE, BUSY_PEOPLE)) as (_, program, operators):
        at_work(program, operators[:PEOPLE], 1, 3)
        alone = at_work(program, operators[:1], 0, SECONDS / 2)
        together = at_work(program, operators[:PEOPLE], 1, SECONDS)
        one = busy(program, operators)
        program.stop()
        program.start(processes=2)
        two = busy(program, operators)
    for step in STEPS:
        ratio = together.percentile(95, step) / alone.percentile(50, step)
        yield claim(f"{step}, 95th percentile of {PEOPLE} people over the median of one", ratio, 4)
    errors = [error for work in (alone, together, one, two) for error in work.errors]
    print("\n".join(errors[:3]), end="\n" if errors else "")
    yield claim("wrong answers", len(errors), 0)
    print(f"requests a second of two processes over one: {one.milliseconds_a_request / two.milliseconds_a_request:.2f}")


if __name__ == "__main__":
    run_versions(measure, prepare, ROUNDS, limit=1.25)
