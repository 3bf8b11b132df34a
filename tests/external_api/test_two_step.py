"""Two-step verification of the pages: setting it up, signing in with a code, and turning it off."""

import base64
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.core.management import call_command
from django.utils import timezone

from pipelines_portal.core.encryption import derived_key
from pipelines_portal.core.sign_in_throttle.models import Tries
from pipelines_portal.external_api.models import AuthenticatorApp, Person, RecoveryCode
from pipelines_portal.external_api.organizations import two_step
from pipelines_portal.external_api.organizations.pages import two_step_views
from pipelines_portal.external_api.organizations.password_links import reset_account
from tests.each_case import each_case
from tests.external_api.factories import Tenant, make_person
from tests.external_api.people import PASSWORD, Visitor, signed_in
from tests.external_api.server import Api
from tests.external_api.test_people_pages import CHOSEN, choose, link_in, of

SECRET = b"12345678901234567890"
NEW = "correct horse battery"


class Clock:
    """The time of codes. Each code works once, so tests move on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000

    def code(self, secret: bytes = SECRET, steps: int = 0) -> str:
        return TOTP(secret, 6, SHA1(), 30).generate(self.now + 30 * steps).decode()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(two_step, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


@pytest.fixture
def person(tenant: Tenant, clock: Clock) -> Person:
    """The admin, with two-step verification on."""
    two_step.turn_on(tenant.admin, SECRET, 0, PASSWORD)
    return tenant.admin


def after_password(server: Api, person: Person, path: str = "/sign-in") -> Visitor:
    """Return a visitor who has entered the right password."""
    visitor = Visitor(server)
    answer = visitor.post(path, {"username": person.email, "password": PASSWORD}, allow_redirects=False)
    assert answer.headers["Location"] == "/sign-in/code"
    return visitor


def enter(visitor: Visitor, code: str) -> int:
    return visitor.post("/sign-in/code", {"code": code}, allow_redirects=False).status_code


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/two-step", allow_redirects=False).status_code == 200


def recovery_codes(page: str) -> list[str]:
    return re.findall(r"<li><code>([a-z2-7-]{19})</code></li>", page)


def test_it_is_set_up_with_the_password_and_a_code(
    server: Api, tenant: Tenant, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Other sessions end. The secret is stored encrypted, and the recovery codes are stored as hashes."""
    visitor, elsewhere = signed_in(server, tenant.admin), signed_in(server, tenant.admin)
    assert 'href="/two-step">Two-step verification</a>' in visitor.get("/organization-keys/").text
    page = visitor.get("/two-step")
    assert 'src="data:image/svg+xml;base64,' in page.text and "no-store" in page.headers["Cache-Control"]
    shown = re.search(r"<code>([A-Z2-7 ]{39})</code>", page.text)[1].replace(" ", "")
    secret = base64.b32decode(shown)
    wrong = visitor.submit(page, {"password": PASSWORD, "code": clock.code(secret, -2)})
    assert (wrong.status_code, 'id="id_code_error"' in wrong.text, shown[:4] in wrong.text) == (422, True, True)
    wrong = visitor.submit(page, {"password": "wrong", "code": clock.code(secret)})
    assert (wrong.status_code, 'id="id_password_error"' in wrong.text) == (422, True)
    assert not two_step.is_on(tenant.admin)
    done = visitor.submit(page, {"password": PASSWORD, "code": clock.code(secret)})
    codes = recovery_codes(done.text)
    assert (done.status_code, len(set(codes))) == (200, 10)
    app = AuthenticatorApp.objects.get(person=tenant.admin)
    assert secret not in bytes(app.secret) and shown.encode() not in bytes(app.secret)
    assert not RecoveryCode.objects.filter(sha256__in=codes).exists()
    assert is_in(visitor) and not is_in(elsewhere)
    assert "10 recovery codes left" in visitor.get("/two-step").text
    assert not any(text in caplog.text for text in (shown, PASSWORD, *codes))
    assert "two-step-failed" in caplog.text and "two-step-set-up" in caplog.text
    assert enter(after_password(server, tenant.admin), clock.code(secret)) == 422
    assert enter(after_password(server, tenant.admin), clock.code(secret, 1)) == 302


