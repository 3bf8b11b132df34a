"""The recovery file: asked for until somebody has saved it, downloaded only with a confirmation, and never again."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.test import Client

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.models import Event
from pipelines_portal.system.models import RecoveryFile
from tests.factories import browser_of, confirm_in, make_person
from tests.pages import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("static_root")]
PAGE = "/system/recovery-file/"
NOTICE = "Save the recovery file. Without it, a restored backup can’t use its API keys."


@pytest.fixture
def maria(settings: Any) -> User:
    settings.PRODUCTION = settings.SECRETS_ARE_GENERATED = True
    return make_person("maria@acme.example", name="Maria Weber", role="administrator")


@pytest.fixture
def browser(maria: User) -> Client:
    return confirm_in(browser_of(maria), maria)


def asks(browser: Client) -> list[bool]:
    return [NOTICE in words_of(browser.get(page)) for page in ("/", "/system/")]


def test_administrators_are_asked_until_one_has_saved_it(browser: Client, settings: Any) -> None:
    other = browser_of(make_person("eva@acme.example", role="administrator"))
    assert asks(browser) == asks(other) == [True, True]
    assert "Recovery file saved" in words_of(browser.post(f"{PAGE}saved/", follow=True))
    assert asks(browser) == asks(other) == [False, False]
    assert "by Maria Weber" in words_of(other.get(PAGE))
    other.post(f"{PAGE}saved/")
    assert RecoveryFile.objects.get().person.email == "maria@acme.example"  # type: ignore[union-attr]
    assert Event.objects.filter(verb="recovery-file-saved").count() == 1
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    assert asks(browser) == asks(other) == [True, True]


def test_the_file_has_both_secrets_and_how_to_use_them(browser: Client, caplog: pytest.LogCaptureFixture) -> None:
    answer = browser.post(f"{PAGE}download/")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="pipelines-portal-recovery-20')
    assert "no-store" in answer["Cache-Control"]
    lines = answer.content.decode().splitlines()
    assert [line[0] for line in lines[:2]] == ["#", "#"]
    assert lines[2:] == [
        f"SECRET_KEY={django_settings.SECRET_KEY}", f"ENCRYPTION_KEYS={','.join(django_settings.ENCRYPTION_KEYS)}"
    ]  # fmt: skip
    event = Event.objects.get()
    assert (event.verb, event.actor_email) == ("recovery-file-downloaded", "maria@acme.example")
    elsewhere = caplog.text + str(vars(event)) + browser.get(PAGE).content.decode()
    elsewhere += browser.get("/system/").content.decode()
    for secret in (django_settings.SECRET_KEY, *django_settings.ENCRYPTION_KEYS):
        assert secret not in elsewhere


def test_a_download_needs_a_confirmation(maria: User) -> None:
    browser = browser_of(maria)
    asked = browser.post(f"{PAGE}download/")
    assert asked.status_code == 401
    assert "Confirm it’s you" in words_of(asked)
    assert not Event.objects.exists()


def test_once_saved_it_cannot_be_downloaded_again(browser: Client) -> None:
    browser.post(f"{PAGE}saved/")
    answer = browser.post(f"{PAGE}download/", follow=True)
    assert "Content-Disposition" not in answer
    page = words_of(answer)
    assert "The recovery file is saved already." in page
    assert f"{django_settings.DATA_DIR}/portal.encryption_keys" in page and "portal.secret_key" in page
    assert not Event.objects.filter(verb="recovery-file-downloaded").exists()


def test_secrets_from_the_environment_are_not_offered(browser: Client, settings: Any) -> None:
    settings.SECRETS_ARE_GENERATED = False
    assert asks(browser) == [False, False]
    assert "come from its environment" in words_of(browser.get(PAGE))
    assert browser.post(f"{PAGE}download/").status_code == 404
    assert browser.post(f"{PAGE}saved/").status_code == 404
    assert not RecoveryFile.objects.exists()
