"""Both programs' jobs in one Redis, with nobody looking: archives and mails come through a kill and a Redis away."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from tests import databases, starting
from tests.browser.wizard import EMAIL, PASSWORD, World, world
from tests.external_api.server import SETTINGS
from tests.live import PORTAL_SETTINGS, api_worker, hanging, portal_worker, wait_until
from tests.people.mail_server import Letters, post_office
from tests.seaweedfs import free_ports
from tests.services.deploy import services
from tests.services.deploy.people import Person, inputs_of
from tests.services.deploy.programs import ENDING_SECONDS
from tests.services.deploy.services import Service
from tests.services.deploy.wizard import Wizard, archive_of

pytestmark = pytest.mark.full

WAITING = "SELECT count(*) FROM django_tasks_database_dbtaskresult"


@dataclass
class Desk:
    """`person` is signed in; each test has an archive of its own, of two files."""

    running: World
    person: Person
    wizard: Wizard
    redis: Service
    jobs: Redis
    letters: Letters
    sent: int = 0

    def stage(self) -> str:
        return str(self.running.portal.run("read_upload", upload_id=self.wizard.upload_id)["stage"])

    def wait_for_the_tasks(self) -> None:
        wait_until(lambda: self.stage() in ("completed", "failed"), "the upload to end")
        found = self.running.portal.run("read_upload", upload_id=self.wizard.upload_id)
        assert (found["stage"], found["created"]) == ("completed", 2), found
        database = self.running.api.env["EXTERNAL_API_DATABASE_URL"]
        self.sent += 1
        assert databases.ask(database, "SELECT count(*) FROM external_api_task") == [(2 * self.sent,)]

    def in_the_database(self, *, waiting: bool = False) -> int:
        asked = f"{WAITING} WHERE status = 'READY'" if waiting else WAITING
        return int(databases.ask(self.running.portal.env["DATABASE_URL"], asked)[0][0])

    def queue_of(self, program: str) -> str:
        """As it is called in Redis."""
        wait_until(lambda: next(self.jobs.scan_iter(f"rq:workers:{program}-*"), None), "a worker to begin", 60)
        names = [name.decode() for name in self.jobs.scan_iter(f"rq:workers:{program}-*")]
        return min(names, key=len).replace("rq:workers:", "rq:queue:")

    def is_at_work(self) -> bool:
        """RQ keeps by queue which jobs are being worked on."""
        return any(self.jobs.zcard(name) for name in self.jobs.scan_iter("rq:wip:portal-*"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    (port,) = free_ports(1)
    folder = tmp_path_factory.mktemp("desk")
    service = services.redis_server(folder, port)
    service.start()
    env = {"TASKS_BACKEND": "redis", "TASKS_URL": f"redis://127.0.0.1:{port}/0"}
    try:
        with post_office() as (letters, smtp):
            mails = {"EMAIL_URL": f"smtp://127.0.0.1:{smtp}", "MAIL_FROM": "portal@acme.example"}
            with world(folder / "world", api_env=env, portal_env=env | mails, workers=False) as running:
                person = Person(running.portal.url, EMAIL, running.portal.sign_in(EMAIL, PASSWORD), "")
                wizard = Wizard(person, "/keys/1/workflows/57/")
                yield Desk(running, person, wizard, service, Redis(port=port), letters)
    finally:
        service.stop()


@pytest.fixture
def desk(place: Desk) -> Desk:
    place.wizard = Wizard(place.person, place.wizard.place)
    place.letters.kept.clear()
    return place


def send(desk: Desk) -> None:
    """An API without a worker says 503, and is to be asked again."""
    desk.wizard.choose(archive_of(2))
    desk.wizard.send(archive_of(2))


def test_an_archive_goes_its_way_without_a_tab(desk: Desk) -> None:
    send(desk)
    with api_worker(desk.running.api), portal_worker(desk.running.portal):
        desk.wait_for_the_tasks()
    assert desk.in_the_database() == 0, "the database had none of the jobs"


def test_a_killed_workers_job_is_taken_by_the_next(desk: Desk) -> None:
    """The API hangs, and so does the job."""
    send(desk)
    with hanging(desk.running.api), portal_worker(desk.running.portal) as first:
        wait_until(desk.is_at_work, "the job to begin", 60)
        first.kill()
        first.wait()
    with api_worker(desk.running.api), portal_worker(desk.running.portal):
        desk.wait_for_the_tasks()


@pytest.mark.parametrize("program", [PORTAL_SETTINGS, SETTINGS])
def test_a_worker_ends_when_it_is_told_also_while_redis_is_away(desk: Desk, program: str, tmp_path: Path) -> None:
    env = desk.running.portal.env if program == PORTAL_SETTINGS else desk.running.api.env
    log, before = tmp_path / "log", desk.jobs.smembers("rq:workers")
    with log.open("wb") as out:
        worker = starting.start(
            "manage.py",
            "run_worker",
            "--settings",
            program,
            env=os.environ | env,
            output=out.fileno(),
            errors=out.fileno(),
        )
    wait_until(lambda: desk.jobs.smembers("rq:workers") - before, "the worker to begin", 60)
    with desk.redis.away(0):
        wait_until(lambda: "could not connect to Redis" in log.read_text(), "the worker to miss Redis", 60)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=ENDING_SECONDS) == 0
    assert "Traceback" not in log.read_text()


def test_a_job_that_nobody_can_read_is_given_up(desk: Desk) -> None:
    """Of another release, or of somebody who writes into Redis: what is behind it has its turn."""
    desk.running.portal.run("keep_a_job_of_another_release", of="tests.services.deploy.inside_portal")
    with portal_worker(desk.running.portal), api_worker(desk.running.api):
        for queue in (desk.queue_of("portal"), desk.queue_of("external_api")):
            desk.jobs.hset("rq:job:nonsense", mapping={"data": "nonsense", "timeout": "soon", "enqueued_at": "once"})
            desk.jobs.set("rq:job:text", "no hash")
            desk.jobs.rpush(queue, "nonsense", "text", "not-there")
        send(desk)
        desk.wait_for_the_tasks()
    assert desk.in_the_database(waiting=True) == 0


def test_what_redis_does_not_take_waits_in_the_database(desk: Desk) -> None:
    """A mail that was asked for, and an archive: both when it is back."""
    before = desk.in_the_database()
    with desk.redis.away(0):
        page = desk.person.ask("GET", "/password/forgotten/")
        asked = inputs_of(page.text) | {"email": EMAIL}
        assert desk.person.ask("POST", "/password/forgotten/", data=asked).status in (200, 302)
        assert desk.in_the_database() == before + 1
        send(desk)
        assert desk.letters.kept == []
    with api_worker(desk.running.api), portal_worker(desk.running.portal):
        wait_until(lambda: desk.letters.kept, "the mail", 60)
        desk.wait_for_the_tasks()
    assert [letter["To"] for letter in desk.letters.kept] == [EMAIL]
    assert desk.in_the_database(waiting=True) == 0
