"""A person before the organization keys pages: real forms over HTTP, no JavaScript."""

import re
from dataclasses import dataclass, field
from typing import Any

import requests

from pipelines_portal.external_api.models import Person
from tests.external_api.server import Server

PASSWORD = "secret"


@dataclass
class Visitor:
    """A browser without JavaScript: it keeps cookies and sends the forms that it was shown."""

    server: Server
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.server.url + path, timeout=30, **options)

    def post(self, path: str, form: dict[str, str] | None = None, **options: Any) -> requests.Response:
        """The form at `path`, filled in."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path).text)
        hidden = {"csrfmiddlewaretoken": token[1]} if token else {}
        return self.session.post(self.server.url + path, data=hidden | (form or {}), timeout=30, **options)

    def sign_in(self, person: Person, password: str = PASSWORD) -> requests.Response:
        """Not followed to where it leads: a person who is no admin is refused there."""
        return self.post("/sign-in", {"username": person.email, "password": password}, allow_redirects=False)


def signed_in(server: Server, person: Person) -> Visitor:
    visitor = Visitor(server)
    assert visitor.sign_in(person).status_code == 302
    return visitor
