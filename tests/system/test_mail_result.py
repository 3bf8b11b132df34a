"""What the mail server did with the last mail is on the System page, in a metric and in the log."""

from typing import Any

import pytest
from django.core import mail

from pipelines_portal.system.models import MailResult
from pipelines_portal.web.mail import send_mail
from tests.factories import browser_of, make_person
from tests.pages import text_of

INVITATION = {
    "invitation": {"invited_by": None, "ends_at": "", "get_role_display": "Operator", "teams": {"all": []}},
    "link": "link",
}  # fmt: skip


def test_a_mail_server_that_is_gone_is_said(
    settings: Any,
    client: Any,
    db: None,
    static_root: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.MAIL_IS_ON, settings.EMAIL_HOST, settings.EMAIL_PORT = True, "mail.acme.example", 587
    administrator = make_person("ada@acme.example", role="administrator")

    def refuse(message: Any) -> int:
        raise ConnectionRefusedError(111, "Connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(mail.EmailMessage, "send", refuse)
        assert not send_mail("new@acme.example", "people/invitation_mail.txt", INVITATION)
    assert "A mail was not taken by mail.acme.example:587 (Connection refused)" in caplog.text
    assert "pipelines_mail_ok 0.0" in client.get("/metrics").content.decode()
    html = text_of(browser_of(administrator).get("/system/"))
    assert "The last mail was not accepted: Connection refused." in html and 'href="#mail"' in html
    assert send_mail("new@acme.example", "people/invitation_mail.txt", INVITATION)
    assert "pipelines_mail_ok 1.0" in client.get("/metrics").content.decode()
    assert "was not accepted" not in text_of(browser_of(administrator).get("/system/"))
    assert MailResult.objects.get().reason == ""
