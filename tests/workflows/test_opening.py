"""Workflows are opened by an id or a pasted address, checked at the API, and stored for the key."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.forms import workflow_id_in
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import refresh_if_old
from tests.conftest import DRAFT, ELSEWHERE, FILES, TRANSLATIONS
from tests.each_case import each_case
from tests.external_api.server import free_port
from tests.factories import open_workflow
from tests.fake_api import FakeApi, Reply, Request, answer, error, hang_up, silence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42", 42),
        (" #42 ", 42),
        ("https://app.example.com/orgs/7/pipelines/42/data?tab=3", 42),
        ("http://localhost:8001/api/v1/workflows/42/schema", 42),
        ("https://app.example.com/projects/9/explore/42", 42),
        ("app.example.com/workflow/42", 42),
        ("forty-two", None),
        ("https://example.com/none", None),
        ("4 2", None),
        ("٤٢", None),
    ],
)
def test_an_id_is_found_in_pasted_text(text: str, expected: int | None) -> None:
    assert workflow_id_in(text) == expected


def open_it(page: Any, key: Any, text: str) -> Any:
    return page.post(f"/keys/{key.pk}/workflows/", {"workflow": text}, follow=True)


def test_an_opened_workflow_is_checked_and_stored_with_name_and_status(page: Any, saved_key: Any) -> None:
    """S4, S178."""
    done = open_it(page, saved_key, str(TRANSLATIONS))
    opened = OpenedWorkflow.objects.get()
    assert (opened.name, opened.status, opened.has_file_fields) == ("French translations", "ACTIVE", False)
    assert "French translations" in page.get("/keys/").content.decode(), "the rail lists it on other pages"
    assert done.request["PATH_INFO"].endswith("/workflows/42/tasks/")


def test_a_file_workflow_offers_the_upload_instead_of_the_form(page: Any, saved_key: Any) -> None:
    """S123."""
    html = open_it(page, saved_key, str(FILES)).content.decode()
    assert "Upload ZIP" in html
    assert "New task" not in html


def test_a_draft_workflow_offers_no_way_to_create_tasks(page: Any, saved_key: Any) -> None:
    html = open_it(page, saved_key, str(DRAFT)).content.decode()
    assert 'class="btn primary"' not in html
    assert "Closed" in page.get(f"/keys/{saved_key.pk}/workflows/").content.decode()


@pytest.mark.parametrize("text", [str(ELSEWHERE), "123456", "https://x.example/workflows/999"])
def test_an_unreachable_workflow_is_an_error_at_the_field(page: Any, saved_key: Any, text: str) -> None:
    """S79, S179."""
    refused = open_it(page, saved_key, text)
    assert refused.status_code == 422
    assert "No workflow" in refused.content.decode()
    assert not OpenedWorkflow.objects.exists()


@each_case("text", ["", "abc", "0", "99999999999999999999"])
def test_invalid_input_is_refused_without_a_call(page: Any, saved_key: Any, text: str) -> None:
    assert open_it(page, saved_key, text).status_code == 422


def test_opening_a_workflow_again_stores_it_once(page: Any, saved_key: Any) -> None:
    open_it(page, saved_key, "42")
    open_it(page, saved_key, "42")
    assert OpenedWorkflow.objects.count() == 1


def test_fields_are_listed_with_title_name_and_hint(page: Any, saved_key: SavedKey) -> None:
    """S111 to S113, S180."""
    html = page.get(f"/keys/{open_workflow(saved_key).key_id}/workflows/42/fields/").content.decode()
    assert "Text to translate" in html
    assert "target_language" in html
    assert "One of: French, German, Spanish" in html


def test_removing_a_workflow_asks_first(page: Any, saved_key: SavedKey) -> None:
    assert "for everyone?" in page.get(f"/keys/{open_workflow(saved_key).key_id}/workflows/42/forget/").content.decode()
    assert OpenedWorkflow.objects.exists()
    page.post(f"/keys/{OpenedWorkflow.objects.get().key_id}/workflows/42/forget/")
    assert not OpenedWorkflow.objects.exists()


def test_markup_in_a_name_is_shown_as_text(page: Any, saved_key: Any, scripted_api: FakeApi) -> None:
    workflow = answer(200, {"id": 5, "name": "<script>alert(1)</script>", "status": "WEIRD_STATE"})
    scripted_api.script = [workflow, answer(200, {"fields": []}), error(404, "not_found", "x")]
    open_it(page, saved_key, "5")
    html = page.get(f"/keys/{saved_key.pk}/workflows/").content.decode()
    assert "<script>alert" not in html
    assert "Weird state" in html


def test_a_link_to_a_workflow_never_opened_offers_to_open_it(page: Any, saved_key: Any) -> None:
    shown = page.get(f"/keys/{saved_key.pk}/workflows/42/tasks/")
    assert shown.status_code == 404
    assert f'href="/keys/{saved_key.pk}/workflows/?open=42"' in shown.content.decode()
    assert ">\n42</textarea>" in page.get(f"/keys/{saved_key.pk}/workflows/?open=42").content.decode()


GOOD = answer(200, {"id": 4711, "name": "French", "status": "ACTIVE"})
FAULTS: dict[str, tuple[Any, int, str]] = {
    "hangs up": (hang_up, 503, "isn’t responding"),
    "silence": (silence, 503, "isn’t responding"),
    "server error": (error(500, "internal_server_error", "Oops"), 502, "had an error"),
    "unavailable": (error(503, "service_unavailable", "Down"), 503, "isn’t responding"),
    "limited": (error(429, "rate_limit_exceeded", "Slow down", retry_after=17), 429, "in 17 s"),
    "dead key": (error(401, "invalid_api_key", "Invalid API key"), 403, "API key rejected"),
    "forbidden": (error(403, "forbidden", "No"), 403, "doesn’t allow this"),
    "html": (answer(200, text="<html>Captive portal</html>"), 502, "not JSON"),
    "not routed": (answer(404, text="<html>nginx</html>"), 502, "PIPELINES_API_URL may be wrong"),
    "wrong shape": (answer(200, {"unheard": "of"}), 502, "is missing"),
    "nonsense": (answer(200, {"id": 10**30, "name": 5, "status": 7, "fields": 9}), 502, "not what the API documents"),
    "redirect": (answer(302, text="", Location="http://127.0.0.1:1/"), 502, "redirect"),
    "refused": (error(422, "validation_error", "Not this one"), 502, "Not this one"),
}


@pytest.mark.parametrize(
    ("name", "step"), [*((name, "workflow") for name in FAULTS), ("hangs up", "schema"), ("html", "schema")]
)
def test_typed_ids_stay_in_the_form_after_any_failure(
    page: Any,
    saved_key: Any,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    step: str,
    scripted_api: FakeApi,
) -> None:
    """The page names the failure and offers to try again. Opening only reads, so it is safe to repeat."""
    fault, status, words = FAULTS[name]
    settings.API_TIMEOUT_SECONDS = 0.3
    monkeypatch.setattr("pipelines_portal.api_client.client.time.sleep", lambda seconds: None)
    scripted_api.script = [*([GOOD] if step == "schema" else []), fault]
    shown = open_it(page, saved_key, "https://app.example.com/pipelines/4711/data")
    html = shown.content.decode()
    assert shown.status_code == status
    assert words in html
    assert ">\nhttps://app.example.com/pipelines/4711/data</textarea>" in html
    assert "Try again" in html
    assert "Workflow 4711 wasn’t added" in html
    assert "not certain" not in html
    assert not OpenedWorkflow.objects.exists()


def test_the_typed_id_stays_in_the_form_without_a_connection(page: Any, saved_key: Any, settings: Any) -> None:
    settings.PIPELINES_API_URL = f"http://127.0.0.1:{free_port()}/api/v1"
    html = open_it(page, saved_key, "4711").content.decode()
    assert ">\n4711</textarea>" in html
    assert "isn’t responding" in html


def test_a_workflow_without_a_name_is_called_by_its_id(page: Any, saved_key: Any, scripted_api: FakeApi) -> None:
    scripted_api.script = [answer(200, {"name": " ", "status": "ACTIVE"}), answer(200, {"fields": []})]
    page.post(f"/keys/{saved_key.pk}/workflows/", {"workflow": "5"})
    assert OpenedWorkflow.objects.get().name == "Workflow 5"


def test_one_of_several_concurrent_readers_refreshes_an_old_name(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    open_workflow(saved_key, checked_at=timezone.now() - timedelta(hours=1))
    found_old = OpenedWorkflow.objects.get()
    page.get(f"/keys/{saved_key.pk}/workflows/42/tasks/")
    asked = len(scripted_api.requests)
    refresh_if_old(found_old, client_for(saved_key))
    assert len(scripted_api.requests) == asked


@pytest.mark.django_db(transaction=True)
def test_a_workflow_removed_during_a_request_causes_no_error(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    open_workflow(saved_key, checked_at=timezone.now() - timedelta(hours=1))

    def taken_off(request: Request) -> Reply:
        OpenedWorkflow.objects.all().delete()
        return answer(200, {"id": 42, "name": "French", "status": "ACTIVE"})

    scripted_api.routes = {"/workflows/42 ": taken_off}
    page.raise_request_exception = False
    assert page.get(f"/keys/{saved_key.pk}/workflows/42/tasks/").status_code == 200


def test_the_fields_are_shown_as_they_were_read_last(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """While Pipelines is away. When it answers, they are read again."""
    address = f"/keys/{open_workflow(saved_key).key_id}/workflows/42/fields/"
    assert "as we read them last" not in page.get(address).content.decode()
    api.routes["/api/v1/"] = error(503, "service_unavailable", "Down for maintenance")
    away = page.get(address)
    assert away.status_code == 200 and "These are the fields as we read them last." in away.content.decode()
    assert "Text to translate" in away.content.decode()


def test_one_unreadable_workflow_does_not_stop_the_others(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    scripted_api.routes = {
        "/workflows/5/schema": answer(200, {"fields": [{"title": "No name"}]}),
        "/schema": answer(200, {"fields": []}),
        "/workflows/": GOOD,
    }
    html = page.post(f"/keys/{saved_key.pk}/workflows/", {"workflow": "4, 5, 6"}).content.decode()
    assert set(OpenedWorkflow.objects.values_list("workflow_id", flat=True)) == {4, 6}
    assert "Workflow 5 wasn’t added." in html
    assert "fields.0.name is missing" in html
    assert ">\n5</textarea>" in html
