"""The System page: what it says of each part of the installation, and that it shows no secret."""

import re
from datetime import timedelta
from email.utils import formatdate
from html import unescape
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.models import Event
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.metrics import render_metrics
from pipelines_portal.core.settings_reference import GROUPS
from pipelines_portal.guide.contents import files
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.system import reads
from pipelines_portal.system.heartbeats import record_heartbeat
from pipelines_portal.system.models import BackupRun
from pipelines_portal.uploads.polling import poll_upload
from tests.factories import browser_of, make_person, make_team, save_key
from tests.fake_api import FakeApi, answer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("static_root")]
PAGE = "/system/"
ROW = re.compile(r'<span class="k">([^<]*)</span>\s*<div class="v">(.*?)</div>', re.DOTALL)


@pytest.fixture
def maria(db: None) -> User:
    return make_person("maria@acme.example", name="Maria Weber", role="administrator")


@pytest.fixture
def browser(maria: User) -> Client:
    return browser_of(maria)


def rows(browser: Client, **headers: str) -> dict[str, str]:
    """The text of each row by its name, with its state in front."""
    answer = browser.get(PAGE, headers=headers)
    assert answer.status_code == 200
    found = ROW.findall(answer.content.decode())
    return {unescape(name): " ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for name, row in found}


def make_run(*, hours_ago: int = 1, ok: bool = True, **values: Any) -> None:
    at = timezone.now() - timedelta(hours=hours_ago)
    BackupRun.objects.create(started_at=at, finished_at=at, ok=ok, file="portal-1.tar", **values)


def test_a_healthy_installation(browser: Client, settings: Any) -> None:
    settings.MAIL_IS_ON, settings.EMAIL_HOST, settings.EMAIL_PORT = True, "smtp.acme.example", 587
    record_heartbeat()
    make_run(bytes=2**20, files=3)
    found = rows(browser)
    assert found["Portal workers"].startswith("OK: 1 running")
    assert found["Mail server"].startswith("OK: On, through smtp.acme.example:587, from ")
    assert found["Migrations"] == "OK: Up to date"
    assert found["Identity provider"] == "Off"
    assert found["All keys"].startswith("OK:")
    assert found["Last backup"].startswith("OK: portal-1.tar · 1.0 MB · 3 files ·")
    assert found["Jobs"] == "OK: Empty"
    assert "Problem" not in browser.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("hours", "row"), [(24, "Problem: 24 h behind Pipelines"), (-2, "Problem: 2 h ahead of Pipelines"), (0, "OK: ")]
)
def test_a_clock_that_differs_from_that_of_pipelines_is_named(
    browser: Client, maria: User, scripted_api: FakeApi, caplog: pytest.LogCaptureFixture, hours: float, row: str
) -> None:
    """The row, a line in the log, and a metric."""
    assert rows(browser)["Clock"] == "Not compared with Pipelines yet"
    date = formatdate(timezone.now().timestamp() + hours * 3605, usegmt=True)
    scripted_api.script = [answer(200, {"name": "A", "status": "ACTIVE"}, Date=date)]
    client = client_for(save_key(maria, "pk_live_" + "d" * 40))
    client.workflow(5)
    client.workflow(5)
    assert rows(browser)["Clock"].startswith(row)
    warnings = [one for one in caplog.messages if "Set the clock" in one]
    assert len(warnings) == (1 if hours else 0)
    [measured] = re.findall(r"\npipelines_clock_offset_seconds (\S+)", render_metrics({}).decode())
    assert abs(float(measured) - hours * 3605) < 60


