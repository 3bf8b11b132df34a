"""The support report names versions, checks, counts and settings, and holds none of forty planted secrets."""

from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.settings_reference import GROUPS
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.system.models import MailResult
from pipelines_portal.system.support_report import build_report
from tests.factories import browser_of, make_person, make_team, save_key
from tests.pages import text_of

SECRETS = [each.name for _, group in GROUPS for each in group if each.secret]
URLS = ["DATABASE_URL", "EMAIL_URL", "REDIS_URL", "STORAGE_URL", "PIPELINES_API_URL"]


@pytest.fixture
def planted(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put secrets and names wherever an installation has some, and return them."""
    secrets = [f"planted-{number:02}" for number in range(40)]
    given = iter(secrets)
    for name in SECRETS:
        monkeypatch.setenv(name, next(given))
    for name in URLS:
        monkeypatch.setenv(name, f"scheme://user:{next(given)}@host.example/?password={next(given)}")
    settings.MAIL_IS_ON, settings.EMAIL_HOST_PASSWORD = True, next(given)
    MailResult.objects.create(at=timezone.now(), reason="535 refused")
    people = [make_person(f"{next(given)}@acme.example", name=next(given)) for _ in range(3)]
    for person in people:
        save_key(person, f"pk_live_{next(given)}", next(given))
        record(Verb.SIGN_IN_REFUSED, by=None, actor_email=f"{next(given)}@acme.example", reason=next(given))
    SavedKey.objects.update(rejected_at=timezone.now())
    for name in given:  # what is left
        make_team(*people, name=name)
    return secrets


def test_none_of_the_planted_secrets_is_in_the_report(planted: list[str]) -> None:
    report = build_report()
    assert [secret for secret in planted if secret in report] == []
    assert "DATABASE_URL=set (environment)" in report and "API keys: 3, 0 of them can’t be decrypted" in report
    assert "Rejected API keys: 3" in report and "Mail server: On" in report


def test_an_administrator_copies_the_report(db: None, static_root: None) -> None:
    administrator: User = make_person("ada@acme.example", role="administrator")
    browser = browser_of(administrator)
    assert 'href="/system/support-report/"' in text_of(browser.get("/system/"))
    with patch("pipelines_portal.system.support_report.build_report"):
        html = text_of(browser.get("/system/support-report/"))
    assert "Migrations: Up to date [OK]" in html and "<copy-button" in html
