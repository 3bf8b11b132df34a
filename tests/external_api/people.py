"""People who use the organization keys pages: real forms, without JavaScript."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
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

    def submit(
        self, page: requests.Response, typed: dict[str, str], *, to: str = "", without: str = "", **options: Any
    ) -> requests.Response:
        """Submit the form of a page as it was shown, with what was typed. A checkbox is cleared by `without`."""
        form = shown_values(page.text) | typed
        form.pop(without, None)
        return self.session.post(self.server.url + (to or page.request.path_url), data=form, timeout=30, **options)

    def sign_in(self, person: Person, password: str = PASSWORD) -> requests.Response:
        """Submit the sign-in form. The redirect is not followed: its target refuses people who are not admins."""
        return self.post("/sign-in", {"username": person.email, "password": password}, allow_redirects=False)

    def sign_out(self) -> requests.Response:
        token = {"csrfmiddlewaretoken": self.session.cookies[settings.CSRF_COOKIE_NAME]}
        return self.session.post(f"{self.server.url}/sign-out", data=token, timeout=30)


class _FormReader(HTMLParser):
    """Reads the values that a browser would send: of inputs, areas and lists. The sign-out's form has none."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name, kind = found.get("name") or "", found.get("type")
        if tag in ("textarea", "select"):
            self._open, self.values[name] = name, ""
        elif tag == "option" and self._open and ("selected" in found or not self.values[self._open]):
            self.values[self._open] = found.get("value") or ""
        elif tag == "input" and name and (kind not in ("checkbox", "radio") or "checked" in found):
            self.values[name] = found.get("value") or ("on" if kind == "checkbox" else "")
        self._is_text = tag == "textarea"

    def handle_data(self, data: str) -> None:
        if self._open and self._is_text:
            self.values[self._open] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "select"):
            self._open, self._is_text = None, False


def shown_values(page: str) -> dict[str, str]:
    reader = _FormReader()
    reader.feed(page)
    return reader.values


def signed_in(server: Api, person: Person) -> Visitor:
    visitor = Visitor(server)
    assert visitor.sign_in(person).status_code == 302
    return visitor
