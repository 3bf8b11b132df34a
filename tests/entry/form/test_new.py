"""The New task form: from the remote schema to a task, and every way it can go wrong."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from tests.conftest import ACME, DRAFT, EVERY_TYPE, FILES, PAUSED, TRANSLATIONS
from tests.each_case import each_case
from tests.factories import make_stranger, open_workflow, save_key
from tests.fake_api import Answer, FakeApi, answer, error, fake_api, hang_up

GOOD = {"field-input_text": "Hello world", "field-target_language": "French"}
SCHEMA = answer(
    200,
    {
        "workflow_id": 42,
        "fields": [
            {"name": "input_text", "title": "Text to translate", "type": "long_text", "required": True},
            {"name": "target_language", "title": "Language", "type": "select", "options": ["French"], "required": True},
        ],
    },
)
NO_TASKS = answer(200, {"tasks": [], "next_cursor": None, "has_more": False})


def address(workflow: Any) -> str:
    return f"/keys/{workflow.key_id}/workflows/{workflow.workflow_id}/tasks/new/"


def newest(api: FakeApi, key: str, workflow_id: int = TRANSLATIONS) -> dict[str, Any]:
    tasks = api.call("GET", f"/workflows/{workflow_id}/tasks?limit=1", key=key).json()["tasks"]
    return tasks[0] if tasks else {"id": 0}


def test_a_task_is_created_and_shown(page: Any, saved_key: SavedKey, api: FakeApi, org_key: str) -> None:
    """S5, S6, S111 to S113, S124, S180 to S182: the whole way to the API and back."""
    before, workflow = newest(api, org_key)["id"], open_workflow(saved_key)
    html = page.get(address(workflow)).content.decode()
    assert "Text to translate" in html
    assert 'title="input_text"' in html
    assert html.count("(optional)") == 1
    assert 'value="German"' in html
    done = page.post(address(workflow), GOOD | {"token": uuid4()}, follow=True)
    created = newest(api, org_key)["id"]
    assert created > before
    assert f"Task {created} created" in done.content.decode()
    assert done.request["PATH_INFO"].endswith("/tasks/")


def test_create_and_add_another_keeps_only_what_is_pinned(page: Any, saved_key: SavedKey) -> None:
    done = page.post(address(open_workflow(saved_key)), GOOD | {"token": uuid4(), "then": "another"}, follow=True)
    html = done.content.decode()
    assert not re.search(r'value="French"[^>]*checked', html)
    assert 'name="keep"' in html and not re.search(r'name="keep"[^>]*checked', html)
    assert not re.search(r"<textarea[^>]*>\s*Hello world", html)
    assert re.search(r'<a href="[^"]*"\s*>Hello world</a>', html)
    assert "Recently sent" in html
    words = " ".join(html.split())
    assert "1 created today" in words
    assert "“Create and add another” keeps the values of pinned fields." in words


def test_a_draft_is_corrected_in_the_form_and_sent_as_itself(
    page: Any, saved_key: SavedKey, settings: Any, api: Any
) -> None:
    """What was refused without being created is one submission, before and after it is corrected."""
    workflow = open_workflow(saved_key)
    post_to(page, workflow, settings, SCHEMA, NO_TASKS, error(429, "rate_limit_exceeded", "Slow", retry_after=30))
    SavedKey.objects.update(paused_until=None)
    settings.PIPELINES_API_URL, settings.API_TIMEOUT_SECONDS = api.url, 10
    draft = Submission.objects.get()
    assert draft.status == Submission.Status.DRAFT
    html = page.get(f"{address(workflow)}?again={draft.pk}").content.decode()
    assert "Hello world" in html
    assert f'name="token" value="{draft.token}"' in html
    page.post(address(workflow), GOOD | {"field-input_text": "Corrected", "token": draft.token})
    draft.refresh_from_db()
    assert draft.status == Submission.Status.CREATED
    assert Submission.objects.count() == 1


def test_another_persons_submission_is_no_start(client: Any, saved_key: SavedKey, page: Any, api: FakeApi) -> None:
    second_key = api.new_key(ACME)
    stranger = make_stranger()
    page.post(address(open_workflow(saved_key)), GOOD | {"token": uuid4()})
    client.force_login(stranger)
    theirs = open_workflow(save_key(stranger, second_key), 42, name="French")
    html = client.get(f"{address(theirs)}?again={Submission.objects.get().pk}").content.decode()
    assert "Text to translate" in html
    assert "Hello world" not in html


def test_every_field_type_reaches_the_api(page: Any, saved_key: SavedKey, api: FakeApi, org_key: str) -> None:
    """Each type is sent as the API wants it, so the API finds nothing to object to."""
    form = {
        "short": "text", "long": "two\r\nlines", "source": "  indented", "sure": "false", "amount": "2.50",
        "due": "2026-03-30T12:00", "language": "Spanish", "stars": "4", "order": "b\r\na\r\n\r\nc", "pair": "left",
        "criteria": '{"a": 1}',
    }  # fmt: skip
    data = {f"field-{name}": value for name, value in form.items()} | {"token": uuid4()}
    before = newest(api, org_key, EVERY_TYPE)["id"]
    done = page.post(address(open_workflow(saved_key, EVERY_TYPE)), data)
    assert done.status_code == 302, done.content.decode()
    assert newest(api, org_key, EVERY_TYPE)["id"] > before


def test_values_are_checked_before_sending(page: Any, saved_key: SavedKey, api: FakeApi, org_key: str) -> None:
    """And kept. tests/values has the messages of all types."""
    before = newest(api, org_key)["id"]
    form = {"field-input_text": "I typed <this>", "field-target_language": "Klingon", "token": uuid4()}
    refused = page.post(address(open_workflow(saved_key)), form)
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "Choose one of the options: French, German, Spanish." in html
    assert "I typed &lt;this&gt;" in html
    assert newest(api, org_key)["id"] == before
    form = {"amount": "11", "due": "soon", "stars": "9", "sure": "", "short": "   "}
    data = {f"field-{name}": value for name, value in form.items()} | {"token": uuid4()}
    html = page.post(address(open_workflow(saved_key, EVERY_TYPE)), data).content.decode()
    for message in (
        "Enter a number from 1 to 10.", "Enter a date that exists, like 27 Nov 10:15, mon 9:00 or yesterday 4pm.",
        "Enter a whole number from 1 to 5.", "Sure is missing.", "Short is missing.",
    ):  # fmt: skip
        assert message in html


def test_a_workflow_that_takes_no_tasks_says_so_at_once(page: Any, saved_key: SavedKey) -> None:
    """S115 to S120, S123."""
    html = page.get(address(open_workflow(saved_key, DRAFT, status="DRAFT"))).content.decode()
    assert "Closed to new tasks" in html
    assert "<textarea" not in html


def test_a_paused_workflow_takes_tasks(page: Any, saved_key: SavedKey) -> None:
    paused = open_workflow(saved_key, PAUSED, status="PAUSED")
    assert page.post(address(paused), GOOD | {"token": uuid4()}).status_code == 302


def test_a_workflow_with_files_leads_to_the_upload(page: Any, saved_key: SavedKey) -> None:
    assert page.get(address(open_workflow(saved_key, FILES)))["Location"].endswith(f"/workflows/{FILES}/upload/")


def test_a_state_that_changed_meanwhile_is_told(page: Any, saved_key: SavedKey) -> None:
    """S84, S120: remembered as active, but a draft by now."""
    workflow = open_workflow(saved_key, DRAFT, status="ACTIVE")
    refused = page.post(address(workflow), GOOD | {"token": uuid4()})
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "Workflow must be ACTIVE or PAUSED to create tasks" in html
    assert "Hello world" in html
    assert 'data-status="DRAFT"' in html


def post_to(page: Any, workflow: Any, settings: Any, *script: Answer) -> tuple[Any, int]:
    """The answer, and how many POSTs the API met."""
    with fake_api(*script) as api:
        settings.PIPELINES_API_URL, settings.API_TIMEOUT_SECONDS = api.url, 0.5
        done = page.post(address(workflow), GOOD | {"token": uuid4()}, follow=True)
        return done, sum(request.method == "POST" for request in api.requests)


ALL_FAILED = error(
    422,
    "validation_error",
    "The task failed: tasks.0: Missing required columns: target_language; tasks.0: Unknown field: input_text",
)


def test_rows_named_in_an_all_failed_refusal_come_to_their_fields(
    page: Any, saved_key: SavedKey, settings: Any
) -> None:
    """S134, S135."""
    refused, _ = post_to(page, open_workflow(saved_key), settings, SCHEMA, NO_TASKS, ALL_FAILED)
    html = refused.content.decode()
    assert refused.status_code == 422
    assert 'id="id_field-target_language_error"' in html
    assert 'id="id_field-input_text_error"' in html
    assert "Hello world" in html


@pytest.mark.parametrize(
    ("fault", "status", "title"),
    [
        (error(429, "rate_limit_exceeded", "Slow", retry_after=301), 429, "Pipelines asks us to wait"),
        (error(401, "invalid_api_key", "Invalid API key"), 403, "API key rejected"),
        (error(413, "payload_too_large", "Too large"), 502, "Pipelines refused this"),
    ],
)
def test_a_refusal_keeps_what_was_typed(
    page: Any, saved_key: SavedKey, settings: Any, fault: Answer, status: int, title: str
) -> None:
    """S66, S87. Nothing is sent by itself after a long pause or another error."""
    refused, _ = post_to(page, open_workflow(saved_key), settings, SCHEMA, NO_TASKS, fault)
    html = refused.content.decode()
    assert refused.status_code == status
    assert title in html
    assert "Task not created" in html
    assert "Hello world" in html and resend_of(html) is None


@each_case("refusal", [error(413, "payload_too_large", "Too large"), ALL_FAILED])
def test_a_text_that_was_refused_is_shortened_and_sent(
    page: Any, saved_key: SavedKey, api: FakeApi, refusal: Answer
) -> None:
    """After two refusals. The draft has the newest text all the time."""
    workflow, token = open_workflow(saved_key), str(uuid4())
    draft_address = reverse("new_task:draft_save", args=[workflow.key_id, workflow.workflow_id])
    for text in ("First text", "Second text"):
        api.routes["POST /api/v1/workflows/42/tasks"] = refusal
        refused = page.post(address(workflow), GOOD | {"field-input_text": text, "token": token})
        del api.routes["POST /api/v1/workflows/42/tasks"]
        assert refused.status_code in (422, 502)
        assert re.search(rf"<textarea[^>]*>\s*{text}", page.get(address(workflow)).content.decode())
        found = re.search(r'name="token" value="([^"]+)"', refused.content.decode())
        assert found and found[1] != token
        token = found[1]
        typed = GOOD | {"field-input_text": f"{text} shortened", "token": token}
        assert page.post(draft_address, typed).status_code == 200
    assert "Second text shortened" in page.get(address(workflow)).content.decode()
    assert page.post(address(workflow), typed).status_code == 302
    assert [task.fields["input_text"] for task in api.tasks.values()] == ["Second text shortened"]
    assert not re.search(r"<textarea[^>]*>\s*Second", page.get(address(workflow)).content.decode())


def test_other_values_in_a_form_that_was_sent_are_another_task(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """As after the browser's Back. The same values twice are still one task."""
    workflow, typed = open_workflow(saved_key), GOOD | {"token": str(uuid4())}
    for text in ("First", "Second", "Second", "First"):
        sent = page.post(address(workflow), typed | {"field-input_text": text})
        assert sent.status_code == 302
    assert "/submissions/" in sent["Location"] and Submission.objects.count() == 2
    assert [task.fields["input_text"] for task in api.tasks.values()] == ["First", "Second"]