def test_the_qr_code_contains_the_secret() -> None:
    url = two_step.app_url(Person(email="lena@example.com"), SECRET)
    text = two_step.as_text(SECRET)
    assert url.startswith("otpauth://totp/Pipelines%20API:lena%40example.com?") and f"secret={text}" in url
    assert two_step_views._qr_code(url) != two_step_views._qr_code(url.replace(text, text[::-1]))


def test_codes_are_those_of_the_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples of RFC 6238, of which apps show the last six digits."""
    for now, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        monkeypatch.setattr(two_step, "time", SimpleNamespace(time=lambda now=now: now))
        assert two_step.step_of(SECRET, f"{code[:3]} {code[3:]}") == now // 30


def test_the_password_alone_gives_no_rights(
    server: Api, person: Person, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = after_password(server, person, "/sign-in?next=/password")
    for path in ("/organization-keys/", "/password", "/two-step", "/two-step/remove"):
        assert "/sign-in?next=" in visitor.get(path).url
    assert " signed-in " not in caplog.text
    before = visitor.session.cookies["external_api_session"]
    answer = visitor.post("/sign-in/code", {"code": clock.code()}, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/password")
    assert visitor.session.cookies["external_api_session"] != before
    assert is_in(visitor) and " signed-in " in caplog.text


def test_a_code_works_once(server: Api, person: Person, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Nor do older ones work after it."""
    waiting = [after_password(server, person) for _ in range(3)]
    assert enter(waiting[0], clock.code()) == 302
    assert enter(waiting[1], clock.code()) == 422
    assert enter(waiting[1], clock.code(steps=-1)) == 422
    assert enter(waiting[2], clock.code(steps=1)) == 302
    assert clock.code() not in caplog.text and "two-step-failed" in caplog.text


def test_a_recovery_code_works_once(server: Api, tenant: Tenant, clock: Clock) -> None:
    first, second = two_step.turn_on(tenant.admin, SECRET, 0, PASSWORD)[:2]
    waiting = [after_password(server, tenant.admin) for _ in range(3)]
    assert enter(waiting[0], first) == 302
    assert enter(waiting[1], first) == 422
    assert enter(waiting[1], second.upper().replace("-", " ")) == 302
    assert RecoveryCode.objects.filter(person=tenant.admin).count() == 8
    assert not two_step.use_code(make_person(), second)


def test_guessing_codes_is_limited(server: Api, person: Person, clock: Clock) -> None:
    """Five from an address at once, ten in an hour, and then not even the right one is accepted."""
    visitor = after_password(server, person)
    for _ in range(2):
        assert [enter(visitor, f"{number:06}") for number in range(6)] == [422] * 5 + [429]
        Tries.objects.filter(ends_at__lt=timezone.now() + timedelta(minutes=6)).delete()
    assert enter(visitor, clock.code()) == 429