def test_problems_say_what_to_do_and_lead_to_the_guide(
    browser: Client, maria: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PRODUCTION = True
    monkeypatch.setattr("shutil.disk_usage", lambda folder: (1000, 950, 50))
    monkeypatch.setattr(reads, "missing_migrations", lambda: {("system", "0009_later")})
    poll_upload.enqueue("1", timezone.now().isoformat())
    later = timezone.now() + timedelta(minutes=6)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    found = rows(browser)
    assert found["Portal workers"].startswith("Problem: None running Imports and counts wait. Start one")
    assert "Make room." in found["Disk"] and found["Disk"].startswith("Problem: 50 bytes of 1000 bytes free")
    assert found["Migrations"].startswith("Problem: 1 missing, first system.0009_later Run pipelines prepare")
    assert found["Mail server"].startswith("Note: Off People get no mail. Set EMAIL_URL.")
    assert found["Last backup"].startswith("Problem: Never")
    assert found["Jobs"].startswith("Problem: 1 waiting, the oldest since 6 min ago Read the worker’s log.")
    html = browser.get(PAGE).content.decode()
    for anchor in re.findall(r'href="#([\w-]+)">', html.partition("<section")[0].partition("Problems")[2]):
        assert f'id="{anchor}"' in html
    for page, anchor in re.findall(r'href="/help/([^"#]+)/#?([^"]*)"', html):
        assert page in files()
        assert not anchor or f'id="{anchor}"' in Client().get(f"/help/{page}/").content.decode(), (page, anchor)


def test_the_last_backup(browser: Client) -> None:
    make_run(hours_ago=27)
    assert "Problem: portal-1.tar" in rows(browser)["Last backup"]
    assert "older than 26 hours" in rows(browser)["Last backup"]
    make_run(ok=False, problem="No space left in /backups.")
    assert re.match(r"Problem: Failed .*No space left in /backups\. Fix that", rows(browser)["Last backup"])
    make_run(ok=False, problem="Tasks name files that are missing.", bytes=2**20, files=3)
    assert re.match(
        r"Problem: portal-1.tar · 1.0 MB · 3 files · .*Tasks name files that are missing\.",
        rows(browser)["Last backup"],
    )
    assert "Failed" not in rows(browser)["Last backup"]
    make_run(hours_ago=0)
    assert rows(browser)["Last backup"].startswith("OK:")


def test_never_backed_up_is_no_problem_on_ones_own_computer(browser: Client) -> None:
    assert rows(browser)["Last backup"] == "Never"


def test_keys_that_are_rejected_paused_or_about_to_expire(browser: Client, maria: User) -> None:
    now = timezone.now()
    states: dict[str, dict[str, Any]] = {
        "Rejected": {"rejected_at": now}, "Paused": {"paused_until": now + timedelta(minutes=3)},
        "Ends": {"expires_at": now + timedelta(days=13)}, "Over": {"expires_at": now - timedelta(days=1)},
        "Later": {"expires_at": now + timedelta(days=30)}, "Fine": {"checked_at": now},
    }  # fmt: skip
    for name, values in states.items():
        key = save_key(maria, f"pk_{name}", name=name)
        SavedKey.objects.filter(pk=key.pk).update(**values)
    found = rows(browser)
    assert found["Rejected"].startswith("Problem: Rejected") and "Maria Weber" in found["Rejected"]
    assert found["Over"].startswith("Problem: Expired")
    assert found["Paused"].startswith("Note: Pipelines asks us to wait · Maria Weber")
    assert found["Ends"].startswith("Note: Expires")
    assert not {"Later", "Fine", "All keys"} & set(found)


def test_groups_without_a_team_and_the_last_refusals(browser: Client, settings: Any) -> None:
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://login.acme.example", "Acme"
    settings.OIDC_GROUPS = {"labelers": "Labeling", "photos": "Photo Team"}
    make_team(name="labeling")
    for number in range(12):
        record(Verb.SIGN_IN_REFUSED, by=None, actor_email=f"{number}@acme.example", reason="Ask for it.", way="oidc")
    record(Verb.SIGN_IN_REFUSED, by=None, actor_email="wrong@acme.example", reason="password")
    found = rows(browser)
    assert "Team Labeling" not in found
    assert "group “photos”" in found["Team Photo Team"]
    assert found["Last refusals"].count("Ask for it.") == 10
    assert "11@acme.example: Ask for it." in found["Last refusals"]
    assert "wrong@acme.example" not in found["Last refusals"]


def test_the_proxy_that_is_not_trusted(browser: Client, settings: Any) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9<b>"}
    found = rows(browser, **forwarded)
    assert found["Connected from"].startswith("Problem: 127.0.0.1 X-Forwarded-For came from 127.0.0.1")
    assert found["X-Forwarded-For"] == "203.0.113.9<b>"
    assert found["Your address"] == "127.0.0.1"
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]
    found = rows(browser, **{"X-Forwarded-For": "203.0.113.9"})
    assert found["Connected from"] == "OK: 127.0.0.1"
    assert found["Your address"] == "203.0.113.9"


def test_a_connection_without_https(browser: Client, settings: Any) -> None:
    assert rows(browser)["Connection"] == "HTTP"
    settings.PORTAL_URL = "https://portal.acme.example"
    assert rows(browser)["Connection"].startswith("Problem: HTTP Let the proxy set X-Forwarded-Proto")


def test_all_people_have_the_address_of_the_proxy(browser: Client, settings: Any) -> None:
    settings.PRODUCTION = True
    people = ["maria@acme.example", "ben@acme.example"] * 3
    for email in people:
        Event.objects.create(verb=Verb.SIGNED_IN, actor_email=email, address="127.0.0.1")
    assert "does not send X-Forwarded-For" in rows(browser)["Connected from"]
    Event.objects.create(verb=Verb.SIGNED_IN, actor_email="ben@acme.example", address="203.0.113.9")
    assert not rows(browser)["Connected from"].startswith("Problem")


def test_every_setting_is_listed_and_no_secret_is_shown(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "DATABASE_URL": "postgres://portal:s3cret-1@db/portal", "EMAIL_URL": "smtp+tls://a:s3cret-2@mail:587",
        "OIDC_CLIENT_SECRET": "s3cret-3", "METRICS_TOKEN": "s3cret-4-long-enough", "SECRET_KEY": "s3cret-5",
        "ENCRYPTION_KEYS": "s3cret-6", "SENTRY_DSN": "https://s3cret-7@sentry/1", "CACHE_URL": "redis://:s3cret-8@r/0",
        "STORAGE_URL": "s3://bucket?secret=s3cret-10",
    }  # fmt: skip
    for name, value in {**secrets, "PORT": "8123"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OIDC_CLIENT_ID_FILE", "/run/secrets/s3cret-11")
    html = browser.get(PAGE).content.decode()
    assert "s3cret" not in html
    table = {
        name: (value, source)
        for name, value, source in re.findall(
            r'<span class="id">([A-Z_]+)</span></td>\s*<td class="value[^"]*">(.*?)</td>\s*<td[^>]*>(.*?)</td>', html
        )
    }
    assert set(table) == {setting.name for _, group in GROUPS for setting in group}
    assert {table[name] for name in secrets} == {("set", "environment")}
    assert table["PORT"] == ("8123", "environment")
    assert table["OIDC_CLIENT_ID"] == ("set", "OIDC_CLIENT_ID_FILE")
    assert table["API_PORT"] == ("8001", "default")


def test_settings_with_secrets_are_marked() -> None:
    listed = [setting for _, group in GROUPS for setting in group]
    named = {
        setting.name for setting in listed if re.search(r"SECRET_KEY|_KEYS$|SECRET$|TOKEN|DSN|PASSWORD$", setting.name)
    }
    urls = {setting.name for setting in listed if "password@" in setting.meaning or "DATABASE_URL" in setting.name}
    assert named | urls <= {setting.name for setting in listed if setting.secret}
