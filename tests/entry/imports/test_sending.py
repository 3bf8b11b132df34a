"""Good rows leave request after request, each in the ledger before it leaves; what stops them, stops them whole."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from pipelines_portal.entry.imports import requests
from pipelines_portal.entry.imports.fixing import change_rows, type_over
from pipelines_portal.entry.imports.transitions import begin_sending, begin_turn
from pipelines_portal.entry.models import Import, State
from pipelines_portal.keys.access import client_for
from pipelines_portal.submissions.models import Submission
from tests.fake_api import FakeApi, answer, error, hang_up, task_list
from tests.pages import text_of

from .conftest import Checked, work
from .making import GOOD, distinct, states


def address(of: Import, name: str, *more: Any) -> str:
    return reverse(f"imports:{name}", args=[of.key_id, of.workflow_id, of.pk, *more])


def send(page: Any, of: Import, rows: int, **more: Any) -> Any:
    return page.post(address(of, "send"), {"rows": rows, **more}, follow=True)


def test_every_good_row_is_a_task_once(page: Any, checked: Checked, saved_key: Any) -> None:
    """S6, S127, S181."""
    of = checked(distinct(7), rows_a_request=3)
    send(page, of, 7)
    work()
    of.refresh_from_db()
    assert of.state == State.CHECKED and set(states(of).values()) == {"created"}
    assert [sent.row_count for sent in of.submissions] == [3, 3, 1]
    ids = [row.task_id for sent in of.submissions for row in sent.rows.all()]
    newest = client_for(saved_key).list_tasks(42, limit=7).tasks
    assert sorted(ids) == sorted(task.id for task in newest)
    words = text_of(page.get(address(of, "progress")))
    assert "Every row is a task: 7 tasks were created" in words and "2 to 4" in words


def test_rows_to_fix_stay_behind(page: Any, checked: Checked) -> None:
    of = checked([GOOD, ["Hello", "Germn"], ["", "French"], ["Bye", "French"]])
    assert states(of) == {2: "ready", 3: "to fix", 4: "to fix", 5: "ready"}
    send(page, of, 2)
    work()
    assert states(of) == {2: "created", 3: "to fix", 4: "to fix", 5: "created"}


def test_what_the_person_did_not_see_is_not_sent(page: Any, checked: Checked) -> None:
    of = checked(distinct(3))
    page.post(address(of, "send"), {"rows": 2})
    words = text_of(page.get("/keys/"))
    work()
    assert "3 rows are ready now, and 2 were when you pressed the button" in words
    assert not of.submissions.exists()


def test_one_row_first_then_the_rest(page: Any, checked: Checked) -> None:
    of = checked(distinct(5))
    send(page, of, 5, one_row_first="on")
    work()
    assert [sent.row_count for sent in of.submissions] == [1, 4]
    assert set(states(of).values()) == {"created"}


def begin(of: Import, person: Any) -> None:
    assert begin_sending(of, person, 1, one_row_first=False)


def due_now(of: Import) -> None:
    Import.objects.filter(pk=of.pk).update(due_at=timezone.now())


def test_a_pause_the_api_asks_for_is_waited_for(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi, saved_key: Any, settings: Any, api: Any
) -> None:
    """S62, S63."""
    of = checked(distinct(4), rows_a_request=2)
    scripted_api.routes["POST"] = error(429, "rate_limit_exceeded", "Slow down.")
    begin(of, person)
    work()
    of.refresh_from_db()
    assert of.state == State.SENDING and of.due_at > timezone.now()
    page.get(address(of, "progress"))
    settings.PIPELINES_API_URL = api.url
    type(saved_key).objects.update(paused_until=None)
    due_now(of)
    work()
    assert set(states(of).values()) == {"created"}


def test_too_large_a_request_is_halved(checked: Checked, person: Any, scripted_api: FakeApi) -> None:
    """S69."""
    of = checked(distinct(4))
    created = answer(200, {"success_count": 1, "error_count": 0, "task_ids": [1], "errors": []})
    begin(of, person)
    scripted_api.routes["GET"] = task_list()
    scripted_api.script = [
        error(413, "payload_too_large", "Too large."),
        error(413, "payload_too_large", "Too large."),
        created,
    ]
    work()
    of.refresh_from_db()
    assert of.rows_a_request == 1
    assert [sent.row_count for sent in of.submissions][:1] == [1]


def test_a_lost_answer_stops_everything(page: Any, checked: Checked, person: Any, scripted_api: FakeApi) -> None:
    of = checked(distinct(4), rows_a_request=2)
    scripted_api.routes["POST"] = hang_up
    begin(of, person)
    work()
    assert states(of) == {2: "unknown", 3: "unknown", 4: "ready", 5: "ready"}
    assert of.state == State.UNCERTAIN
    posts = [each for each in scripted_api.requests if each.method == "POST"]
    assert len(posts) == 1
    words = text_of(page.get(address(of, "progress")))
    assert "The answer to request 1 was lost" in words and "Nothing more is sent until somebody decides" in words
    page.post(address(of, "decide", 1), {"came": "nothing"})
    assert states(of)[2] == "on its way" or states(of)[2] == "requested"
    of.refresh_from_db()
    assert of.state == State.PAUSED


def test_a_workflow_that_takes_no_tasks_pauses_the_whole(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi
) -> None:
    """S83."""
    of = checked(distinct(4), rows_a_request=2)
    scripted_api.routes["POST"] = error(422, "validation_error", "Workflow is archived and takes no tasks.")
    begin(of, person)
    work()
    of.refresh_from_db()
    assert (of.state, of.problem) == (State.PAUSED, "Workflow is archived and takes no tasks.")
    assert Submission.objects.get().status == Submission.Status.DRAFT
    page.post(address(of, "stop"))
    assert set(states(of).values()) == {"ready"} and not Submission.objects.exists()


def test_the_ledger_sends_nothing_of_an_import_by_itself(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi
) -> None:
    of = checked(distinct(2))
    scripted_api.routes["POST"] = error(503, "service_unavailable", "Later.")
    begin(of, person)
    work()
    draft = Submission.objects.get()
    assert "part of an import, which sends them" in text_of(page.get(f"/submissions/{draft.pk}/"))
    tried = len([each for each in scripted_api.requests if each.method == "POST"])
    page.post(f"/submissions/{draft.pk}/send/")
    page.post(f"/submissions/{draft.pk}/retry/")
    assert len([each for each in scripted_api.requests if each.method == "POST"]) == tried
    assert Submission.objects.count() == 1


def test_one_row_first_is_one_row_where_a_request_of_many_stands_ready(
    page: Any, checked: Checked, person: Any
) -> None:
    """It was made before somebody paused, and had not left."""
    of = checked(distinct(5))
    begin(of, person)
    assert begin_turn(of) and requests.next_submission(of) is not None
    page.post(address(of, "pause"))
    send(page, of, 5, one_row_first="on")
    work()
    assert [sent.row_count for sent in of.submissions] == [1, 4]
    assert set(states(of).values()) == {"created"}


def test_rows_that_fewer_tasks_came_of_than_there_were_can_be_taken_away(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi, settings: Any, api: Any
) -> None:
    of = checked(distinct(3))
    scripted_api.routes["POST"] = hang_up
    begin(of, person)
    work()
    settings.PIPELINES_API_URL = api.url
    newest = api.create(2)[-1]
    Submission.objects.update(newest_task_id_before=newest - 2)
    page.post(address(of, "decide", 1), {"up_to": newest})
    assert set(states(of).values()) == {"unknown"}
    words = text_of(page.get(address(of, "progress")))
    assert "Of 3 rows nobody knows which became tasks" in words
    rows = page.get(address(of, "rows", "unknown", "csv"))
    assert b"Hello 2" in b"".join(rows.streaming_content)


def test_what_the_api_says_of_a_row_is_shown_in_the_words_of_the_form(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi
) -> None:
    """On the page of the check and in a download, of a row that was rejected, and of one that is rejected again."""
    of = checked(distinct(2))
    said = {"index": 1, "field_name": "input_text", "message": "Invalid value for input_text: must be shorter"}
    created = {"success_count": 1, "error_count": 1, "task_ids": [1], "errors": [said]}
    scripted_api.routes["POST"] = answer(200, created)
    begin(of, person)
    work()
    for where in (text_of(page.get(address(of, "check"))), page.get(address(of, "rows", "rejected", "csv")).getvalue()):
        assert "Text to translate must be shorter" in str(where) and "Invalid value" not in str(where)
    change_rows(of, person, "changed {}", lambda: [3], lambda row: type_over(row, {"input_text": "Changed"}))
    page.post(address(of, "undo"), {"number": 1})
    again = text_of(page.get(address(of, "check")))
    assert "Text to translate must be shorter" in again and "Invalid value" not in again
