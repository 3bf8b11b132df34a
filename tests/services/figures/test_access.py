"""Who may read figures: nobody but those who were given the token, or who stand at the machine."""

from pathlib import Path

import pytest
import requests
from django.conf import settings

from tests import starting
from tests.live import portal

from .conftest import EMAIL, PASSWORD, Both
from .reading import metrics_of

pytestmark = pytest.mark.full

TOKEN = "a-token-of-some-length"
PROXIED = [
    {"X-Forwarded-For": "203.0.113.7"},
    {"Forwarded": "for=203.0.113.7"},
    {"X-Forwarded-Proto": "https"},
    {"X-Real-IP": "127.0.0.1"},
]


@pytest.mark.parametrize("headers", PROXIED, ids=lambda headers: next(iter(headers)))
def test_a_proxy_on_the_machine_opens_nothing(both: Both, headers: dict[str, str]) -> None:
    for url in (both.portal.url, both.api.server.url):
        assert requests.get(f"{url}/metrics", headers=headers, timeout=30).status_code == 404


def test_figures_hold_no_secret_and_nobody(both: Both) -> None:
    person = both.portal.sign_in(EMAIL, PASSWORD)
    person.get(f"{both.portal.url}/keys/1/workflows/42/tasks/", timeout=30)
    session = person.cookies[settings.SESSION_COOKIE_NAME]
    for url in (both.portal.url, both.api.server.url):
        text = requests.get(f"{url}/metrics", timeout=30).text
        assert not [secret for secret in (both.key, both.key[-8:], EMAIL, PASSWORD, session) if secret in text]


def test_with_a_token_only_who_shows_it_reads(tmp_path: Path) -> None:
    """Someone signed in is a stranger too; no session is begun, and nobody is sent to sign in."""
    with portal(tmp_path, "http://127.0.0.1:9/api/v1", METRICS_TOKEN=TOKEN) as running:
        running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key="pk_live_" + "0" * 40, workflow_id=42)
        person = running.sign_in(EMAIL, PASSWORD)
        assert person.get(f"{running.url}/metrics", timeout=30).status_code == 404
        for shown in ("", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN):
            answer = requests.get(f"{running.url}/metrics", headers={"Authorization": shown}, timeout=30)
            assert (answer.status_code, dict(answer.cookies)) == (404, {}), shown
        shown = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "203.0.113.7", "Host": "10.1.2.3:8000"}
        assert "pipelines_requests_total" in metrics_of(running.url, headers=shown)
        assert TOKEN not in running.log.read_text()


def test_a_short_token_stops_the_start(tmp_path: Path) -> None:
    env = {"DATA_DIR": str(tmp_path), "METRICS_TOKEN": "short", "PATH": "/usr/bin:/bin"}
    done = starting.run("manage.py", "check", env=env, check=False)
    assert done.returncode
    assert done.stderr.strip() == "METRICS_TOKEN must have at least 16 characters."
