"""People who do the main job again and again, each in a browser of their own, and write down every answer."""

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import requests

# Between two requests of a person: a few people who never rest keep all programs of a small machine from working.
REST_SECONDS = 0.1
# Longer than anything is away.
PATIENCE_SECONDS = 60
CREATED, UNCERTAIN = "created", "uncertain"


@dataclass(frozen=True)
class Answer:
    """`status` is 0 where the connection broke. `name` is what Caddy calls the request."""

    method: str
    path: str
    status: int
    name: str
    began: float
    ended: float
    text: str = ""

    @property
    def is_failure(self) -> bool:
        return self.status == 0 or self.status >= 500

    @property
    def json(self) -> dict[str, Any]:
        """Empty where it is something else."""
        return json.loads(self.text) if self.text.startswith("{") else {}


@dataclass
class Person:
    """At the portal at `url`. `said`: by the text of each task they tried to create, what it answered."""

    url: str
    email: str
    session: requests.Session
    workflow: str
    answers: list[Answer] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)

    def work(self, is_over: threading.Event) -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            self.ask("GET", f"{self.workflow}tasks/")
            time.sleep(REST_SECONDS)
            self.create(f"{self.email} {number}")
            time.sleep(REST_SECONDS)
            self.ask("GET", "/submissions/")
            time.sleep(REST_SECONDS)

    def create(self, text: str) -> None:
        """By the form, as it comes; what the portal answers decides what the person believes."""
        path = f"{self.workflow}tasks/new/"
        page = self.ask("GET", path)
        if page.status != 200:
            return
        form = inputs_of(page.text) | {"field-input_text": text, "field-target_language": "French", "then": "list"}
        answer = self.ask("POST", path, data=form)
        if answer.status == 302:
            self.said[text] = UNCERTAIN if answer.text.startswith("/submissions/") else CREATED

    def ask(self, method: str, path: str, **options: Any) -> Answer:
        began = time.monotonic()
        try:
            found = self.session.request(
                method, self.url + path, timeout=PATIENCE_SECONDS, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            answer = Answer(method, path, 0, "", began, time.monotonic(), type(error).__name__)
        else:
            text = urlsplit(found.headers["Location"]).path if found.is_redirect else found.text
            name = found.headers.get("X-Request-Id", "")
            answer = Answer(method, path, found.status_code, name, began, time.monotonic(), text)
        self.answers.append(answer)
        return answer

    def is_signed_in(self) -> bool:
        return self.ask("GET", "/submissions/").status == 200


class Caller(Person):
    """A program that creates tasks at the External API, one a request, and reads what it made. `workflow`: its path."""

    def work(self, is_over: threading.Event) -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            self.create(f"{self.email} {number}")
            time.sleep(REST_SECONDS)
            self.is_signed_in()
            time.sleep(REST_SECONDS)

    def create(self, text: str) -> None:
        fields = {"input_text": text, "target_language": "French"}
        answer = self.ask("POST", f"{self.workflow}tasks", json={"tasks": [{"fields": fields}]})
        if answer.status == 200:
            self.said[text] = CREATED

    def is_signed_in(self) -> bool:
        """By its key."""
        return self.ask("GET", f"{self.workflow}tasks").status == 200


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.found[given["name"] or ""] = given.get("value") or ""


def inputs_of(page: str, form: str = "") -> dict[str, str]:
    """The hidden inputs of the page, or of its form that goes to `form`."""
    found = re.search(rf'<form[^>]*action="{re.escape(form)}".*?</form>', page, re.DOTALL) if form else None
    reader = _Inputs()
    reader.feed(found[0] if found else page)
    return reader.found


class Crowd:
    """Several at work, in threads, until the block ends."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=person.work, args=[self._is_over]) for person in people]

    def __enter__(self) -> "Crowd":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *what: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    @property
    def is_over(self) -> bool:
        return self._is_over.is_set()

    @property
    def answers(self) -> list[Answer]:
        return [answer for person in self.people for answer in [*person.answers]]

    def failures(self, since: float, but: Callable[[Answer], bool] = lambda answer: False) -> list[Answer]:
        """Of what began since then and has ended; `but` for those that were bound to fail."""
        return [one for one in self.answers if one.ended > since and one.is_failure and not but(one)]

    @property
    def said(self) -> dict[str, str]:
        return {text: said for person in self.people for text, said in person.said.items()}
