"""One word finds a request in both programs' lines; and lines can be read by programs."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import samples
from tests.live import external_api, portal

from .conftest import EMAIL, PASSWORD, Both

pytestmark = pytest.mark.full

TOLD = "from-a-proxy-0123"


def lines(log: Path) -> list[dict[str, Any]]:
    """Every line is an object: what is none fails here."""
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_a_strangers_word_is_not_taken_over_and_the_apis_callers_is(both: Both) -> None:
    asked = {"X-Request-Id": TOLD}
    assert requests.get(f"{both.portal.url}/sign-in/", headers=asked, timeout=30).headers["X-Request-Id"] != TOLD
    url = f"{both.api.url}/workflows/42"
    assert requests.get(url, headers=asked, timeout=30).headers["X-Request-Id"] == TOLD
    for nonsense in ("short", "x" * 65, "with space in it", "<script>alert</script>", "löschen-1234"):
        answer = requests.get(url, headers={"X-Request-Id": nonsense.encode()}, timeout=30)
        assert len(answer.headers["X-Request-Id"]) == 12


def test_a_request_is_called_the_same_in_both_programs(tmp_path: Path) -> None:
    """The proxy's word goes through the portal to the API; all lines are objects, and none says who by email."""
    with external_api(tmp_path / "api", LOG_FORMAT="json") as api:
        api.load(samples.organization("Acme", samples.workflow(42)))
        env = {"LOG_FORMAT": "json", "TRUSTED_PROXIES": "127.0.0.1"}
        with portal(tmp_path / "portal", api.url, **env) as running:
            running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key=api.new_key("Acme"), workflow_id=42)
            person = running.sign_in(EMAIL, PASSWORD)
            page = f"{running.url}/keys/1/workflows/42/tasks/?status=pending&more=secret-word"
            answer = person.get(page, headers={"X-Request-Id": TOLD}, timeout=30)
            assert answer.headers["X-Request-Id"] == TOLD
            missing = person.get(f"{running.url}/keys/1/workflows/42/tasks/987654/", timeout=30)
            log = running.log
        seen = [line for line in lines(log) if line["request_id"] == TOLD]
        at_api = [line for line in lines(api.server.log) if line["request_id"] == TOLD]
        failed = missing.headers["X-Request-Id"]
        assert {line["program"] for line in lines(log) + lines(api.server.log) if line["request_id"] == failed} == {
            "portal",
            "external_api",
        }
    (told,) = [line for line in seen if line["logger"] == "pipelines_portal.requests"]
    assert (told["program"], told["view"], told["status"], told["user"]) == ("portal", "tasks:list", 200, 1)
    assert told["seconds"] > 0 and told["level"] == "INFO" and told["at"].endswith("+0000")
    assert [line["view"] for line in at_api if line["logger"] == "pipelines_portal.requests"]
    assert not [line for line in seen if EMAIL in str(line) or "secret-word" in str(line)]


def test_who_meets_an_error_can_name_the_request(tmp_path: Path) -> None:
    with portal(tmp_path, "http://127.0.0.1:9/api/v1") as running:
        running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key="pk_live_" + "0" * 40, workflow_id=42)
        page = running.sign_in(EMAIL, PASSWORD).get(f"{running.url}/keys/1/workflows/42/tasks/", timeout=30)
        log = running.log.read_text()
    named = page.headers["X-Request-Id"]
    assert (page.status_code, named in page.text and "Request ID" in page.text) == (503, True)
    assert f" request={named}\n" in log


def test_a_link_that_lets_in_is_not_in_an_objects_line(tmp_path: Path) -> None:
    with portal(tmp_path, "http://127.0.0.1:9/api/v1", LOG_FORMAT="json") as running:
        requests.get(f"{running.url}/invitation/let-me-in-0123456789/", timeout=30)
        told = running.log.read_text()
    assert '"message": "GET /invitation/' in told
    assert "let-me-in" not in told
