"""Operators at work: each opens the list, a task, the form, and creates a task, again and again."""

import random
import re
import statistics
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

from shared.contestants import WORKFLOW, Contestant, Operator

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
KEPT = re.compile(r'name="keep" value="([^"]+)" checked')
NAMED = re.compile(r'name="([^"]*(?:input_text|target_language)[^"]*)"')
TASK = re.compile(r'href="(?:[^"]*/)?(\d+)/[^"]*"[^>]*>\s*\d+\s*</a>')
STEPS = ("list", "detail", "form", "create")


@dataclass
class Work:
    """Seconds of each request, by its step; what was answered wrongly."""

    seconds: float = 0
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    @property
    def all_times(self) -> list[float]:
        return [one for times in self.times.values() for one in times]

    @property
    def a_second(self) -> float:
        return len(self.all_times) / self.seconds

    def percentile(self, percent: int, step: str = "") -> float:
        """In milliseconds."""
        return statistics.quantiles(self.times[step] if step else self.all_times, n=100)[percent - 1] * 1000


class Browser:
    """One person's connection and cookies."""

    def __init__(self, port: int, operator: Operator, work: Work) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.operator, self.work = operator, work
        self.jar = dict([operator.cookie.split("=", 1)])
        self.place = f"/keys/{operator.key_id}/workflows/{WORKFLOW}/tasks/"
        self.count = 0

    def do_round(self, pause: float) -> None:
        page = self._ask("list", "GET", f"{self.place}?limit=50")
        self._think(pause)
        task = TASK.search(page)
        self._ask("detail", "GET", f"{self.place}{task[1] if task else 1}/")
        self._think(pause)
        form = self._ask("form", "GET", f"{self.place}new/")
        self._think(pause)
        self._ask("create", "POST", f"{self.place}new/", self._filled(form))
        self._think(pause)

    def _filled(self, form: str) -> str:
        self.count += 1
        values = dict(HIDDEN.findall(form.partition('id="task-form"')[2] or form.partition("data-shortcuts")[0]))
        for name in NAMED.findall(form):
            values[name] = f"Text {self.count} of {id(self)}" if "input_text" in name else "French"
        values |= {"csrfmiddlewaretoken": self._token(form), "then": "list"}
        return urlencode([*values.items(), *(("keep", name) for name in KEPT.findall(form))])

    def _token(self, form: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        return found[1] if found else ""

    def _ask(self, step: str, method: str, path: str, body: str = "") -> str:
        headers = {"Cookie": "; ".join("=".join(pair) for pair in self.jar.items()), "Accept": "text/html"}
        if body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"http://127.0.0.1{path}"}
        started = time.perf_counter()
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        self.work.times[step].append(time.perf_counter() - started)
        self._look_at(answer, step, text)
        return text

    def _look_at(self, answer: HTTPResponse, step: str, text: str) -> None:
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, text = value.partition(";")[0].partition("=")
                self.jar[cookie] = text
        if answer.status != (302 if step == "create" else 200):
            title = text.partition("<title>")[2].partition("</title>")[0]
            self.work.errors.append(f"{step}: {answer.status} {title}")

    def _think(self, pause: float) -> None:
        if pause:
            time.sleep(random.uniform(pause / 2, pause * 1.5))


def at_work(contestant: Contestant, people: int, pause: float, seconds: float) -> Work:
    """So many people at once for so long, each thinking `pause` seconds or so between two requests."""
    work = Work()
    until = time.monotonic() + seconds

    def one(operator: Operator) -> None:
        browser = Browser(contestant.port, operator, work)
        time.sleep(random.uniform(0, pause))
        while time.monotonic() < until:
            browser.do_round(pause)

    threads = [threading.Thread(target=one, args=(operator,)) for operator in contestant.operators[:people]]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work.seconds = time.monotonic() - started
    return work
