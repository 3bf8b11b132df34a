"""What goes to Sentry: nothing unless asked for, and never a key or what was typed."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests import databases, starting
from tests.live import Portal, portal, wait_until

from .conftest import EMAIL, PASSWORD
from .receiver import receiver

pytestmark = pytest.mark.full

LOADED = """
import os, sys
import django
from django.core.management import execute_from_command_line
sys.argv = ["manage.py", "check"]
execute_from_command_line(sys.argv)
print(sorted({name.partition(".")[0] for name in sys.modules} & {"sentry_sdk"}))
"""
TYPED = "a-word-that-somebody-typed"
LINK = "let-me-in-0123456789"


@pytest.mark.parametrize("settings", ["pipelines_portal.settings.portal", "pipelines_portal.settings.external_api"])
def test_it_is_not_loaded_unless_asked_for(settings: str, tmp_path: Path) -> None:
    script = tmp_path / "loaded.py"
    script.write_text(LOADED)
    env = {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": str(starting.PROJECT)}
    assert loaded_by(script, env) == "[]"
    assert loaded_by(script, env | {"SENTRY_DSN": "http://key@127.0.0.1:9/1"}) != "[]"


def loaded_by(script: Path, env: dict[str, str]) -> str:
    """In a process that begins with nothing: tests fork theirs of one that has all libraries."""
    done = subprocess.run([sys.executable, str(script)], env=env, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-1]


def test_what_is_not_installed_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "without.py").write_text(
        "import sys, runpy\nsys.modules['sentry_sdk'] = None\nsys.argv = ['manage.py', 'check']\n"
        "runpy.run_path('manage.py', run_name='__main__')\n"
    )
    env = {"DATA_DIR": str(tmp_path), "SENTRY_DSN": "http://key@host/1", "PYTHONPATH": str(starting.PROJECT)}
    done = starting.run(str(tmp_path / "without.py"), env=env, check=False)
    assert done.returncode
    assert done.stderr.strip() == (
        "SENTRY_DSN is set, and sentry-sdk is not installed: bin/install requirements-extras.txt"
    )


def fail(running: Portal) -> str:
    """An error nobody foresaw, of a page to which somebody posts; what the request was called."""
    person = running.sign_in(EMAIL, PASSWORD)
    form = {"csrfmiddlewaretoken": person.cookies[settings.CSRF_COOKIE_NAME], "name": TYPED}
    databases.ask(running.env["DATABASE_URL"], "ALTER TABLE keys_savedkey RENAME TO gone")
    page = f"{running.url}/keys/1/rename/?q={TYPED}"
    answer = person.post(page, data=form, headers={"Referer": running.url}, timeout=30)
    assert answer.status_code == 500
    named = answer.headers["X-Request-Id"]
    assert named in answer.text
    person.get(f"{running.url}/invitation/{LINK}/", timeout=30)
    return named


def test_an_error_arrives_without_what_was_sent_and_by_whom(tmp_path: Path) -> None:
    key = "pk_live_" + "5ec4e7" * 6 + "abcd"
    with receiver() as sentry:
        dsn = sentry.url.replace("http://", "http://public@") + "/1"
        with portal(tmp_path, "http://127.0.0.1:9/api/v1", SENTRY_DSN=dsn) as running:
            running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key=key, workflow_id=42)
            named = fail(running)
            wait_until(lambda: sentry.to("/envelope/"), "the error to arrive")
            session = running.run("sign_in")
    told = b"".join(sentry.to("/envelope/"))
    assert (
        (b"OperationalError" in told or b"ProgrammingError" in told)
        and named.encode() in told
        and b"/keys/1/rename/" in told
    )
    words = "keys_savedkey"  # of the error: the table that is not there, as it may be what somebody typed
    for secret in (key, key[8:30], TYPED, EMAIL, PASSWORD, session, LINK, "csrftoken", words):
        assert secret.encode() not in told, secret
