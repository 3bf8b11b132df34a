"""What both programs write: a time at the head of each line, and a line for each call to the API that failed."""

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines_portal.shared.log_lines import JsonFormatter, LineFormatter
from tests.external_api.server import PROJECT, free_port
from tests.live import ExternalApi, portal

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}"
EMAIL, PASSWORD = "maria@acme.example", "a long enough one"
KEY = "pk_live_" + "5ec4e7" * 6 + "abcd"


def test_the_portal_logs_a_failed_call_with_its_time(tmp_path: Path) -> None:
    """Over real processes: the file that the portal writes, and no key in it."""
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


def test_a_key_that_was_put_where_none_belongs_is_in_no_log(tmp_path: Path) -> None:
    """In an address, and as the name to sign in with."""
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


LETS_IN = (
    f'{KEY} /invitation/5ec4e7aaaa:bb-Cc/ /password/new/Mg/d00r-0pen5 "/invitation/5ec4e7" ?next=%2Finvitation%2F5ec4e7'
    " /?next=%2fpassword%2fnew%2fMg%2fd00r postgres://portal:5ec4e7@db/x redis://:5ec4e7@redis X-Amz-Signature=5ec4e7"
)
SECRETS = ("5ec4e7", "aaaa", "d00r")


@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter("portal")], ids=["lines", "json"])
def test_nothing_of_a_line_lets_anybody_in(formatter: logging.Formatter) -> None:
    """Message, traceback and fields: whoever reads a log is not let in by it."""
    try:
        raise ValueError(LETS_IN)
    except ValueError:
        record = logging.getLogger("x").makeRecord("x", 40, "x", 1, "No %s", (LETS_IN,), sys.exc_info())
    record.facts = {"key": LETS_IN, "those": [LETS_IN], "error": ValueError(LETS_IN)}
    line = formatter.format(record)
    assert [secret for secret in SECRETS if secret in line] == []
    assert line.count("pk_live_…") >= 2 and "Traceback" in line and "/password/new/Mg/…" in line
    if isinstance(formatter, JsonFormatter):
        assert json.loads(line)["those"][0].startswith("pk_live_… /invitation/…")


IN_A_THREAD = "import threading; t = threading.Thread(target=fail); t.start(); t.join()"


@pytest.mark.parametrize("ending", ["fail()", IN_A_THREAD], ids=["main", "thread"])
@pytest.mark.parametrize("log_format", ["line", "json", "before the settings"])
def test_neither_does_what_nobody_caught(tmp_path: Path, ending: str, log_format: str) -> None:
    """Python would write it as it is."""
    code = f"def fail(): raise ValueError('of /invitation/5ec4e7aaaa and {KEY}')\nglobals()['fail'] = fail\n{ending}"
    env = os.environ | {"DATA_DIR": str(tmp_path), "LOG_FORMAT": log_format}
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    said = subprocess.run(command, cwd=PROJECT, env=env, check=False, capture_output=True, text=True).stderr
    told = json.loads(said)["traceback"] if log_format == "json" else said
    assert "ValueError: of /invitation/… and pk_live_…" in told
    assert [secret for secret in SECRETS if secret in said] == []
