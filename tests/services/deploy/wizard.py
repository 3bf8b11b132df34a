"""An archive by way of the portal's wizard: the requests that its page makes, and again what failed, as it does."""

import io
import random
import re
import time
import zipfile
from functools import cache
from typing import Any
from uuid import uuid4

import requests

from tests.services.deploy.people import Answer, Person, inputs_of

FILE_BYTES = 2 * 1024 * 1024
TAIL_BYTES = 256 * 1024


@cache
def archive_of(files: int) -> bytes:
    """So many files of 2 MB, which nothing makes smaller."""
    out, content = io.BytesIO(), random.Random(1).randbytes(FILE_BYTES)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number in range(files):
            archive.writestr(f"invoice-{number}.pdf", content)
    return out.getvalue()


class Wizard:
    """`person` and `place`, the workflow's pages, are told; `said` is what it answered other than the way on."""

    def __init__(self, person: Person, place: str) -> None:
        self.person, self.place = person, place
        self.said: list[str] = []
        self.upload_id = ""
        self._form: dict[str, str] = {}

    def choose(self, archive: bytes) -> None:
        """Step 1."""
        path, token = f"{self.place}upload/", str(uuid4())
        while not self.upload_id:
            self._form = inputs_of(self._until_answered("GET", path).text)
            form = self._form | {"token": token, "name": "a.zip", "size": str(len(archive)), "fingerprint": ""}
            page = self.person.ask("POST", path, data=form, files={"tail": ("tail", archive[-TAIL_BYTES:])})
            found = re.search(rf"{path}([0-9a-f-]{{36}})/", page.text)
            assert found or page.is_failure, (page.status, path)
            self.upload_id = found[1] if found else ""

    def send(self, archive: bytes) -> None:
        """Step 2: straight to the storage, until the portal says that it has arrived."""
        while not self._has_arrived(archive):
            time.sleep(0.5)

    def _has_arrived(self, archive: bytes) -> bool:
        answer = self._asked("start", "take_over")
        if answer["outcome"] == "moved":
            return True
        if answer["outcome"] != "put" or _put(answer["url"], archive) != 200:
            self.said.append(str(answer.get("message", answer["outcome"])))
            return False
        return bool(self._asked("stored")["outcome"] == "moved")

    def _asked(self, step: str, *options: str) -> dict[str, Any]:
        form = {"csrfmiddlewaretoken": self._form["csrfmiddlewaretoken"], "tab": "one"} | dict.fromkeys(options, "1")
        answer = self._until_answered("POST", f"{self.place}upload/{self.upload_id}/{step}/", data=form)
        found: dict[str, Any] = answer.json
        return found

    def _until_answered(self, method: str, path: str, **options: Any) -> Answer:
        """The portal may be dead just now. What says that the API or the storage is, is an answer."""
        while (answer := self.person.ask(method, path, **options)).is_failure and not answer.json:
            time.sleep(0.5)
        return answer


def _put(url: str, archive: bytes) -> int:
    try:
        return requests.put(url, data=archive, headers={"Content-Type": "application/zip"}, timeout=60).status_code
    except requests.RequestException:
        return 0
