"""What people see when the API fails, beside the page of each fault: other pages, the log, htmx, waits."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from pipelines_portal.keys.models import SavedKey
from tests.external_api.server import free_port
from tests.factories import browser_of, open_workflow
from tests.fake_api import FakeApi, answer, error, silence
from tests.pages import text_of
from tests.samples import task

pytestmark = pytest.mark.usefixtures("no_pauses")


@pytest.mark.parametrize("path", ["tasks/new/", "tasks/7/", "fields/"])
@pytest.mark.parametrize("fault", ["rejected_key", "not_found"])
def test_other_pages_tell_it_too(page: Any, saved_key: SavedKey, before_api: FakeApi, path: str, fault: str) -> None:
    workflow = open_workflow(saved_key)
    before_api.fail(fault, times=5)
    shown = page.get(f"/keys/{workflow.key_id}/workflows/42/{path}")
    words = {"rejected_key": "API key rejected", "not_found": "Task 7" if "7" in path else "Not found in Pipelines"}
    assert (shown.status_code, words[fault] in shown.content.decode()) == (
        403 if fault == "rejected_key" else 404,
        True,
    )


@pytest.mark.parametrize("path", ["tasks/", "tasks/new/"])
@pytest.mark.parametrize("is_away", [True, False])
def test_the_log_names_host_and_reason(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi, settings: Any, caplog: Any, path: str, is_away: bool
) -> None:
    address, reason = f"/keys/{open_workflow(saved_key).key_id}/workflows/42/{path}", "503 service_unavailable"
    if is_away:
        settings.PIPELINES_API_URL, reason = f"http://127.0.0.1:{free_port()}/api/v1", "Connection refused"
    scripted_api.script = [error(503, "service_unavailable", "Down")]
    page.get(address)
    lines = [record.getMessage() for record in caplog.records if record.name == "django.request"]
    assert lines == [f"Service Unavailable: {address} ({urlsplit(settings.PIPELINES_API_URL).netloc}: {reason})"]


def test_an_answer_that_does_not_fit_names_the_field(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    workflow = open_workflow(saved_key)
    scripted_api.script = [answer(200, {"tasks": [task(7) | {"id": 10**30, "created_at": "yesterday"}]})]
    html = page.get(f"/keys/{workflow.key_id}/workflows/42/tasks/").content.decode()
    assert "tasks.0.id is too large a number; tasks.0.created_at is no time with an offset" in html


def test_an_api_that_is_silent_is_not_waited_for_again_and_again(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    """The page comes at once, says that nothing was sent, and when to try again."""
    workflow = open_workflow(saved_key)
    address = f"/keys/{workflow.key_id}/workflows/42/tasks/"
    scripted_api.script = [silence]
    page.get(address)
    asked = len(scripted_api.requests)
    shown = page.get(address)
    assert len(scripted_api.requests) == asked
    html = shown.content.decode()
    assert shown.status_code == 503
    assert "Pipelines isn’t responding" in html and "Try again in a minute" in html
    assert "Try again" in html
    assert int(shown["Retry-After"]) >= 1


def test_a_wait_is_told_to_people_and_programs(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    """S62, S63, S66."""
    workflow = open_workflow(saved_key)
    scripted_api.script = [error(429, "rate_limit_exceeded", "Slow down", retry_after=17)]
    shown = page.get(f"/keys/{workflow.key_id}/workflows/42/tasks/?limit=25")
    assert shown["Retry-After"] == "17" and shown["Refresh"] == "18", "the page comes back by itself"
    html = shown.content.decode()
    assert 'data-countdown="17"' in html
    assert "/tasks/?limit=25" in html


def test_htmx_gets_a_note_beside_what_is_on_show(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    workflow = open_workflow(saved_key)
    scripted_api.script = [error(503, "service_unavailable", "Down")]
    note = page.get(
        f"/keys/{workflow.key_id}/workflows/42/tasks/", headers={"HX-Request": "true", "HX-Target": "task-page"}
    )
    assert note["HX-Retarget"] == "#page-notice"
    assert note["HX-Push-Url"] == "false"
    assert "<html" not in note.content.decode()


def test_the_portals_own_pages_have_no_inline_code(page: Any, saved_key: SavedKey) -> None:
    """A strict CSP: nothing inline, nothing from elsewhere."""
    shown = page.get(f"/keys/{open_workflow(saved_key).key_id}/workflows/42/tasks/new/")
    policy = shown["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    html = shown.content.decode()
    assert " style=" not in html
    assert " onclick=" not in html
    assert "<style" not in html
    assert "<script>" not in html


@pytest.mark.parametrize("address", ["/nothing/", "/keys/x/", "/keys/99/workflows/"])
def test_an_address_that_leads_nowhere(page: Any, address: str) -> None:
    shown = page.get(address)
    assert shown.status_code == 404
    assert "Page not found" in shown.content.decode()


def test_health(client: Any, db: None) -> None:
    assert client.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize("role", ["operator", "administrator"])
def test_administrators_read_where_a_redirect_leads(
    saved_key: SavedKey, scripted_api: FakeApi, caplog: Any, role: str
) -> None:
    """The usual reason is that PIPELINES_API_URL begins with http:// instead of https://."""
    person = saved_key.owner
    person.role = role
    person.save()
    scripted_api.script = [answer(301, text="", Location="https://api.example.com/v1/schema?key=s3cret")]
    html = text_of(browser_of(person).get(f"/keys/{open_workflow(saved_key).key_id}/workflows/42/fields/"))
    assert "Pipelines answered with a redirect." in html and "s3cret" not in html + caplog.text
    detail = "Pipelines redirects to https://api.example.com/v1/schema"
    assert (detail in html) == (role == "administrator")
    assert detail in caplog.text


def test_a_form_is_shown_although_a_hint_is_no_text(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    fields: list[dict[str, Any]] = [{"name": "language", "type": "select", "format_hint": ["French", "German"]}]
    fields += [{"name": f"f{n}", "title": "Other", "format_hint": hint} for n, hint in enumerate([{}, [1, 5], 7, True])]
    scripted_api.script = [answer(200, {"fields": fields})]
    shown = page.get(f"/keys/{open_workflow(saved_key).key_id}/workflows/42/tasks/new/")
    assert shown.status_code == 200 and "German" in text_of(shown)


def test_a_workflow_of_too_many_fields_is_named_so(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    scripted_api.script = [answer(200, {"fields": [{"name": f"f{n}"} for n in range(501)]})]
    html = text_of(page.get(f"/keys/{open_workflow(saved_key).key_id}/workflows/42/fields/"))
    assert "This workflow has more than 500 fields, the most the portal shows." in html
    assert "documents" not in html and "unexpected" not in html
