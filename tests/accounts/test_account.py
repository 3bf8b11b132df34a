"""The account page: name, password, two-step verification, sessions, and the sessions that each change ends."""

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from pipelines_portal.accounts.models import Session, User
from pipelines_portal.accounts.sessions import delete_expired_sessions
from pipelines_portal.audit.models import Event
from tests.each_case import each_case
from tests.factories import confirm_in, make_person, open_workflow
from tests.pages import text_of
from tests.statements import before_statement

from .two_step import PASSWORD, code_of, give_app, set_up_app, sign_in

CLOCK = "pipelines_portal.core.http.middleware.time.time"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) Version/18.0 Safari/604"
)


def sign_in_on_laptop() -> Client:
    """Return the browser in which Maria signs in on her laptop."""
    client = Client(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="10.2.0.14")
    sign_in(client)
    return client


def sign_in_on_phone() -> Client:
    client = Client(HTTP_USER_AGENT=IPHONE, REMOTE_ADDR="84.112.9.3")
    sign_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def last_event() -> Event:
    return Event.objects.order_by("-id").first()


def test_the_name_is_changed(maria: User) -> None:
    laptop = sign_in_on_laptop()
    assert "Name saved" in text_of(laptop.post("/account/name/", {"name": "Maria Weber"}, follow=True))
    maria.refresh_from_db()
    assert maria.name == "Maria Weber"
    assert last_event().verb == "person-renamed"
    assert laptop.post("/account/name/", {"name": "x" * 101}).status_code == 422


def test_sessions_are_listed_with_device_and_address(maria: User) -> None:
    laptop = sign_in_on_laptop()
    sign_in_on_phone()
    page = text_of(laptop.get("/account/"))
    assert 'Firefox on Linux <span class="sub">' in page
    assert "Safari on iPhone" in page
    assert "10.2.0.14" in page and "84.112.9.3" in page
    keys = Session.objects.values_list("session_key", flat=True)
    assert not [key for key in keys if key in page], "a key opens the session to whoever reads it"


def test_one_session_is_ended(maria: User) -> None:
    laptop = sign_in_on_laptop()
    phone = sign_in_on_phone()
    mark = next(each.mark for each in laptop.get("/account/").context["sessions"] if not each.is_this)
    assert "Device signed out" in text_of(laptop.post(f"/account/sessions/{mark}/end/", follow=True))
    assert not is_in(phone)
    assert is_in(laptop)
    assert (last_event().verb, last_event().detail) == ("session-ended", {"device": "Safari on iPhone"})
    assert "already signed out" in text_of(laptop.post(f"/account/sessions/{mark}/end/", follow=True))


def test_a_session_of_another_person_cannot_be_ended(maria: User, db: None) -> None:
    laptop = sign_in_on_laptop()
    make_person("eve@acme.example", PASSWORD)
    eve = Client()
    sign_in(eve, "eve@acme.example")
    mark = laptop.get("/account/").context["sessions"][0].mark
    eve.post(f"/account/sessions/{mark}/end/")
    assert is_in(laptop)


def test_all_other_sessions_are_ended(maria: User) -> None:
    laptop = sign_in_on_laptop()
    phone = sign_in_on_phone()
    laptop.post("/account/sessions/end-others/")
    assert is_in(laptop)
    assert not is_in(phone)
    assert last_event().verb == "session-ended"


def test_changing_the_password_ends_the_other_sessions(maria: User) -> None:
    laptop = sign_in_on_laptop()
    phone = sign_in_on_phone()
    new = {"new_password1": "another long password", "new_password2": "another long password"}
    assert laptop.post("/password/", {"old_password": "guess"} | new).status_code == 422
    assert last_event().verb == "password-refused"
    laptop.post("/password/", {"old_password": PASSWORD} | new)
    assert last_event().verb == "password-changed"
    maria.refresh_from_db()
    assert maria.check_password("another long password")
    assert is_in(laptop) and not is_in(phone)
    assert Session.objects.filter(user__isnull=False).count() == 1


