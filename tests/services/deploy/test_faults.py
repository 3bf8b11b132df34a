"""Two of each program at work: what fails is what was killed, and nothing is lost or doubled."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.services.deploy.caddy import passes_posts_on
from tests.services.deploy.machines import Machines
from tests.services.deploy.office import InTheBackground, Office, open_office
from tests.services.deploy.people import Answer
from tests.services.deploy.services import Service

pytestmark = pytest.mark.full

# What is taken away is away for so long.
AWAY_SECONDS = 10
SETTLED_SECONDS = 1.0


@pytest.mark.timeout(600)
def test_whatever_is_taken_away_nothing_is_lost_or_doubled(machines: Machines) -> None:
    """S86, S181: people, a program, an import and archives, while each program is killed and each service is away."""
    office = open_office(machines)
    office.begin_import()
    with InTheBackground(office.see_import_through, office.send_archives), office.crowd:
        for name in machines.programs:
            without(office, name)
        restart_one_by_one(office)
        go_on_without(office, machines.postgres)
        go_on_without_caddy(office)
        office.in_a_hurry.set()
        for away in (machines.storage.away, machines.redis.away, machines.redis.silent):
            with watched(office), away(AWAY_SECONDS):
                pass
    office.check()
    assert office.said_of_archives, "no archive was on its way to the storage while that was away"
    assert all(person.is_signed_in() for person in office.crowd.people)


def without(office: Office, name: str) -> None:
    """Only what was on its way to it fails."""
    program = office.machines.programs[name]
    with watched(office, lambda answer: was_on(office, answer, name)):
        program.kill()
        time.sleep(SETTLED_SECONDS)
        program.start()


def restart_one_by_one(office: Office) -> None:
    with watched(office):
        for program in office.machines.programs.values():
            assert program.stop() == 0, program.last_lines()
            program.start()


def go_on_without(office: Office, database: Service) -> None:
    """Answers say that the database is away until it is back."""
    back = math.inf

    def says_so(answer: Answer) -> bool:
        told = answer.status == 503 or "not certain" in answer.json.get("message", "")
        return told and answer.began < back

    with watched(office, says_so):
        with database.away(AWAY_SECONDS):
            pass
        back = time.monotonic()


def go_on_without_caddy(office: Office) -> None:
    """What was on its way breaks off, and nobody is let in. Once it is back all is as before."""
    back = math.inf

    def was_shut_out(answer: Answer) -> bool:
        return answer.status == 0 and answer.began < back

    with watched(office, was_shut_out):
        with office.machines.caddy.service.away(SETTLED_SECONDS):
            pass
        back = time.monotonic()


@contextmanager
def watched(office: Office, may_fail: Callable[[Answer], bool] = lambda answer: False) -> Iterator[None]:
    began = time.monotonic()
    yield
    time.sleep(SETTLED_SECONDS)
    failed = office.crowd.failures(began, lambda answer: may_fail(answer) or was_refused(answer))
    lines = {line.name: line for line in office.machines.passed_on()}
    told = [f"{one.method} {one.path} {one.status} {one.text[:200]!r} {lines.get(one.name)}" for one in failed[:20]]
    assert not failed, "\n".join([*told, office.machines.last_lines()])


def was_on(office: Office, answer: Answer, name: str) -> bool:
    """Whether Caddy had passed it to that program, and got no answer."""
    address = office.machines.programs[name].health.split("/")[2]
    passed_on = {line.name for line in office.machines.passed_on() if line.program == address}
    return answer.status == 502 and answer.name in passed_on


def was_refused(answer: Answer) -> bool:
    """Whether an earlier Caddy gave it up, as many-servers.md says, and no program received it."""
    return not passes_posts_on() and answer.method == "POST" and answer.status == 502
