"""The logs of running programs: each line begins with a time, failed calls to the API are logged, secrets are not."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.external_api.server import PROJECT, free_port
from tests.live import ExternalApi, portal

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}"
EMAIL, PASSWORD = "maria@acme.example", "a long enough one"
KEY = "pk_live_" + "5ec4e7" * 6 + "abcd"


def test_the_portal_logs_a_failed_call_with_its_time(tmp_path: Path) -> None:
    """The line holds no key."""
    with portal(tmp_path, f"http://127.0.0.1:{free_port()}/api/v1") as running:
        running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key=KEY, workflow_id=42)
        person = running.sign_in(EMAIL, PASSWORD)
        assert person.get(f"{running.url}/keys/1/workflows/42/tasks/", timeout=30).status_code == 503
    log = (tmp_path / "portal.log").read_text()
    told = r"GET /workflows/42/tasks ConnectionFailed reason='.*' request=\S+"
    line = rf"^{TIME} WARNING pipelines_portal\.api_client {told}$"
    assert re.search(line, log, re.MULTILINE), log
    assert KEY[8:30] not in log
    assert "Traceback" not in log


@pytest.mark.full
def test_a_key_in_the_wrong_place_is_not_logged(tmp_path: Path) -> None:
    """Somebody typed it into an address, or as the name to sign in with."""
    with portal(tmp_path, f"http://127.0.0.1:{free_port()}/api/v1") as running:
        running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key=KEY, workflow_id=42)
        with pytest.raises(AssertionError):
            running.sign_in(KEY, PASSWORD)
        person = running.sign_in(EMAIL, PASSWORD)
        assert person.get(f"{running.url}/keys/{KEY}/", timeout=30).status_code == 404
    log = (tmp_path / "portal.log").read_text()
    assert "Not Found: /keys/pk_live_…/" in log and "sign-in-refused" in log
    assert KEY[8:20] not in log


def test_the_external_api_logs_with_a_time(api: ExternalApi, org_key: str) -> None:
    assert api.server.get("/workflows/987654321", key=org_key).status_code == 404
    line = rf"^{TIME} WARNING django\.request Not Found: /api/v1/workflows/987654321 request=\S+$"
    assert re.search(line, api.server.output(), re.MULTILINE), api.server.output()


SECRETS = ("5ec4e7", "aaaa")
IN_A_THREAD = "import threading; t = threading.Thread(target=fail); t.start(); t.join()"


@pytest.mark.full
@pytest.mark.parametrize("ending", ["fail()", IN_A_THREAD], ids=["main", "thread"])
@pytest.mark.parametrize("log_format", ["line", "json", "before the settings"])
def test_an_uncaught_exception_is_logged_without_secrets(tmp_path: Path, ending: str, log_format: str) -> None:
    """Python itself would print the message of the exception unchanged."""
    code = f"def fail(): raise ValueError('of /invitation/5ec4e7aaaa and {KEY}')\nglobals()['fail'] = fail\n{ending}"
    env = os.environ | {"DATA_DIR": str(tmp_path), "LOG_FORMAT": log_format}
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    said = subprocess.run(command, cwd=PROJECT, env=env, check=False, capture_output=True, text=True).stderr
    told = json.loads(said)["traceback"] if log_format == "json" else said
    assert "ValueError: of /invitation/… and pk_live_…" in told
    assert [secret for secret in SECRETS if secret in said] == []


def test_an_invitation_link_is_not_logged(tmp_path: Path) -> None:
    """Django logs the address of each page that is an error."""
    with portal(tmp_path, f"http://127.0.0.1:{free_port()}/api/v1") as running:
        answer = requests.get(f"{running.url}/invitation/very-secret-token/", timeout=10)
        assert answer.status_code == 410
        log = running.log.read_text()
    assert "very-secret-token" not in log
    assert "/invitation/…/" in log