def test_setting_up_an_app_ends_the_other_sessions(maria: User) -> None:
    laptop = sign_in_on_laptop()
    phone = sign_in_on_phone()
    set_up_app(laptop)
    assert is_in(laptop) and not is_in(phone)
    assert (last_event().verb, last_event().detail) == ("second-step-added", {"kind": "authenticator app"})


def test_a_wrong_code_sets_nothing_up_and_costs_no_new_scan(maria: User) -> None:
    laptop = sign_in_on_laptop()
    before = laptop.get("/account/authenticator/").context["parts"]
    refused = laptop.post("/account/authenticator/", {"code": "000000"})
    assert refused.status_code == 422
    assert refused.context["parts"] == before
    assert 'Set up<span class="sr"> authenticator app' in text_of(laptop.get("/account/"))


def test_a_person_has_one_app(maria: User) -> None:
    laptop = sign_in_on_laptop()
    set_up_app(laptop)
    assert "already have an authenticator app" in text_of(laptop.get("/account/authenticator/", follow=True))
    assert "already have an authenticator app" in text_of(
        laptop.post("/account/authenticator/", {"code": "000000"}, follow=True)
    )


def test_an_app_that_was_set_up_in_another_window_stays(maria: User) -> None:
    laptop = sign_in_on_laptop()
    secret = "".join(laptop.get("/account/authenticator/").context["parts"])
    data = {"secret": get_adapter().encrypt("A" * 32)}

    def set_up_elsewhere() -> None:
        Authenticator.objects.create(user=maria, type=Authenticator.Type.TOTP, data=data)

    with before_statement("UPDATE sign_in_throttle_tries", set_up_elsewhere):
        answer = laptop.post("/account/authenticator/", {"code": code_of(secret)}, follow=True)
    assert "already have an authenticator app" in text_of(answer)
    assert Authenticator.objects.get().data == data


def app_id(client: Client) -> int:
    return int(client.get("/account/").context["app"].pk)


def test_removing_the_last_one_takes_the_recovery_codes_along(maria: User) -> None:
    laptop = sign_in_on_laptop()
    set_up_app(laptop)
    address = f"/account/second-step/{app_id(laptop)}/remove/"
    assert "turns off two-step verification" in text_of(laptop.get(address))
    assert "app removed" in text_of(laptop.post(address, follow=True))
    page = text_of(laptop.get("/account/"))
    assert "Recovery codes" not in page
    assert last_event().verb == "second-step-removed"
    assert sign_in(Client())["Location"] == "/"


def test_new_recovery_codes_replace_the_old_ones(maria: User) -> None:
    laptop = sign_in_on_laptop()
    _, old = set_up_app(laptop)
    made = laptop.post("/account/recovery-codes/").context["codes"]
    assert len(made) == 10 and not {*made} & {*old}
    assert last_event().verb == "recovery-codes-made"
    elsewhere = Client()
    sign_in(elsewhere)
    assert elsewhere.post("/sign-in/code/", {"code": old[0]}).status_code == 422
    assert elsewhere.post("/sign-in/code/", {"code": made[0]}).status_code == 302


def test_recovery_codes_need_a_two_step(maria: User) -> None:
    refused = sign_in_on_laptop().post("/account/recovery-codes/")
    assert refused.status_code == 422
    assert "Set up two-step verification first." in text_of(refused)


WEIGHTY = ["/account/authenticator/", "/account/passkey/", "/account/recovery-codes/"]


