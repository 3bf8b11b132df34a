"""What holds for every answer of the portal: who may keep it, which host it is for, how long a session lives."""

import time
from typing import Any

import pytest
from django.test import Client

from pipelines_portal.accounts.models import User
from tests.each_case import each_case

PASSWORD = "a long enough password"
PRIVATE = ["/password/", "/submissions/", "/keys/{key}/remove/", "/nowhere/"]


@each_case("address", PRIVATE)
def test_what_a_person_sees_is_kept_by_no_cache(page: Client, saved_key: Any, address: str) -> None:
    answer = page.get(address.format(key=saved_key.pk))
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


def test_the_page_that_follows_a_sign_in_is_kept_by_no_cache(client: Client, person: User, static_root: None) -> None:
    person.set_password(PASSWORD)
    person.save()
    assert "no-store" in client.post("/sign-in/", {"username": person.email, "password": PASSWORD})["Cache-Control"]
    client.post("/sign-out/")
    assert "Cache-Control" not in client.get("/health", headers={"Cookie": ""})


@pytest.mark.parametrize("address", ["/sign-in/", "/keys/", "/nowhere/"])
@pytest.mark.parametrize("host", ["evil.example", "[::1", "a b"])
def test_a_wrong_host_is_a_400_without_a_traceback(db: None, caplog: Any, address: str, host: str) -> None:
    answer = Client(raise_request_exception=False).get(address, headers={"Host": host})
    assert answer.status_code == 400
    assert "Wrong address" in answer.content.decode()
    assert host not in answer.content.decode()
    assert not [record for record in caplog.records if record.exc_info]
    assert len([record for record in caplog.records if "ALLOWED_HOSTS" in record.getMessage()]) == 1


def pass_minutes(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    later = time.time() + minutes * 60
    monkeypatch.setattr("pipelines_portal.core.http.middleware.time.time", lambda: later)


def test_a_session_that_nobody_uses_ends(page: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SESSION_IDLE_MINUTES = 30
    assert page.get("/keys/").status_code == 200
    pass_minutes(monkeypatch, 29)
    assert page.get("/keys/").status_code == 200
    pass_minutes(monkeypatch, 30)
    assert page.get("/keys/").status_code == 200
    pass_minutes(monkeypatch, 31)
    assert page.get("/keys/")["Location"].startswith("/sign-in/")


def test_a_page_that_refreshes_itself_keeps_no_session_alive(
    page: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SESSION_IDLE_MINUTES = 30
    page.get("/keys/")
    pass_minutes(monkeypatch, 20)
    assert page.get("/submissions/", headers={"HX-Request": "true"}).status_code == 200
    pass_minutes(monkeypatch, 20)
    assert page.get("/submissions/", headers={"HX-Request": "true"}).status_code in (302, 401)
