"""Guessing passwords is slowed down, and nobody is locked out by it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.shared.sign_in_throttle.counting import ADDRESS_TRIES, FREE_TRIES, LONGEST_WAIT, delay_after
from pipelines_portal.shared.sign_in_throttle.models import Bucket
from tests.factories import make_person

PASSWORD = "a long enough password"
MARIA = "maria@acme.example"


def at(address: str) -> Client:
    """A browser that nobody signed in with, at that address."""
    return Client(REMOTE_ADDR=address)


def try_(client: Client, email: str = MARIA, password: str = "guess") -> Any:
    return client.post("/sign-in/", {"username": email, "password": password})


def guess_from_everywhere(times: int, email: str = MARIA) -> list[int]:
    return [try_(at(f"198.51.{number // 250}.{number % 250}"), email).status_code for number in range(times)]


def pass_time(seconds: float) -> None:
    """As if that long had passed since."""
    by = timedelta(seconds=seconds)
    changes = {name: F(name) - by for name in ("counted_at", "kept_until")}
    Bucket.objects.update(**changes)
    Bucket.objects.filter(opens_at__isnull=False).update(opens_at=F("opens_at") - by)


def test_the_wait_grows_to_a_minute_and_no_further() -> None:
    assert [delay_after(tries) for tries in range(FREE_TRIES + 7)] == [0] * FREE_TRIES + [2, 4, 8, 16, 32, 60, 60]
    assert delay_after(10**6) == LONGEST_WAIT


def test_a_try_that_came_before_the_last_one_was_counted_is_one_try_and_no_more(maria: User) -> None:
    client = at("203.0.113.1")
    assert [try_(client).status_code for _ in range(FREE_TRIES - 1)] == [422] * (FREE_TRIES - 1)
    pass_time(-8)
    assert try_(client).status_code == 422


def test_a_few_slips_cost_nothing_and_then_one_waits_as_long_as_told(maria: User) -> None:
    client = at("203.0.113.1")
    assert [try_(client).status_code for _ in range(FREE_TRIES)] == [422] * FREE_TRIES
    refused = try_(client, password=PASSWORD)
    assert (refused.status_code, refused["Retry-After"]) == (429, "2")
    assert "Wait 2 seconds, then try again." in refused.content.decode()
    assert MARIA in refused.content.decode()
    pass_time(1)
    assert try_(client, password=PASSWORD).status_code == 429, "also the right one, until then"
    pass_time(1)
    assert try_(client, password=PASSWORD).status_code == 302


@pytest.mark.full
def test_one_account_tried_from_many_addresses_is_slowed(maria: User) -> None:
    answers = guess_from_everywhere(200)
    assert answers.count(422) == FREE_TRIES
    assert answers.count(429) == 200 - FREE_TRIES


def test_a_stranger_locks_nobody_out_for_longer_than_a_minute(maria: User) -> None:
    """Someone at a new place, with a new browser, while others never stop trying their account."""
    for _ in range(20):
        guess_from_everywhere(10)
        pass_time(5)
    newcomer = at("203.0.113.9")
    slowed = try_(newcomer, password=PASSWORD)
    assert slowed.status_code == 429
    assert int(slowed["Retry-After"]) <= LONGEST_WAIT
    pass_time(int(slowed["Retry-After"]))
    guess_from_everywhere(40)
    assert try_(newcomer, password=PASSWORD).status_code == 302


def test_whoever_signed_in_from_there_before_is_not_slowed(maria: User) -> None:
    assert try_(at("203.0.113.1"), password=PASSWORD).status_code == 302
    guess_from_everywhere(60)
    assert try_(at("203.0.113.1"), password=PASSWORD).status_code == 302
    assert try_(at("203.0.113.2"), password=PASSWORD).status_code == 429


def test_a_browser_that_signed_in_before_is_not_slowed_wherever_it_is(maria: User) -> None:
    """Nor by others behind the same address, which behind an undeclared proxy is everybody's."""
    client = at("203.0.113.1")
    assert try_(client, password=PASSWORD).status_code == 302
    client.post("/sign-out/")
    everybody = at("203.0.113.1")
    assert [try_(everybody).status_code for _ in range(40)].count(429) > 0
    assert try_(client, password=PASSWORD).status_code == 302
    client.post("/sign-out/")
    client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert try_(client, password=PASSWORD).status_code == 302


def test_a_browser_known_to_one_account_is_not_known_to_another(maria: User) -> None:
    make_person("eve@acme.example", PASSWORD)
    eve = at("203.0.113.66")
    assert try_(eve, "eve@acme.example", PASSWORD).status_code == 302
    eve.post("/sign-out/")
    assert [try_(eve).status_code for _ in range(10)].count(422) == FREE_TRIES


def test_a_known_browser_guesses_no_faster(maria: User) -> None:
    client = at("203.0.113.1")
    try_(client, password=PASSWORD)
    client.post("/sign-out/")
    assert [try_(client).status_code for _ in range(10)].count(422) == FREE_TRIES


