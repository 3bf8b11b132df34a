"""The rate limiter of a key, against the real External API and between two processes."""

from pathlib import Path
from typing import Any

import pytest

from pipelines_portal.api_client import Held, KeyRejected, RateLimited, Unauthorized
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.permissions import usable_key
from tests.conftest import ACME
from tests.external_api.server import free_port
from tests.factories import save_key
from tests.faulty_api import answer, error, faulty_api
from tests.keys.clients import AT_ONCE
from tests.live import Portal, end, external_api, portal
from tests.samples import organization, workflow

DEAD = error(401, "invalid_api_key", "Invalid API key")


def busy(seconds: int) -> Any:
    return error(429, "rate_limit_exceeded", "Slow down", retry_after=seconds)


def test_against_real_limits_and_a_real_revocation(tmp_path: Path, person: Any, settings: Any) -> None:
    with external_api(tmp_path, EXTERNAL_API_KEY_LIMIT="4/minute") as api:
        settings.PIPELINES_API_URL = api.url
        api.load(organization(ACME, workflow(42)))
        key = save_key(person, api.new_key(ACME))

        def read() -> None:
            client_for(usable_key(person, key.pk), AT_ONCE).list_tasks(42)

        for _ in range(4):
            read()
        with pytest.raises(RateLimited) as limited:
            read()
        assert not isinstance(limited.value, Held)
        with pytest.raises(Held):
            read()
        other = save_key(person, api.new_key(ACME), "Other")
        api.revoke(other.decrypt(), ACME)
        for expected in (Unauthorized, KeyRejected):
            with pytest.raises(expected):
                client_for(usable_key(person, other.pk)).list_tasks(42)


def test_two_processes_share_one_pause(tmp_path: Path) -> None:
    found = answer(200, {"id": 42, "name": "French", "status": "ACTIVE"})
    with faulty_api(found) as api, portal(tmp_path, api.url) as one:
        api.routes["/schema"] = answer(200, {"fields": []})
        one.manage("load_demo", "--key-name", "Acme", "--workflows", "42", given="pk_live_" + "a" * 40)
        two = Portal("", None, one.env | {"PORT": str(free_port())}, tmp_path / "two.log")
        two.url = f"http://127.0.0.1:{two.env['PORT']}"
        two.start()
        try:
            person = one.sign_in("demo@example.com", "pipelines-demo")
            api.routes = {"/tasks": busy(60)}
            api.requests.clear()
            address = "/keys/1/workflows/42/tasks/"
            assert person.get(one.url + address, timeout=10).status_code == 429
            held = person.get(two.url + address, timeout=10)
            assert (held.status_code, int(held.headers["Retry-After"]) > 30) == (429, True)
            assert len(api.requests) == 1
            one.run("end_holds")
            api.routes = {"/tasks": DEAD}
            assert person.get(two.url + address, timeout=10).status_code == 403
            assert person.get(one.url + address, timeout=10).status_code == 403
            assert len(api.requests) == 2
        finally:
            end(two.process)
