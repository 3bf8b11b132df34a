"""A person who is signed in to the portal, with the cookies of a browser."""

import re
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
TIMEOUT = 120


class Person:
    def __init__(self, url: str, email: str, password: str) -> None:
        self.url, self.session = url, requests.Session()
        self.session.cookies.set("zone", "Europe/Vienna")  # as a script of the page does
        token = TOKEN.search(self.get("/sign-in/"))
        form = {"username": email, "password": password, "csrfmiddlewaretoken": token[1] if token else ""}
        page = self.post("/sign-in/", data=form)
        if page.url.endswith("/sign-in/"):
            raise RuntimeError(f"{email} could not sign in.")

    def get(self, path: str) -> str:
        """Return a page. Raise an error unless its status is 200."""
        answer = self.session.get(self.url + path, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.text

    def post(self, path: str, **options: Any) -> requests.Response:
        token = next((cookie.value for cookie in self.session.cookies if cookie.name.endswith("portal_csrf")), "")
        headers = {"X-CSRFToken": token, "Referer": self.url}
        answer = self.session.post(self.url + path, headers=headers, timeout=TIMEOUT, **options)
        answer.raise_for_status()
        return answer

    def check_file(self, workflow: str, file: Path, poll_seconds: float) -> str:
        """Import a file until its checked rows are on the page, and return the path of the import."""
        form = {"token": str(uuid4())}
        with file.open("rb") as content:
            page = self.post(f"{workflow}/import/", data=form, files={"file": (file.name, content)})
        path = re.match(rf"{self.url}(/sheets/[0-9a-f-]+/)", page.url)
        if not path:
            raise RuntimeError(f"The import was refused: {page.text}")
        while not page.url.endswith("/grid/"):
            if page.url == self.url + path[1]:
                time.sleep(poll_seconds)
            page = self.session.get(self.url + path[1], timeout=TIMEOUT)
            page.raise_for_status()
        return path[1]

    def send_import(self, path: str, rows: int, poll_seconds: float) -> None:
        """Send the checked rows, and wait until all of them are tasks."""
        self.post(f"{path}send/", data={"rows": rows})
        self.post(f"{path}send-now/")
        while "tasks created</a>" not in (page := self.get(f"{path}progress/")):
            if "Sending" not in page:
                raise RuntimeError(f"The import was not sent: {page}")
            time.sleep(poll_seconds)