def test_trying_many_accounts_from_one_address_is_stopped(maria: User) -> None:
    sprayer = at("203.0.113.66")
    answers = [try_(sprayer, f"person{number}@acme.example").status_code for number in range(60)]
    assert answers == [422] * ADDRESS_TRIES + [429] * (60 - ADDRESS_TRIES)
    pass_time(60)
    answers = [try_(sprayer, f"other{number}@acme.example").status_code for number in range(10)]
    assert answers.count(422) == 1, "one a minute"
    assert try_(at("203.0.113.67"), password=PASSWORD).status_code == 302


@pytest.mark.full
def test_signing_in_oneself_does_not_make_room_for_guesses(maria: User) -> None:
    make_person("eve@acme.example", PASSWORD)
    answers = []
    for number in range(60):
        answers.append(try_(at("203.0.113.66"), f"person{number}@acme.example").status_code)
        try_(at("203.0.113.66"), "eve@acme.example", PASSWORD)
    assert answers.count(422) <= ADDRESS_TRIES


def test_people_of_one_office_who_know_their_passwords_do_not_count(maria: User) -> None:
    for number in range(ADDRESS_TRIES + 10):
        make_person(f"p{number}@acme.example", PASSWORD)
        assert try_(at("203.0.113.1"), f"p{number}@acme.example", PASSWORD).status_code == 302


def test_the_address_is_the_one_before_trusted_proxies(maria: User, settings: Any) -> None:
    from ipaddress import ip_network

    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]

    def through_proxy(address: str, email: str) -> int:
        return try_(Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": address}), email).status_code

    sprayed = [through_proxy("203.0.113.66", f"p{number}@acme.example") for number in range(ADDRESS_TRIES + 1)]
    assert sprayed[-1] == 429
    assert through_proxy("203.0.113.67", "q@acme.example") == 422
    forged = f"{'198.51.100.1'}, 203.0.113.66"
    assert through_proxy(forged, "q@acme.example") == 429


def test_spelling_the_email_otherwise_is_no_way_around(maria: User) -> None:
    spelled = [MARIA, MARIA.upper(), f"  {MARIA} ", MARIA.title(), f"{MARIA}\n"]
    answers = [try_(at("203.0.113.66"), spelled[number % 5]).status_code for number in range(10)]
    assert answers.count(422) == FREE_TRIES


def test_what_is_kept_does_not_grow_with_what_was_typed(maria: User) -> None:
    for number in range(3):
        try_(at("203.0.113.66"), f"{number}" * 4_000_000)
    assert sum(len(bucket.name) for bucket in Bucket.objects.all()) == 64 * Bucket.objects.count()


def test_idle_counts_go(maria: User) -> None:
    guess_from_everywhere(30)
    before = Bucket.objects.count()
    assert before > 30
    pass_time(2 * 60 * 60)
    try_(at("203.0.113.1"))
    assert Bucket.objects.count() == 3
    assert not Bucket.objects.filter(kept_until__lt=timezone.now()).exists()


def test_a_flood_that_is_refused_leaves_nothing_behind(maria: User) -> None:
    sprayer = at("203.0.113.66")
    for number in range(ADDRESS_TRIES):
        try_(sprayer, f"p{number}@acme.example")
    kept = Bucket.objects.count()
    for number in range(50):
        try_(sprayer, f"q{number}@acme.example")
    assert Bucket.objects.count() == kept


def test_guessing_the_old_password_on_the_password_page_is_slowed(maria: User) -> None:
    client = at("203.0.113.1")
    client.force_login(maria)
    new = {"new_password1": "another long password", "new_password2": "another long password"}
    answers = [client.post("/password/", {"old_password": "guess"} | new) for _ in range(FREE_TRIES + 1)]
    assert [answer.status_code for answer in answers] == [422] * FREE_TRIES + [429]
    assert answers[-1]["Retry-After"] == "2"
    assert "Wait 2 seconds" in answers[-1].content.decode()
    assert client.post("/password/", {"old_password": PASSWORD} | new).status_code == 429
    pass_time(2)
    assert client.post("/password/", {"old_password": PASSWORD} | new).status_code == 302


def test_every_try_is_one_line_in_the_log_with_who_and_where_and_no_password(
    maria: User, caplog: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = at("203.0.113.1")
    caplog.set_level("INFO")
    with django_capture_on_commit_callbacks(execute=True):
        for password in ["hunter2-hunter2", *["guess"] * FREE_TRIES, PASSWORD]:
            try_(client, password=password)
        pass_time(60)
        try_(client, password=PASSWORD)
        try_(at("203.0.113.2"), "typed-my-password-here", "x")
        try_(at("203.0.113.2"), "a@b.example\nforged line", "x")
        client.post("/sign-out/")
    lines = [record.getMessage() for record in caplog.records if record.name == "pipelines_portal.audit"]
    where = 'address="203.0.113.1"'
    assert f'sign-in-refused email="{MARIA}" {where} reason="password"' in lines
    assert f'sign-in-slowed email="{MARIA}" {where} seconds=2' in lines
    assert f'sign-in-slowed tried="{MARIA}" seconds=2 {where}' in lines
    who = f'user={maria.pk} email="{MARIA}" {where} person="{maria.pk}" label="{MARIA}"'
    assert f'signed-in {who} how="password"' in lines
    assert f"signed-out {who}" in lines
    log_text = "\n".join(lines)
    assert not [
        secret for secret in ("hunter2", "guess", PASSWORD, "typed-my-password", "forged") if secret in log_text
    ]
