"""Guessing passwords is limited, and a stranger can lock nobody out."""

import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from pipelines_portal.accounts.models import User
from pipelines_portal.core.sign_in_throttle import throttle
from pipelines_portal.core.sign_in_throttle.models import Tries
from pipelines_portal.core.sign_in_throttle.throttle import (
    ACCOUNT_TRIES,
    ADDRESS_TRIES,
    admit,
    limit_on,
    remove_old_tries,
)
from tests.factories import make_person
from tests.pages import text_of
from tests.statements import before_statement

PASSWORD = "a long enough password"
MARIA = "maria@acme.example"
NEW = {"new_password1": "another long password", "new_password2": "another long password"}


def at(address: str) -> Client:
    """A browser at that address."""
    return Client(REMOTE_ADDR=address)


def try_(client: Client, email: str = MARIA, password: str = "guess") -> Any:
    return client.post("/sign-in/", {"username": email, "password": password})


def pass_time(seconds: float) -> None:
    Tries.objects.update(ends_at=F("ends_at") - timedelta(seconds=seconds))


def test_after_a_few_wrong_passwords_the_page_says_how_long_to_wait(maria: User) -> None:
    client = at("203.0.113.1")
    assert [try_(client).status_code for _ in range(ACCOUNT_TRIES)] == [422] * ACCOUNT_TRIES
    refused = try_(client, password=PASSWORD)
    assert refused.status_code == 429, "also with the right one"
    wait = int(refused["Retry-After"])
    assert 290 < wait <= 300
    assert "Try again in 5 minutes." in text_of(refused)
    assert f'value="{MARIA}"' in text_of(refused)
    pass_time(wait - 60)
    assert re.search("Try again in [56][0-9] seconds", text_of(try_(client)))
    pass_time(60)
    assert try_(client, password=PASSWORD).status_code == 302


def test_a_stranger_locks_nobody_out(maria: User) -> None:
    for number in range(40):
        try_(at(f"198.51.100.{number}"))
    stranger = at("198.51.100.1")
    assert [try_(stranger).status_code for _ in range(10)].count(429) > 0
    assert try_(at("203.0.113.9"), password=PASSWORD).status_code == 302


def test_trying_many_accounts_from_one_address_is_stopped(maria: User) -> None:
    sprayer = at("203.0.113.66")
    answers = [try_(sprayer, f"person{number}@acme.example").status_code for number in range(ADDRESS_TRIES + 3)]
    assert answers == [422] * ADDRESS_TRIES + [429] * 3
    assert try_(at("203.0.113.67"), password=PASSWORD).status_code == 302


def test_people_of_one_office_who_know_their_passwords_do_not_count(maria: User) -> None:
    for number in range(ADDRESS_TRIES + 1):
        make_person(f"p{number}@acme.example", PASSWORD)
        assert try_(at("203.0.113.1"), f"p{number}@acme.example", PASSWORD).status_code == 302


@pytest.mark.full
def test_signing_in_oneself_does_not_make_room_for_guesses(maria: User) -> None:
    make_person("eve@acme.example", PASSWORD)
    answers = []
    for number in range(60):
        answers.append(try_(at("203.0.113.66"), f"person{number}@acme.example").status_code)
        try_(at("203.0.113.66"), "eve@acme.example", PASSWORD)
    assert answers.count(422) <= ADDRESS_TRIES


def test_the_address_is_the_one_before_trusted_proxies(maria: User, settings: Any) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]

    def through_proxy(address: str, email: str) -> int:
        return try_(Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": address}), email).status_code

    sprayed = [through_proxy("203.0.113.66", f"p{number}@acme.example") for number in range(ADDRESS_TRIES + 1)]
    assert sprayed[-1] == 429
    assert through_proxy("203.0.113.67", "q@acme.example") == 422
    assert through_proxy("198.51.100.1, 203.0.113.66", "q@acme.example") == 429, "forged in front"


def test_spelling_the_email_differently_is_no_way_around(maria: User) -> None:
    spelled = [MARIA, MARIA.upper(), f"  {MARIA} ", MARIA.title(), f"{MARIA}\n"]
    answers = [try_(at("203.0.113.66"), spelled[number % 5]).status_code for number in range(10)]
    assert answers.count(422) == ACCOUNT_TRIES


def test_what_is_stored_does_not_grow_with_what_was_typed(maria: User) -> None:
    for number in range(3):
        try_(at("203.0.113.66"), f"{number}" * 100_000)
    assert {len(row.name) for row in Tries.objects.all()} == {64}


def test_a_flood_that_is_refused_writes_nothing(maria: User) -> None:
    sprayer = at("203.0.113.66")
    for number in range(ADDRESS_TRIES):
        try_(sprayer, f"p{number}@acme.example")
    limits = [limit_on("address", "203.0.113.66", tries=ADDRESS_TRIES), limit_on("password", "q", tries=5)]
    before = list(Tries.objects.order_by("name").values_list())
    assert admit(limits) > 0
    assert list(Tries.objects.order_by("name").values_list()) == before


def test_of_two_tries_at_once_only_as_many_count_as_are_left(db: None) -> None:
    limits = [limit_on("account", "x", tries=2)]
    assert admit(limits) == 0
    with before_statement("UPDATE sign_in_throttle_tries", lambda: admit(limits)):
        assert admit(limits) > 0


def test_old_counts_are_removed(maria: User) -> None:
    for number in range(3):
        try_(at(f"198.51.100.{number}"))
    assert remove_old_tries() == 0
    pass_time(throttle.WINDOW.total_seconds() + 1)
    assert remove_old_tries() == 6
    assert not Tries.objects.exists()


def test_guessing_the_old_password_on_the_password_page_is_limited(maria: User) -> None:
    client = at("203.0.113.1")
    client.force_login(maria)
    answers = [client.post("/password/", {"old_password": "guess"} | NEW) for _ in range(ACCOUNT_TRIES + 1)]
    assert [answer.status_code for answer in answers] == [422] * ACCOUNT_TRIES + [429]
    wait = answers[-1]["Retry-After"]
    assert "Try again in 5 minutes." in text_of(answers[-1])
    assert client.post("/password/", {"old_password": PASSWORD} | NEW).status_code == 429
    pass_time(int(wait))
    assert client.post("/password/", {"old_password": PASSWORD} | NEW).status_code == 302


def test_every_try_is_one_line_in_the_log_with_who_and_where_and_no_password(
    maria: User, caplog: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = at("203.0.113.1")
    caplog.set_level("INFO")
    with django_capture_on_commit_callbacks(execute=True):
        for password in ["hunter2-hunter2", *["guess"] * ACCOUNT_TRIES, PASSWORD]:
            try_(client, password=password)
        pass_time(300)
        try_(client, password=PASSWORD)
        try_(at("203.0.113.2"), "typed-my-password-here", "x")
        try_(at("203.0.113.2"), "a@b.example\nforged line", "x")
        client.post("/sign-out/")
    lines = [record.getMessage() for record in caplog.records if record.name == "pipelines_portal.audit"]
    where = 'address="203.0.113.1"'
    assert f'sign-in-refused email="{MARIA}" {where} reason="password"' in lines
    assert [line for line in lines if line.startswith(f'sign-in-slowed email="{MARIA}" {where} seconds=')]
    who = f'user={maria.pk} email="{MARIA}" {where} person="{maria.pk}" label="{MARIA}"'
    assert f'signed-in {who} how="password"' in lines
    assert f"signed-out {who}" in lines
    log_text = "\n".join(lines)
    assert not [
        secret for secret in ("hunter2", "guess", PASSWORD, "typed-my-password", "forged") if secret in log_text
    ]