@each_case("end", ["late", "password", "inactive", "without"])
def test_a_code_is_asked_for_only_after_a_right_password(
    server: Api, person: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """The page leads back to the sign-in when the password was replaced, or ten minutes have passed."""
    visitor = after_password(server, person) if end != "without" else Visitor(server)
    if end == "late":
        late = timezone.now().timestamp() + two_step_views.PENDING_SECONDS + 1
        monkeypatch.setattr(two_step_views, "time", SimpleNamespace(time=lambda: late))
    elif end == "password":
        person.set_password(NEW)
        person.save()
    elif end == "inactive":
        Person.objects.filter(pk=person.pk).update(is_active=False)
    answer = visitor.post("/sign-in/code", {"code": clock.code()}, allow_redirects=False)
    assert not is_in(visitor)
    assert answer.status_code in (302, 403) and answer.headers.get("Location", "/sign-in") == "/sign-in"


def test_a_link_of_an_admin_does_not_replace_the_code(server: Api, tenant: Tenant, clock: Clock) -> None:
    person = make_person("member", tenant.organization)
    two_step.turn_on(person, SECRET, 0, PASSWORD)
    link = link_in(signed_in(server, tenant.admin).post(of(tenant, person, "password-link")).text)
    visitor = Visitor(server)
    assert choose(visitor, link) == 302
    assert not is_in(visitor) and "Password set" in visitor.get("/sign-in").text
    assert visitor.sign_in(person, CHOSEN).headers["Location"] == "/sign-in/code"
    assert enter(visitor, clock.code()) == 302


def test_the_operators_link_removes_it(server: Api, person: Person) -> None:
    """The phone is lost, or somebody else has set it up."""
    link = reset_account(person.email).removeprefix("http://localhost:8001")
    assert not two_step.is_on(person) and not RecoveryCode.objects.exists()
    visitor = Visitor(server)
    assert choose(visitor, link) == 302 and is_in(visitor)


def test_it_is_turned_off_with_the_password_and_a_code(
    server: Api, person: Person, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    visitor, elsewhere = after_password(server, person), after_password(server, person)
    assert enter(visitor, clock.code(steps=-1)) == 302
    assert enter(elsewhere, clock.code()) == 302
    page = visitor.get("/two-step/remove")
    right = clock.code(steps=1)
    for typed in ({"password": "wrong", "code": right}, {"password": PASSWORD, "code": clock.code()}):
        assert visitor.submit(page, typed).status_code == 422
        assert two_step.is_on(person)
    done = visitor.submit(page, {"password": PASSWORD, "code": right})
    assert "Two-step verification turned off" in done.text and "Set up two-step verification" in done.text
    assert is_in(visitor) and not is_in(elsewhere)
    assert not RecoveryCode.objects.exists() and "two-step-removed" in caplog.text
    assert Visitor(server).sign_in(person).headers["Location"] == "/organization-keys/"
    assert visitor.get("/two-step/remove").url.endswith("/two-step")


def test_guessing_at_an_open_screen_is_limited(server: Api, person: Person, clock: Clock) -> None:
    visitor = after_password(server, person)
    assert enter(visitor, clock.code()) == 302
    typed = {"password": PASSWORD, "code": "000000"}
    assert [visitor.post("/two-step/remove", typed).status_code for _ in range(6)] == [422] * 5 + [429]
    assert two_step.is_on(person)


def test_setting_it_up_twice_keeps_the_first(server: Api, tenant: Tenant, clock: Clock) -> None:
    visitor = signed_in(server, tenant.admin)
    page = visitor.get("/two-step")
    AuthenticatorApp.objects.create(person=tenant.admin, secret=b"first", last_step=0)
    assert visitor.submit(page, {"password": PASSWORD, "code": "000000"}).status_code == 409
    with pytest.raises(two_step.AlreadyOnError):
        two_step.turn_on(tenant.admin, SECRET, 0, PASSWORD)
    assert bytes(AuthenticatorApp.objects.get().secret) == b"first"


def test_after_a_new_secret_key_recovery_codes_still_work(tenant: Tenant, clock: Clock, settings: Any) -> None:
    codes = two_step.turn_on(tenant.admin, SECRET, 0, PASSWORD)
    settings.ENCRYPTION_KEYS = [derived_key("another")]
    assert not two_step.use_code(tenant.admin, clock.code())
    assert two_step.use_code(tenant.admin, codes[0])


def test_a_file_with_a_password_keeps_it(person: Person, tenant: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "organizations.json"
    part = f'{{"email": "{person.email}", "password": "{NEW}"}}'
    file.write_text(f'{{"organizations": [{{"name": "{tenant.organization.name}", "admins": [{part}]}}]}}')
    call_command("load_organizations", str(file))
    assert two_step.is_on(person)
