"""The test mail: an administrator gets one, or reads what the mail server answered."""

import smtplib
import time
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client

from pipelines_portal.system import mail_check
from tests.each_case import each_case
from tests.factories import browser_of, make_person
from tests.pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("static_root")]
ADDRESS = "/system/test-mail/"


@pytest.fixture
def browser(settings: Any) -> Client:
    settings.MAIL_IS_ON, settings.EMAIL_HOST_PASSWORD = True, "hunter2"
    return browser_of(make_person("maria@acme.example", role="administrator"))


def said(browser: Client) -> str:
    return text_of(browser.post(ADDRESS, follow=True))


def test_it_goes_to_the_administrator_who_asked(browser: Client) -> None:
    assert "The mail server accepted a test mail to maria@acme.example" in said(browser)
    assert [message.to for message in mail.outbox] == [["maria@acme.example"]]


@each_case(
    ("error", "reason"),
    [
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 Bad\r\npassword hunter2."), "535 5.7.8 Bad password …. Check"),
        (smtplib.SMTPRecipientsRefused({"maria@acme.example": (550, b"No such user")}), "550 No such user. Check"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused. Check"),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), "Connection unexpectedly closed. Check"),
        (TimeoutError("timed out"), "no answer within 10 seconds. Check"),
    ],
)
def test_what_the_server_answered(
    error: Exception, reason: str, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(message: EmailMessage) -> int:
        raise error

    monkeypatch.setattr(EmailMessage, "send", send)
    assert f"Test mail not sent. The mail server’s answer: {reason}" in said(browser)


def test_a_server_that_does_not_answer(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_check, "SECONDS", 0.2)
    monkeypatch.setattr(EmailMessage, "send", lambda message: time.sleep(5))
    began = time.monotonic()
    assert "no answer within 10 seconds" in said(browser)
    assert time.monotonic() - began < 4


def test_without_mail(browser: Client, settings: Any) -> None:
    settings.MAIL_IS_ON = False
    assert "Send a test" not in text_of(browser.get("/system/"))
    assert "Mail is off. People get no mail. Set EMAIL_URL." in said(browser)
    assert mail.outbox == []
