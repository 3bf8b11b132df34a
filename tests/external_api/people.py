"""People who use the organization keys pages: real forms, without JavaScript."""

import re
from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings

from pipelines_portal.external_api.models import Person
from tests.external_api.server import Api

PASSWORD = "secret"


@dataclass
class Visitor:
    """A browser without JavaScript: it stores cookies and submits the forms of the pages."""

    server: Api
    session: requests.Session = field(init=False)

    def __post_init__(self) -> None:
        self.session = self.server.new_session()

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.server.url + path, timeout=30, **options)

    def post(self, path: str, form: dict[str, str] | None = None, **options: Any) -> requests.Response:
        """Submit the form of the page at `path`."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path).text)
        hidden = {"csrfmiddlewaretoken": token[1]} if token else {}
        return self.session.post(self.server.url + path, data=hidden | (form or {}), timeout=30, **options)

    def sign_in(self, person: Person, password: str = PASSWORD) -> requests.Response:
        """Submit the sign-in form. The redirect is not followed: its target refuses people who are not admins."""
        return self.post("/sign-in", {"username": person.email, "password": password}, allow_redirects=False)

    def sign_out(self) -> requests.Response:
        token = {"csrfmiddlewaretoken": self.session.cookies[settings.CSRF_COOKIE_NAME]}
        return self.session.post(f"{self.server.url}/sign-out", data=token, timeout=30)


def signed_in(server: Api, person: Person) -> Visitor:
    visitor = Visitor(server)
    assert visitor.sign_in(person).status_code == 302
    return visitor
