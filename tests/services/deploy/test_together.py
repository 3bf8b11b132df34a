"""What is counted, kept or known is so in both of two programs: whichever one is asked."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest
import requests

from pipelines_portal.core.sign_in_throttle.throttle import ACCOUNT_TRIES
from tests import samples, seaweedfs
from tests.live import wait_until
from tests.services.deploy import programs
from tests.services.deploy.machines import Machines, PassedOn, token_in

pytestmark = pytest.mark.full

ORGANIZATION, WORKFLOW, PASSWORD = "Together Ltd", 201, "pipelines-demo"
LIMITS = {
    "EXTERNAL_API_KEY_LIMIT": "4/minute",
    "EXTERNAL_API_IP_LIMIT": "3/minute",
    "EXTERNAL_API_AUTH_FAILURE_LIMIT": "2/minute",
}
WORKFLOW_PATH = f"/api/v1/workflows/{WORKFLOW}"


@pytest.fixture(scope="module")
def key(machines: Machines) -> str:
    machines.load(samples.organization(ORGANIZATION, samples.workflow(WORKFLOW)))
    return machines.new_key(ORGANIZATION)


@pytest.fixture(scope="module")
def limited(machines: Machines) -> Iterator[list[str]]:
    """Where two more External APIs listen, whose limits are soon reached."""
    first, second = seaweedfs.free_ports(2)
    started = programs.external_apis(machines.folder / "limited", (first, second), machines.env | LIMITS)
    with ExitStack() as stack:
        for program in [one for one in started if one.health]:
            program.start()
            stack.callback(program.end)
        yield [f"http://127.0.0.1:{port}" for port in (first, second)]


def asked_in_turn(urls: list[str], path: str, times: int, **headers: str) -> list[int]:
    return [requests.get(urls[time % 2] + path, headers=headers, timeout=30).status_code for time in range(times)]


def test_a_keys_calls_are_counted_together(machines: Machines, key: str, limited: list[str]) -> None:
    """S57, S59."""
    own = machines.new_key(ORGANIZATION)
    statuses = asked_in_turn(limited, WORKFLOW_PATH, 6, **{"Authorization": f"Bearer {own}"})
    assert statuses == [200, 200, 200, 200, 429, 429]


def test_an_addresss_calls_are_counted_together(limited: list[str]) -> None:
    """S58."""
    statuses = asked_in_turn(limited, "/api/v1/health", 5, **{"X-Forwarded-For": "203.0.113.20"})
    assert statuses == [200, 200, 200, 429, 429]


def test_failed_keys_are_counted_together(limited: list[str]) -> None:
    """S60, S61."""
    headers = {"X-Forwarded-For": "203.0.113.21", "Authorization": "Bearer pk_live_" + "0" * 40}
    assert asked_in_turn(limited, WORKFLOW_PATH, 4, **headers) == [401, 401, 429, 429]


def test_without_redis_each_counts_for_itself_and_says_so_once(machines: Machines, limited: list[str]) -> None:
    logs = [machines.folder / "limited" / f"api-{number}" / "log" for number in (1, 2)]
    with machines.redis.away(0):
        statuses = asked_in_turn(limited, "/api/v1/health", 8, **{"X-Forwarded-For": "203.0.113.22"})
        assert statuses == [200] * 6 + [429] * 2
    headers = {"X-Forwarded-For": "203.0.113.23"}

    def answers_again() -> bool:
        asked_in_turn(limited, "/api/v1/health", 2, **headers)
        return all("Redis answers again" in log.read_text() for log in logs)

    wait_until(answers_again, "both to count in Redis again", 30)
    assert [log.read_text().count("Redis does not answer") for log in logs] == [1, 1]


def test_wrong_passwords_are_counted_together(machines: Machines) -> None:
    session = machines.session()
    form = {"username": f"{uuid4().hex}@acme.example", "password": "guess"}
    form["csrfmiddlewaretoken"] = token_in(session.get(f"{machines.url}/sign-in/", timeout=30).text)
    answers = [session.post(f"{machines.url}/sign-in/", data=form, timeout=30) for _ in range(ACCOUNT_TRIES + 1)]
    assert [answer.status_code for answer in answers] == [422] * ACCOUNT_TRIES + [429]
    assert len({asked_of(machines, answer) for answer in answers[:2]}) == 2


@pytest.fixture(scope="module")
def person(machines: Machines, key: str) -> requests.Session:
    given = {"email": "together@acme.example", "password": PASSWORD, "key": key, "workflow_id": WORKFLOW}
    machines.portal.run("tests.inside_portal", "make_person_with_key", given)
    return machines.sign_in("together@acme.example", PASSWORD)


@pytest.fixture(scope="module")
def place(machines: Machines, person: requests.Session) -> str:
    """The person's workflow, as its pages begin."""
    found = re.search(rf"/keys/\d+/workflows/{WORKFLOW}/", person.get(f"{machines.url}/keys/", timeout=30).text)
    number = found[0] if found else ""
    if not number:
        page = person.get(f"{machines.url}/", timeout=30).text
        found = re.search(rf"/keys/\d+/workflows/{WORKFLOW}/", page)
        assert found, page
        number = found[0]
    return machines.url + number


def asked_of(machines: Machines, answer: requests.Response) -> str:
    """Caddy writes its line when the answer is on its way already."""
    name = answer.headers["X-Request-Id"]

    def programs_of() -> list[str]:
        return [line.program for line in machines.passed_on() if line.name == name]

    wait_until(programs_of, "Caddy to write its line", 30)
    (program,) = programs_of()
    return program


def test_a_list_is_read_once_for_both(machines: Machines, person: requests.Session, place: str) -> None:
    before = calls(machines)
    answers = [person.get(f"{place}tasks/", timeout=30) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len({asked_of(machines, answer) for answer in answers}) == 2
    assert len(calls(machines)) - len(before) == 1


def calls(machines: Machines) -> list[PassedOn]:
    """Of lists of tasks, as they came to the API from a portal."""
    inside = f"127.0.0.1:{machines.places.inside}"
    asked = (inside, "GET", f"{WORKFLOW_PATH}/tasks")
    return [line for line in machines.passed_on() if (line.host, line.method, line.path) == asked]


def test_who_signs_out_of_one_is_signed_out_of_both(machines: Machines, person: requests.Session) -> None:
    session = machines.sign_in("together@acme.example", PASSWORD)
    token = token_in(session.get(f"{machines.url}/account/", timeout=30).text)
    session.post(f"{machines.url}/sign-out/", data={"csrfmiddlewaretoken": token}, timeout=30, allow_redirects=False)
    answers = [session.get(f"{machines.url}/submissions/", timeout=30, allow_redirects=False) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert len({asked_of(machines, answer) for answer in answers}) == 2


def test_a_key_that_one_saw_rejected_is_not_tried_by_the_other(
    machines: Machines, person: requests.Session, place: str, key: str
) -> None:
    """The gate of a key. Last: nothing works with it any more."""
    machines.api.manage("revoke_api_key", key[-4:], "--org", ORGANIZATION)
    person.get(f"{place}tasks/?status=failed", timeout=30)
    before = calls(machines)
    answers = [person.get(f"{place}tasks/?status={status}", timeout=30) for status in ("pending", "completed")]
    assert len({asked_of(machines, answer) for answer in answers}) == 2
    assert len(calls(machines)) == len(before)