@pytest.mark.parametrize("address", WEIGHTY)
def test_important_changes_ask_for_the_password_after_ten_minutes(
    maria: User, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop = sign_in_on_laptop()
    now = time.time
    assert laptop.get(address).status_code == 200
    monkeypatch.setattr("time.time", lambda: now() + 11 * 60)
    for ask in (laptop.get, laptop.post):
        assert ask(address)["Location"] == f"/account/confirm/?next={address.replace('/', '%2F')}"
    refused = laptop.post("/account/confirm/", {"password": "guess", "next": address})
    assert refused.status_code == 422
    assert last_event().verb == "password-refused"
    assert laptop.post("/account/confirm/", {"password": PASSWORD, "next": address})["Location"] == address
    assert laptop.get(address).status_code == 200


def test_confirming_is_slowed_and_leads_to_no_other_site(maria: User) -> None:
    laptop = sign_in_on_laptop()
    away = laptop.post("/account/confirm/", {"password": PASSWORD, "next": "https://evil.example/"})
    assert away["Location"] == "/account/"
    answers = [laptop.post("/account/confirm/", {"password": "guess"}).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert laptop.post("/account/confirm/", {"password": PASSWORD}).status_code == 429


def test_someone_whose_session_was_taken_over_cannot_remove_the_two_step(maria: User) -> None:
    """A session without a proof of identity must confirm first."""
    give_app(maria)
    thief = Client()
    maria.refresh_from_db()
    thief.force_login(maria)
    address = f"/account/second-step/{app_id(thief)}/remove/"
    assert thief.post(address)["Location"].startswith("/account/confirm/")
    assert app_id(thief)


def test_a_session_expires_even_if_it_is_used(maria: User, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = sign_in_on_laptop()
    now = time.time()
    settings.SESSION_IDLE_MINUTES = 60 * 24 * 2
    for day in range(1, 15):
        monkeypatch.setattr(CLOCK, lambda day=day: now + day * 86_400 - 60)
        assert is_in(laptop), day
    monkeypatch.setattr(CLOCK, lambda: now + 14 * 86_400 + 60)
    assert not is_in(laptop)


def test_a_session_idle_for_too_long_is_not_listed(maria: User, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = sign_in_on_laptop()
    sign_in_on_phone()
    now = time.time()
    monkeypatch.setattr(CLOCK, lambda: now + 11 * 3600)
    assert is_in(laptop)
    monkeypatch.setattr(CLOCK, lambda: now + 13 * 3600)
    assert len(laptop.get("/account/").context["sessions"]) == 1


def test_expired_sessions_are_not_listed(maria: User) -> None:
    laptop = sign_in_on_laptop()
    sign_in_on_phone()
    Session.objects.exclude(session_key=laptop.session.session_key).update(
        expire_date=timezone.now() - timedelta(seconds=1)
    )
    assert len(laptop.get("/account/").context["sessions"]) == 1
    delete_expired_sessions()
    assert [session.session_key for session in Session.objects.all()] == [laptop.session.session_key]


@each_case(
    ("asked", "role", "is_led"),
    [("off", "administrator", False), ("administrators", "operator", False), ("administrators", "administrator", True),
     ("everybody", "operator", True), ("everybody", "viewer", True)],
)  # fmt: skip
def test_who_must_have_a_two_step_sets_it_up_first(
    maria: User, settings: Any, asked: str, role: str, is_led: bool
) -> None:
    settings.REQUIRE_SECOND_FACTOR = asked
    User.objects.update(role=role)
    client = Client()
    sign_in(client)
    away = "/account/second-step/"
    for address in ("/keys/", "/submissions/", "/account/", "/password/"):
        assert (client.get(address).headers.get("Location") == away) == is_led
    if is_led:
        assert client.post("/account/name/", {"name": "x"})["Location"] == away
        assert client.get("/keys/", headers={"HX-Request": "true"})["HX-Redirect"] == away
        assert "Your change wasn’t saved" in text_of(client.get(away))
        set_up_app(client)
    assert client.get("/keys/").status_code == 200


@pytest.mark.parametrize("address", ["/account/authenticator/", "/no-such-page/"])
def test_no_page_shows_keys_before_the_two_step_is_set_up(
    client: Client, saved_key: Any, static_root: None, settings: Any, address: str
) -> None:
    open_workflow(saved_key, name="Secret project")
    client.force_login(saved_key.owner)
    confirm_in(client, saved_key.owner)
    assert "Secret project" in client.get(address).content.decode()
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    page = client.get(address).content.decode()
    assert "Secret project" not in page
    assert saved_key.name not in page
    assert "Sign out" in page


def test_people_who_removed_it_must_set_it_up_again(maria: User, settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    client = Client()
    sign_in(client)
    set_up_app(client)
    client.post(f"/account/second-step/{app_id(client)}/remove/")
    assert client.get("/keys/")["Location"] == "/account/second-step/"