def test_other_values_wait_as_a_draft_while_the_outcome_is_not_known(
    page: Any, saved_key: SavedKey, api: FakeApi
) -> None:
    workflow, typed = open_workflow(saved_key), GOOD | {"token": str(uuid4())}
    api.fail("lost_answer", on="POST")
    page.post(address(workflow), typed | {"field-input_text": "First"})
    answer = page.post(address(workflow), typed | {"field-input_text": "Second"})
    assert answer["Location"].startswith("/submissions/") and len(api.tasks) == 1
    assert re.search(r"<textarea[^>]*>\s*Second", page.get(address(workflow)).content.decode())


LIMITED = error(429, "rate_limit_exceeded", "Slow", retry_after=30)


def resend_of(html: str) -> tuple[str, str] | None:
    """Return name and value of the button that the page presses after the pause."""
    found = re.search(r'<button class="sr" form="task-form" name="(\w+)" value="([^"]*)"[^>]*data-resend', html)
    return (found[1], found[2]) if found else None


@pytest.mark.parametrize("answers", [(LIMITED,), (NO_TASKS, LIMITED)], ids=["before the POST", "on the POST"])
def test_a_rate_limited_form_sends_itself(
    page: Any, saved_key: SavedKey, settings: Any, answers: tuple[Answer, ...]
) -> None:
    """With the same token: nothing was sent, and the submission is a draft."""
    shown, _ = post_to(page, open_workflow(saved_key), settings, SCHEMA, *answers)
    html, submission = shown.content.decode(), Submission.objects.get()
    assert shown.status_code == 429 and resend_of(html) == ("then", "list")
    assert 'data-wait="30"' in html and f'name="token" value="{submission.token}"' in html
    assert submission.status == Submission.Status.DRAFT


