"""Opening workflows: by id or by a pasted address, checked against the API, remembered for the key."""

from typing import Any

import pytest

from pipelines_portal.workflows.forms import workflow_id_in
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.conftest import DRAFT, ELSEWHERE, FILES, TRANSLATIONS
from tests.faulty_api import answer, error, faulty_api


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
def test_an_id_is_found_in_what_people_paste(text: str, expected: int | None) -> None:
    assert workflow_id_in(text) == expected


def open_it(page: Any, key: Any, text: str) -> Any:
    return page.post(f"/keys/{key.pk}/workflows/", {"workflow": text}, follow=True)


def test_it_is_checked_and_remembered_with_name_and_status(page: Any, saved_key: Any) -> None:
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


def test_a_draft_offers_neither(page: Any, saved_key: Any) -> None:
    html = open_it(page, saved_key, str(DRAFT)).content.decode()
    assert 'class="btn primary"' not in html
    assert "takes no tasks now" in page.get(f"/keys/{saved_key.pk}/workflows/").content.decode()


@pytest.mark.parametrize("text", [str(ELSEWHERE), "123456", "https://x.example/workflows/999"])
def test_what_the_key_does_not_reach_is_an_error_at_the_field(page: Any, saved_key: Any, text: str) -> None:
    """S79, S179."""
    refused = open_it(page, saved_key, text)
    assert refused.status_code == 422
    assert "This key reaches no workflow" in refused.content.decode()
    assert not OpenedWorkflow.objects.exists()


@pytest.mark.parametrize("text", ["", "abc", "0", "99999999999999999999"])
def test_nonsense_is_refused_without_a_call(page: Any, saved_key: Any, text: str) -> None:
    assert open_it(page, saved_key, text).status_code == 422


def test_opening_twice_keeps_one(page: Any, saved_key: Any) -> None:
    open_it(page, saved_key, "42")
    open_it(page, saved_key, "42")
    assert OpenedWorkflow.objects.count() == 1


def test_fields_are_listed_with_title_name_and_hint(page: Any, opened: Any) -> None:
    """S111 to S113, S180."""
    html = page.get(f"/keys/{opened().key_id}/workflows/42/fields/").content.decode()
    assert "Text to translate" in html
    assert "target_language" in html
    assert "One of: French, German, Spanish" in html


def test_forgetting_takes_it_off_the_list(page: Any, opened: Any) -> None:
    page.post(f"/keys/{opened().key_id}/workflows/42/forget/")
    assert not OpenedWorkflow.objects.exists()


def test_who_may(client: Any, stranger: Any, opened: Any, before_api: Any) -> None:
    workflow = opened()
    base = f"/keys/{workflow.key_id}/workflows/"
    for address in (base, f"{base}42/fields/"):
        assert client.get(address)["Location"].startswith("/sign-in/")
    client.force_login(stranger)
    for address in (base, f"{base}42/fields/"):
        assert client.get(address).status_code == 404
    assert client.post(f"{base}42/forget/").status_code == 404
    assert client.post(base, {"workflow": "42"}).status_code == 404


def test_a_name_with_markup_is_only_text(page: Any, saved_key: Any, settings: Any) -> None:
    workflow = answer(200, {"id": 5, "name": "<script>alert(1)</script>", "status": "WEIRD_STATE"})
    with faulty_api(workflow, answer(200, {"fields": []}), error(404, "not_found", "x")) as api:
        settings.PIPELINES_API_URL = api.url
        open_it(page, saved_key, "5")
    html = page.get(f"/keys/{saved_key.pk}/workflows/").content.decode()
    assert "<script>alert" not in html
    assert "Weird state" in html


def test_a_link_to_a_workflow_never_opened_offers_to_open_it(page: Any, saved_key: Any) -> None:
    shown = page.get(f"/keys/{saved_key.pk}/workflows/42/tasks/")
    assert shown.status_code == 404
    assert f'href="/keys/{saved_key.pk}/workflows/?open=42"' in shown.content.decode()
    assert 'value="42"' in page.get(f"/keys/{saved_key.pk}/workflows/?open=42").content.decode()
