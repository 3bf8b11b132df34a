"""What runs while things fail: people at work, an import, an archive; and what must be true of it at the end."""

import io
import random
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests

from tests import samples
from tests.deploy.certificates import API
from tests.deploy.machines import FILES, ORGANIZATION, WITH_FILES, Machines
from tests.deploy.people import CREATED, Crowd, Person, inputs_of
from tests.live import wait_until

PASSWORD = "pipelines-demo"
ROWS, ROWS_A_REQUEST = 12_480, 80
ARCHIVE_FILES, FILE_BYTES = 100, 2 * 1024 * 1024
INSIDE = "tests.deploy.inside_portal"
PEOPLE = ("lena@acme.example", "ana@acme.example")
TRANSLATIONS, IMPORTED = 42, 43


@dataclass
class Office:
    """Its people are at work while `crowd` is entered."""

    machines: Machines
    key: str
    crowd: Crowd
    imported: str = ""
    upload: dict[str, Any] = field(default_factory=dict)

    def begin_import(self) -> None:
        """As a person does: a file, its columns known by their titles, and sent when it is checked."""
        person, place = self.crowd.people[0], f"/keys/1/workflows/{IMPORTED}/import/"
        form = inputs_of(person.ask("GET", place).text)
        lines = ["Text to translate,Target language", *(f"Row {number},French" for number in range(ROWS))]
        sent = person.ask("POST", place, data=form, files={"file": ("rows.csv", "\n".join(lines))})
        assert sent.status == 302, sent
        self.imported = sent.text.removeprefix(place).partition("/")[0]
        wait_until(lambda: self.import_stands()["state"] == "checked", "the import to be checked", 60)
        self.run("send_in_small_requests", import_id=self.imported, rows_a_request=ROWS_A_REQUEST)
        address = f"{place}{self.imported}/"
        page = person.session.get(f"{self.machines.url}{address}check/", timeout=60).text
        sent = person.ask("POST", f"{address}send/", data=inputs_of(page, f"{address}send/"))
        assert sent.status == 302, sent

    def import_stands(self) -> dict[str, Any]:
        return self.machines.portal.run("tests.imports.inside_portal", "import_stands", {"import_id": self.imported})

    def run(self, name: str, **given: Any) -> Any:
        return self.machines.portal.run(INSIDE, name, given)

    def see_import_through(self) -> None:
        """As a person who decides, by what appeared, about whatever nobody knows, and goes on."""
        stands = self.import_stands()["state"]
        while stands != "checked":
            time.sleep(1)
            with suppress(AssertionError):  # it may have been in the middle of a question itself
                self.machines.portal.run(
                    "tests.imports.inside_portal", "decide_and_go_on", {"import_id": self.imported}
                ) if stands == "uncertain" else None
                stands = self.import_stands()["state"]

    def send_archive(self) -> None:
        """As a program does, straight to the storage; again from the start when that is away."""
        self.upload = self.call("POST", f"/workflows/{FILES}/tasks/upload").json()
        archive = _archive()
        while (status := self._put(archive)) != 200:
            assert status != 403, "the link is refused"
            time.sleep(0.5)

    def _put(self, archive: bytes) -> int:
        try:
            headers = {"Content-Type": "application/zip"}
            return requests.put(self.upload["upload_url"], data=archive, headers=headers, timeout=60).status_code
        except requests.RequestException:
            return 0

    def see_archive_through(self) -> None:
        self.send_archive()
        path = f"/workflows/{FILES}/tasks/upload/{self.upload['upload_id']}"
        while self.call("GET", path).json()["status"] == "pending":
            self.call("POST", f"{path}/confirm")
        while self.archive_stands()["status"] not in ("completed", "failed"):
            time.sleep(1)

    def archive_stands(self) -> dict[str, Any]:
        return self.call("GET", f"/workflows/{FILES}/tasks/upload/{self.upload['upload_id']}").json()

    def call(self, method: str, path: str) -> requests.Response:
        """Of the API through nginx. What says that nothing was done is asked again; a POST here may be as well."""
        session = self.machines.session(API)
        session.headers["Authorization"] = f"Bearer {self.key}"
        while True:
            answer = session.request(method, f"{self.machines.url}/api/v1{path}", json={} if method == "POST" else None)
            if answer.status_code < 500:
                return answer
            time.sleep(0.5)

    def texts(self, workflow_id: int) -> Counter[str]:
        """How many tasks of each text there are."""
        found = self.machines.api.run("tests.deploy.inside_external_api", "texts", {"workflow_id": workflow_id})
        return Counter(found)

    def check(self) -> None:
        """Nothing is lost, and nothing is doubled."""
        made = self.texts(TRANSLATIONS)
        assert [text for text, count in made.items() if count > 1] == []
        told = {text for text, said in self.crowd.said.items() if said == CREATED}
        assert told - made.keys() == set()
        imported = self.texts(IMPORTED)
        assert imported == Counter(f"Row {number}" for number in range(ROWS))
        assert self.archive_stands()["status"] == "completed"
        # What was on its way from a portal that was killed is unknown once its time has run out.
        self.machines.portal.run("tests.inside_portal", "end_lease", {})
        ledger = self.run("ledger")
        assert [one for one in ledger if one["state"] == "sending"] == []
        ids = [task_id for one in ledger for task_id in one["tasks"]]
        assert len(ids) == len(set(ids))


def _archive() -> bytes:
    """200 MB that nothing makes smaller."""
    out, content = io.BytesIO(), random.Random(1).randbytes(FILE_BYTES)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number in range(ARCHIVE_FILES):
            archive.writestr(f"scan/invoice-{number}.pdf", content)
    return out.getvalue()


def open_office(machines: Machines) -> Office:
    """An organization and its key, two people who use it, both signed in."""
    with_rows = [samples.workflow(number) for number in (TRANSLATIONS, IMPORTED)]
    machines.load(samples.organization(ORGANIZATION, *with_rows, WITH_FILES))
    key = machines.new_key()
    given = {"key": key, "emails": PEOPLE, "password": PASSWORD, "workflow_ids": [TRANSLATIONS, IMPORTED]}
    machines.portal.run("tests.imports.inside_portal", "make_office", given)
    place = f"/keys/1/workflows/{TRANSLATIONS}/"
    people = [Person(machines, email, machines.sign_in(email, PASSWORD), place) for email in PEOPLE]
    return Office(machines, key, Crowd(people))


class InTheBackground:
    """Begun at once; waited for at the end of the block."""

    def __init__(self, *work: Callable[[], None]) -> None:
        self._threads = [threading.Thread(target=one) for one in work]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *what: object) -> None:
        for thread in self._threads:
            thread.join()