def test_a_form_that_sends_itself_creates_one_task(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """However often it does, and from however many tabs."""
    workflow = open_workflow(saved_key)
    typed = GOOD | {"token": uuid4(), "then": "list"}
    page.get(address(workflow))
    SavedKey.objects.update(paused_until=timezone.now() + timedelta(seconds=30))
    limited = page.post(address(workflow), typed)
    assert resend_of(limited.content.decode()) == ("then", "list") and not api.tasks
    SavedKey.objects.update(paused_until=None)
    for _ in range(3):
        assert page.post(address(workflow), typed).status_code == 302
    assert len(api.tasks) == 1 and Submission.objects.get().status == Submission.Status.CREATED


@pytest.mark.parametrize("fault", [hang_up, error(500, "internal_server_error", "Oops"), answer(200, {"odd": 1})])
def test_an_uncertain_outcome_is_shown_as_uncertain_and_sent_once(
    page: Any, saved_key: SavedKey, settings: Any, fault: Answer
) -> None:
    """No idempotency key: a task may exist, so nothing is sent again by itself."""
    shown, posts = post_to(page, open_workflow(saved_key), settings, SCHEMA, NO_TASKS, fault, NO_TASKS)
    assert posts == 1
    assert shown.request["PATH_INFO"].startswith("/submissions/")
    assert Submission.objects.get().status == Submission.Status.UNCONFIRMED
    assert "may have been created" in shown.content.decode()


def test_without_the_schema_what_was_typed_is_kept_behind_a_button(
    page: Any, saved_key: SavedKey, settings: Any, api: FakeApi
) -> None:
    """The button shows it again, and sends nothing."""
    workflow, url = open_workflow(saved_key), settings.PIPELINES_API_URL
    refused, posts = post_to(page, workflow, settings, error(503, "service_unavailable", "Down"))
    html = refused.content.decode()
    assert (refused.status_code, posts) == (503, 0)
    assert 'name="field-input_text" value="Hello world"' in html
    assert 'name="restore"' in html
    settings.PIPELINES_API_URL = url
    shown = page.post(address(workflow), GOOD | {"restore": "1", "token": uuid4()})
    assert shown.status_code == 200 and "Hello world" in shown.content.decode() and not api.tasks


def test_a_schema_that_changed_while_typing_is_not_sent_blindly(page: Any, saved_key: SavedKey) -> None:
    data = GOOD | {"field-gone": "lost words", "schema": "another schema", "token": uuid4()}
    refused = page.post(address(open_workflow(saved_key)), data)
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "This workflow’s fields changed" in html
    assert "lost words" in html
    assert Submission.objects.count() == 0


def test_a_field_is_optional_only_if_the_api_says_so(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    workflow = open_workflow(saved_key)
    fields = [{"name": "a"}, {"name": "b", "required": None}, {"name": "c", "required": False}]
    scripted_api.routes["/schema"] = answer(200, {"fields": fields})
    seen = [page.get(address(workflow))]
    scripted_api.routes["/workflows/42 "] = answer(200, {"name": "French", "status": "ACTIVE"})
    seen.append(page.get(f"/keys/{workflow.key_id}/workflows/42/fields/"))
    files = {"fields": [*fields, {"name": "d", "type": "file_upload", "required": True}]}
    scripted_api.routes["/schema"] = answer(200, files)
    page.get(f"/keys/{workflow.key_id}/workflows/42/fields/")
    seen.append(page.get(f"/keys/{workflow.key_id}/workflows/42/upload/"))
    assert [one.content.decode().count("(optional)") for one in seen] == [1, 2, 1], "and the instructions"
