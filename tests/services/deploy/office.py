"""What runs while things fail: people at work, an import, archives; and what must be true of it at the end."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests import samples
from tests.live import wait_until
from tests.services.deploy.certificates import API
from tests.services.deploy.machines import FILES, ORGANIZATION, WITH_FILES, Machines
from tests.services.deploy.people import CREATED, Caller, Crowd, Person, inputs_of
from tests.services.deploy.wizard import Wizard, archive_of

PASSWORD = "pipelines-demo"
ROWS, ROWS_A_REQUEST = 12_480, 80
ARCHIVE_FILES = 100
# Between two archives: people, the import and the programs share the machine with them.
PAUSE_SECONDS = 8
INSIDE = "tests.services.deploy.inside_portal"
PEOPLE = ("lena@acme.example", "ana@acme.example", "ben@acme.example")
TRANSLATIONS, IMPORTED = 42, 43


@dataclass
class Office:
    """Its people are at work while `crowd` is entered. Their key's pages are below `key_path`.

    `archives` holds how many files each upload has.
    """

    machines: Machines
    crowd: Crowd
    sender: Person
    key_path: str
    imported: str = ""
    archives: dict[str, int] = field(default_factory=dict)
    said_of_archives: list[str] = field(default_factory=list)
    # Archives follow each other without a pause.
    in_a_hurry: threading.Event = field(default_factory=threading.Event)

    def begin_import(self) -> None:
        """As a person does: a file, its columns known by their titles, and sent when it is checked."""
        person, place = self.crowd.people[0], f"{self.key_path}workflows/{IMPORTED}/import/"
        form = inputs_of(person.ask("GET", place).text)
        lines = ["Text to translate,Target language", *(f"Row {number},French" for number in range(ROWS))]
        sent = person.ask("POST", place, data=form, files={"file": ("rows.csv", "\n".join(lines))})
        assert sent.status == 302, sent
        self.imported = sent.text.removeprefix("/sheets/").partition("/")[0]
        wait_until(lambda: self.import_stands()["status"] == "checked", "the import to be checked", 60)
        self.run("send_in_small_requests", import_id=self.imported, rows_per_request=ROWS_A_REQUEST)
        address = f"/sheets/{self.imported}/"
        page = person.session.get(f"{self.machines.url}{address}grid/", timeout=60).text
        sent = person.ask("POST", f"{address}send/", data=inputs_of(page, f"{address}send/"))
        assert sent.status == 302, sent

    def import_stands(self) -> dict[str, Any]:
        return self.machines.portal.run(
            "tests.entry.imports.inside_portal", "import_stands", {"import_id": self.imported}
        )

    def run(self, name: str, **given: Any) -> Any:
        return self.machines.portal.run(INSIDE, name, given)

    def see_import_through(self) -> None:
        """As a person who decides, by what appeared, about whatever nobody knows, and goes on."""
        stands = self.import_stands()["status"]
        while stands != "checked":
            time.sleep(1)
            with suppress(AssertionError):  # it may have been in the middle of a question itself
                self.machines.portal.run(
                    "tests.entry.imports.inside_portal", "decide_and_go_on", {"import_id": self.imported}
                ) if stands == "unconfirmed" else None
                stands = self.import_stands()["status"]

    def send_archives(self) -> None:
        """One after the other until the others stop working: the first of 200 MB."""
        for number in itertools.count():
            files = ARCHIVE_FILES if number == 0 else ARCHIVE_FILES // 20
            wizard = Wizard(self.sender, f"{self.key_path}workflows/{FILES}/")
            wizard.choose(archive_of(files))
            self.archives[wizard.upload_id] = files
            wizard.send(archive_of(files))
            self.said_of_archives += wizard.said
            if self.crowd.is_over:
                break
            self.in_a_hurry.wait(PAUSE_SECONDS)

    def archive_stands(self, upload_id: str) -> dict[str, Any]:
        return self.machines.portal.run("tests.inside_portal", "read_upload", {"upload_id": upload_id})

    def archive_is_over(self, upload_id: str) -> bool:
        return self.archive_stands(upload_id)["stage"] in ("completed", "failed")

    def texts(self, workflow_id: int) -> Counter[str]:
        """How many tasks of each text there are."""
        found = self.machines.api.run(
            "tests.services.deploy.inside_external_api", "texts", {"workflow_id": workflow_id}
        )
        return Counter(found)

    def check(self) -> None:
        """We’ll continue when, and nothing is doubled."""
        made = self.texts(TRANSLATIONS)
        assert [text for text, count in made.items() if count > 1] == []
        told = {text for text, said in self.crowd.said.items() if said == CREATED}
        assert told - made.keys() == set()
        imported = self.texts(IMPORTED)
        assert imported == Counter(f"Row {number}" for number in range(ROWS))
        self.check_archives()
        # What was on its way from a portal that was killed is unknown once its time has run out.
        self.machines.portal.run("tests.inside_portal", "end_lease", {})
        ledger = self.run("ledger")
        assert [one for one in ledger if one["status"] == "sending"] == []
        ids = [task_id for one in ledger for task_id in one["tasks"]]
        assert len(ids) == len(set(ids))

    def check_archives(self) -> None:
        for upload_id, files in self.archives.items():
            wait_until(partial(self.archive_is_over, upload_id), "an archive to be unpacked")
            stands = self.archive_stands(upload_id)
            assert (stands["stage"], stands["created"]) == ("completed", files), stands
        made = self.machines.api.run("tests.services.deploy.inside_external_api", "count", {"workflow_id": FILES})
        assert made == sum(self.archives.values())


def open_office(machines: Machines) -> Office:
    """An organization and its key, two people who type, a program, and one who sends archives, all signed in."""
    with_rows = [samples.workflow(number) for number in (TRANSLATIONS, IMPORTED)]
    machines.load(samples.organization(ORGANIZATION, *with_rows, WITH_FILES))
    key = machines.new_key()
    given = {"key": key, "emails": PEOPLE, "password": PASSWORD, "workflow_ids": [TRANSLATIONS, IMPORTED, FILES]}
    machines.portal.run("tests.entry.imports.inside_portal", "make_office", given)
    key_path = f"/keys/{machines.portal.run(INSIDE, 'read_newest_key', {})}/"
    place = f"{key_path}workflows/{TRANSLATIONS}/"
    *people, sender = [Person(machines.url, email, machines.sign_in(email, PASSWORD), place) for email in PEOPLE]
    return Office(machines, Crowd([*people, caller(machines, key)]), sender, key_path)


def caller(machines: Machines, key: str) -> Caller:
    session = machines.session(API)
    session.headers["X-API-Key"] = key
    return Caller(machines.url, "caller", session, f"/api/v1/workflows/{TRANSLATIONS}/")


class InTheBackground:
    """Begun at once; waited for at the end of the block, unless that failed."""

    def __init__(self, *work: Callable[[], None]) -> None:
        self._threads = [threading.Thread(target=one, daemon=True) for one in work]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, kind: type[BaseException] | None, *what: object) -> None:
        for thread in self._threads if kind is None else ():
            thread.join()
