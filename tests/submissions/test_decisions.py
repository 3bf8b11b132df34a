"""A submission whose answer was lost: what appeared is shown, a person decides, nothing is sent by itself."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.api_client import CreatedTasks, PipelinesError
from pipelines_portal.submissions.appeared import tasks_since
from pipelines_portal.submissions.models import Submission, UnattributedTask
from pipelines_portal.submissions.outcomes import Outcome, outcome_of_answer, unconfirmed
from pipelines_portal.submissions.sending import newest_task_id
from tests.factories import BAD, GOOD, Desk, send
from tests.fake_api import FakeApi, error
from tests.htmx_page import HtmxPage


def send_and_lose_answer(desk: Desk, *rows: dict[str, Any]) -> Submission:
    """Send the rows; the connection breaks before the answer arrives."""
    submission = desk.draft(*rows)
    submission.claim(newest_task_id(desk.client, 42), until=None)
    submission.record(unconfirmed("The connection broke. Tasks may have been created."))
    return submission


def look(desk: Desk, submission: Submission) -> str:
    return desk.browser.get(reverse("submissions:detail", args=[submission.pk]) + "?look").content.decode()


def post(desk: Desk, name: str, submission: Submission) -> str:
    """With all the tasks that the page's own form offers, when one has looked."""
    form = {"task": re.findall(r'name="task" value="(\d+)"', look(desk, submission))}
    answer = desk.browser.post(reverse(f"submissions:{name}", args=[submission.pk]), form, follow=True)
    assert answer.status_code == 200
    submission.refresh_from_db()
    return answer.content.decode()


def test_says_what_appeared_since(desk: Desk, api: FakeApi) -> None:
    api.create(1)
    submission = send_and_lose_answer(desk, GOOD, GOOD)
    assert "No new task yet." in look(desk, submission)
    ids = api.create(2)
    html = look(desk, submission)
    assert "You sent 2 rows, and 2 tasks appeared at that time." in html and "very likely yours" in html
    assert len(re.findall(r'name="task"[^>]*checked', html)) == 2
    assert all(f'/tasks/{task_id}/"' in html for task_id in ids)
    assert f'/tasks/{ids[0] - 1}/"' not in html


def test_what_appeared_is_looked_up_when_the_page_is_loaded(desk: Desk) -> None:
    """Nothing appeared: then there is nothing to call mine, and the other way says what it may do."""
    submission = send_and_lose_answer(desk, GOOD)
    page = HtmxPage(desk.browser, reverse("submissions:detail", args=[submission.pk]))
    link = page.find("a", "Look for new tasks")
    assert "load" in link["hx-trigger"] and link["href"] == link["hx-get"], "without a script, it is pressed"
    page.press(link)
    words = page.find("#appeared").text
    assert "No new task yet" in words and "Check again" in words
    assert "Confirm" not in words and "creates duplicates" in words


def test_other_open_sends_of_the_same_minute_make_it_unclear(desk: Desk, api: FakeApi) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    send_and_lose_answer(desk, GOOD)
    api.create(1)
    html = look(desk, submission)
    assert "very likely" not in html
    assert "Something else was sent to this workflow at about the same time" in html


def test_none_for_five_minutes_suggests_that_nothing_was_created(desk: Desk) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    assert "Pipelines may still be working" in look(desk, submission)
    Submission.objects.update(sent_at=timezone.now() - timedelta(minutes=6))
    html = look(desk, submission)
    assert "Very likely nothing was created." in html and "<details open>" in html


def test_many_that_appeared_are_counted_within_bounds(desk: Desk, api: FakeApi) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    api.create(450)
    html = look(desk, submission)
    assert "450 new tasks since" in html and "and 350 more" in html


def test_newer_tasks_of_others_do_not_hide_ones_own(desk: Desk, api: FakeApi) -> None:
    """The newest pages are all a colleague's import: the look reads on."""
    submission = send_and_lose_answer(desk, GOOD)
    task_id = api.create(1)[0]
    other = send(desk.draft(*[GOOD] * 3), desk.client)
    UnattributedTask.objects.bulk_create(
        UnattributedTask(submission=other, task_id=number) for number in api.create(450)
    )
    html = look(desk, submission)
    assert f"/tasks/{task_id}/" in html and "No new task" not in html


def test_tasks_that_a_person_confirmed_for_another_may_be_ones_own(desk: Desk, api: FakeApi) -> None:
    """Two answers were lost in the same minutes, and the first person confirmed the task of the second."""
    first, second = send_and_lose_answer(desk, GOOD), send_and_lose_answer(desk, GOOD)
    api.create(1)
    post(desk, "mark_created", first)
    Submission.objects.update(sent_at=timezone.now() - timedelta(minutes=6))
    html = look(desk, second)
    assert "Someone already confirmed the new tasks of that time." in html
    assert "nothing was created." not in html and "<details open>" not in html


def test_one_decided_as_not_created_may_own_the_task(desk: Desk, api: FakeApi) -> None:
    first, second = send_and_lose_answer(desk, GOOD), send_and_lose_answer(desk, GOOD)
    first.decide_not_created(desk.person)
    api.create(1)
    assert "very likely" not in look(desk, second)


def test_confirmed_tasks_of_another_time_say_nothing(desk: Desk, api: FakeApi) -> None:
    """What the API answered is certain, and what was decided about much later sends is about other tasks."""
    submission = send_and_lose_answer(desk, GOOD)
    send_and_lose_answer(desk, GOOD)
    Submission.objects.update(sent_at=timezone.now() - timedelta(minutes=6))
    send(desk.draft(GOOD), desk.client)
    assert "No new task since" in look(desk, submission)
    later = send_and_lose_answer(desk, GOOD)
    api.create(1)
    Submission.objects.filter(pk=submission.pk).update(sent_at=timezone.now() - timedelta(hours=1))
    post(desk, "mark_created", later)
    assert later.status == "created" and "No new task since" in look(desk, submission)


def test_more_than_can_be_read_are_not_confirmed(desk: Desk, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    api.create(450)
    monkeypatch.setattr(tasks_since, "__defaults__", (2,))
    html = look(desk, submission)
    assert "more new tasks than we can check" in html and 'id="confirm-tasks"' not in html


def test_some_of_very_many_are_named_by_their_ids(desk: Desk, api: FakeApi) -> None:
    """A colleague's single task came between the rows: it is left out."""
    submission = send_and_lose_answer(desk, *[GOOD] * 120)
    ids = api.create(121)
    assert re.search(r'<input id="task-ids" name="ids"[^>]*>', look(desk, submission))
    assert "at most 120 tasks can be yours" in name_ids(desk, submission, f"{ids[0]}-{ids[-1]}")
    assert "Select the tasks that are yours" in name_ids(desk, submission, "none")
    assert "2 tasks created" not in name_ids(desk, submission, f"{ids[0]} – {ids[59]}, {ids[61]}-{ids[120]}")
    assert [row.task_id for row in submission.rows.all()] == ids[:60] + ids[61:]


def test_ids_are_not_confirmed_once_others_took_some(desk: Desk, api: FakeApi) -> None:
    submission, others = send_and_lose_answer(desk, *[GOOD] * 101), send_and_lose_answer(desk, GOOD)
    ids = api.create(102)
    form = fields_of(look(desk, submission))
    others.decide_created([ids[0]], desk.person)
    answer = desk.browser.post(
        reverse("submissions:mark_created", args=[submission.pk]), form | {"ids": f"{ids[0]}-{ids[-1]}"}, follow=True
    )
    assert "just confirmed elsewhere" in answer.content.decode()
    submission.refresh_from_db()
    assert submission.status == "unconfirmed"


def fields_of(html: str) -> dict[str, str]:
    """The hidden fields of the form that confirms tasks by their IDs."""
    return dict(re.findall(r'<input type="hidden" name="(up_to|count)" value="(\d+)"', html))


def name_ids(desk: Desk, submission: Submission, ids: str) -> str:
    form = fields_of(look(desk, submission)) | {"ids": ids}
    answer = desk.browser.post(reverse("submissions:mark_created", args=[submission.pk]), form, follow=True)
    submission.refresh_from_db()
    return answer.content.decode()


def test_mine_as_many_as_sent_tie_rows_to_tasks(desk: Desk, api: FakeApi) -> None:
    submission = send_and_lose_answer(desk, GOOD, GOOD)
    ids = api.create(2)
    assert "2 tasks created" in post(desk, "mark_created", submission)
    assert [row.task_id for row in submission.rows.all()] == ids
    assert (submission.status, submission.success_count) == ("created", 2)


def test_fewer_tasks_than_rows_settle_every_row(desk: Desk, api: FakeApi) -> None:
    """The person says which rows became tasks. The others were not created, and can be sent again."""
    submission = send_and_lose_answer(desk, GOOD, GOOD, GOOD)
    ids = api.create(2)
    html = post(desk, "mark_created", submission)
    assert submission.status == "unconfirmed" and 'name="rows" required value="1–2"' in html
    (back,) = re.findall(r'href="([^"]+)">Cancel', html)
    cancelled = desk.browser.get(back.replace("&amp;", "&"))
    assert cancelled.content.decode().count(" checked>") == 2, "what was selected"
    form = dict(re.findall(r'type="hidden" name="(ids|up_to|count)" value="([^"]+)"', html))
    address = reverse("submissions:mark_created", args=[submission.pk])
    wrong = desk.browser.post(address, form | {"rows": "1-3"})
    assert wrong.status_code == 422 and "You named 3 rows. Name 2, one for each task." in wrong.content.decode()
    assert "Partly created" in desk.browser.post(address, form | {"rows": "1, 3"}, follow=True).content.decode()
    submission.refresh_from_db()
    assert (submission.status, submission.success_count, submission.error_count) == ("partly_created", 2, 1)
    assert [(row.status, row.task_id) for row in submission.rows.all()] == [
        ("created", ids[0]), ("rejected", None), ("created", ids[1])
    ]  # fmt: skip
    assert submission.draft_rejected_rows().row_count == 1


def select(desk: Desk, submission: Submission, *task_ids: int) -> str:
    """Confirm these of several new tasks, as the page's form does."""
    look(desk, submission)
    address = reverse("submissions:mark_created", args=[submission.pk])
    answer = desk.browser.post(address, {"task": task_ids}, follow=True)
    submission.refresh_from_db()
    return answer.content.decode()


def test_a_person_selects_the_tasks_that_are_theirs(desk: Desk, api: FakeApi) -> None:
    """Two people lost their answers in the same minute: each confirms their own tasks."""
    submission, colleagues = send_and_lose_answer(desk, GOOD), send_and_lose_answer(desk, GOOD)
    first, second = api.create(2)
    html = look(desk, submission)
    assert html.count('type="checkbox" name="task"') == 2 and "checked" not in html
    select(desk, submission, second)
    assert (submission.status, submission.rows.get().task_id) == ("created", second)
    assert f"/tasks/{second}/" not in look(desk, colleagues)
    post(desk, "mark_created", colleagues)
    assert (colleagues.status, colleagues.rows.get().task_id) == ("created", first)


def test_nothing_is_confirmed_without_a_selection_or_with_more_tasks_than_rows(desk: Desk, api: FakeApi) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    ids = api.create(2)
    assert "Not confirmed. Select the tasks that are yours." in select(desk, submission)
    assert "only 1 task can be yours" in select(desk, submission, *ids)
    assert "just confirmed elsewhere" in select(desk, submission, ids[0], ids[1] + 1)
    assert submission.status == "unconfirmed"


def test_mine_are_those_that_were_shown(desk: Desk, api: FakeApi) -> None:
    """A task that appears between the look and the click was not meant."""
    submission = send_and_lose_answer(desk, GOOD, GOOD)
    ids = api.create(2)
    shown = re.findall(r'name="task" value="(\d+)"', look(desk, submission))
    api.create(1)
    desk.browser.post(reverse("submissions:mark_created", args=[submission.pk]), {"task": shown})
    assert [row.task_id for row in submission.rows.all()] == ids


def test_without_a_mark_from_before_nothing_is_guessed(desk: Desk, api: FakeApi) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    Submission.objects.update(newest_task_id_before=None)
    api.create(1)
    html = look(desk, submission)
    assert "We don’t know which tasks existed before" in html
    assert "We can’t look for new tasks" in post(desk, "mark_created", submission)
    assert submission.status == "unconfirmed"


def test_rows_of_an_archive_are_no_draft_again(desk: Desk) -> None:
    """They can only go out with another archive, which a person chooses first."""
    submission = send_and_lose_answer(desk, GOOD)
    Submission.objects.update(kind="zip")
    assert "edit and resend" not in look(desk, submission)
    post(desk, "mark_not_created", submission)
    assert (submission.status, submission.rows.get().status) == ("rejected", "rejected")
    Submission.objects.update(status="unconfirmed", attempt=0)
    submission.refresh_from_db()
    assert submission.decide_not_created(desk.person) and submission.status == "draft", "it never left"


def test_tasks_of_another_submission_are_not_offered(desk: Desk) -> None:
    """A task that the ledger knows to be another submission's did not come of this one."""
    submission = send_and_lose_answer(desk, GOOD)
    other = send(desk.draft(GOOD), desk.client)
    task_id = other.rows.get().task_id
    assert f"/tasks/{task_id}/" not in look(desk, submission)
    assert "There are no new tasks to confirm" in post(desk, "mark_created", submission)


def test_task_taken_by_mistake_goes_back_to_the_submission_that_made_it(desk: Desk) -> None:
    """The API's own word comes later than a person's guess: what was guessed is open again."""
    mistaken, slow = send_and_lose_answer(desk, GOOD), desk.draft(GOOD)
    slow.claim(mistaken.newest_task_id_before, until=None)
    assert mistaken.decide_created([7], desk.person)
    other = send_and_lose_answer(desk, GOOD)
    assert other.decide_created([6], desk.person)
    slow.record(outcome_of_answer(CreatedTasks(success_count=1, error_count=0, task_ids=[7]), 1))
    mistaken.refresh_from_db()
    assert (mistaken.status, mistaken.rows.get().task_id) == ("unconfirmed", None)
    assert (mistaken.success_count, mistaken.error_count, mistaken.finished_at) == (0, 0, None)
    other.refresh_from_db()
    assert (slow.rows.get().task_id, other.rows.get().task_id, other.status) == (7, 6, "created")
    assert "belongs to something else that was sent" in look(desk, mistaken)


@pytest.mark.parametrize("called_off", [Submission.decide_not_created, lambda one, by: one.decide_created([7], by)])
def test_answer_after_a_persons_decision_goes_before_it(desk: Desk, called_off: Callable) -> None:
    """The API's word is late, and says more than a look could."""
    submission = send_and_lose_answer(desk, GOOD)
    UnattributedTask.objects.create(submission=submission, task_id=8)
    waiting = Submission.objects.get(pk=submission.pk)
    assert called_off(submission, desk.person)
    assert waiting.record(outcome_of_answer(CreatedTasks(success_count=1, error_count=0, task_ids=[8]), 1))
    assert (waiting.status, waiting.rows.get().task_id) == ("created", 8)
    assert (waiting.success_count, waiting.is_decided_by_person, waiting.unattributed_task_ids) == (1, False, [])


def test_a_decision_after_the_answer_changes_nothing(desk: Desk) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    as_read = Submission.objects.get(pk=submission.pk)
    submission.record(Outcome("created", "", 1, 0, {}, (7,)))
    assert not as_read.decide_not_created(desk.person) and not as_read.decide_created([8], desk.person)
    assert (as_read.status, as_read.rows.get().task_id) == ("created", 7)


def test_confirmed_tasks_are_no_longer_without_a_row(desk: Desk) -> None:
    """An answer that contradicted itself named tasks. Nobody knows of which rows."""
    submission = desk.draft(GOOD, GOOD)
    submission.claim(0, until=None)
    submission.record(Outcome("unconfirmed", "Odd", task_ids=(7, 8)))
    assert submission.unattributed_task_ids == [7, 8] and not submission.rows.exclude(task_id=None).exists()
    with pytest.raises(ValueError, match="As many rows as tasks"):
        submission.decide_created([8], desk.person)
    assert submission.decide_created([8], desk.person, indexes=[1])
    assert [row.task_id for row in submission.rows.all()] == [None, 8]
    assert submission.unattributed_task_ids == [7]


def test_the_task_of_a_try_that_was_declared_not_sent_is_offered_after_the_next_one(desk: Desk, api: FakeApi) -> None:
    """A person looked too early and sent it again, and that answer was lost too."""
    submission = send_and_lose_answer(desk, GOOD)
    post(desk, "mark_not_created", submission)
    task_id = api.create(1)[0]
    api.fail("lost_request", on="POST")
    with pytest.raises(PipelinesError):
        send(submission, desk.client)
    assert f'value="{task_id}"' in look(desk, submission)
    post(desk, "mark_created", submission)
    assert (submission.status, submission.rows.get().task_id) == ("created", task_id)


def test_answer_to_an_earlier_try_is_not_lost(desk: Desk) -> None:
    """A person called it off and sent it again: then both tries made a task, and both are listed."""
    submission = send_and_lose_answer(desk, GOOD)
    first = Submission.objects.get(pk=submission.pk)
    submission.decide_not_created(desk.person)
    sent = send(submission, desk.client)
    assert not first.record(outcome_of_answer(CreatedTasks(success_count=1, error_count=0, task_ids=[7]), 1))
    sent.refresh_from_db()
    assert (sent.status, sent.unattributed_task_ids) == ("created", [7])
    assert "1 task without a row" in look(desk, sent)


def test_a_late_answer_is_not_about_rows_that_were_changed_since(desk: Desk) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    first = Submission.objects.get(pk=submission.pk)
    submission.decide_not_created(desk.person)
    other = GOOD | {"input_text": "Other"}
    changed = Submission.objects.draft(desk.person, desk.workflow, [other], submission.token, "form")
    assert not first.record(outcome_of_answer(CreatedTasks(success_count=1, error_count=0, task_ids=[7]), 1))
    changed.refresh_from_db()
    assert (changed.status, changed.unattributed_task_ids, changed.is_earlier_try_uncertain) == ("draft", [7], False)


def test_an_answer_to_an_earlier_try_undoes_no_decision_about_the_later_one(desk: Desk) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    first = Submission.objects.get(pk=submission.pk)
    assert submission.decide_not_created(desk.person) and submission.claim(0, until=None)
    submission.record(unconfirmed("The connection broke."))
    assert submission.decide_created([8], desk.person)
    assert not first.record(Outcome("created", "", 1, 0, {}, (7,)))
    assert first.rows.get().task_id == 8 and first.unattributed_tasks.get().task_id == 7


def test_silence_of_an_earlier_try_is_told_beside_the_later_one(desk: Desk) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    first = Submission.objects.get(pk=submission.pk)
    submission.decide_not_created(desk.person)
    sent = send(submission, desk.client)
    first.record(unconfirmed("The connection broke. Tasks may have been created."))
    sent.refresh_from_db()
    assert sent.status == "created"
    assert "These rows may have been created twice" in look(desk, sent)


def test_silence_after_a_person_called_it_off_is_told(desk: Desk) -> None:
    """Who said that nothing was created had looked while the API was still at it."""
    submission = send_and_lose_answer(desk, GOOD)
    waiting = Submission.objects.get(pk=submission.pk)
    submission.decide_not_created(desk.person)
    assert waiting.record(unconfirmed("The connection broke. Tasks may have been created."))
    assert waiting.status == "unconfirmed"


def test_silence_after_a_person_confirmed_tasks_says_nothing_new(desk: Desk) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    waiting = Submission.objects.get(pk=submission.pk)
    assert submission.decide_created([7], desk.person)
    assert not waiting.record(unconfirmed("The connection broke."))
    assert (waiting.status, waiting.rows.get().task_id) == ("created", 7)


def test_nothing_created_makes_it_a_draft_that_can_be_sent(desk: Desk) -> None:
    submission = send_and_lose_answer(desk, GOOD, GOOD)
    before = newest_task_id(desk.client, 42)
    assert "Send 2 rows" in post(desk, "mark_not_created", submission)
    assert submission.status == "draft" and newest_task_id(desk.client, 42) == before
    assert "2 tasks created" in post(desk, "send", submission)


@pytest.mark.parametrize("second", ["mark_created", "mark_not_created"])
def test_second_tab_finds_it_settled(desk: Desk, api: FakeApi, second: str) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    api.create(1)
    post(desk, "mark_created", submission)
    assert "Someone else has already decided this" in post(desk, second, submission)
    assert submission.status == "created"


@pytest.mark.parametrize("name", ["mark_created", "mark_not_created"])
def test_only_unknown_ones_are_decided(desk: Desk, api: FakeApi, name: str) -> None:
    submission = desk.draft()
    api.create(1)
    post(desk, name, submission)
    assert submission.status == "draft" and submission.rows.get().status == "waiting"


def test_unknown_is_not_sent_by_the_send_address(desk: Desk) -> None:
    submission, before = send_and_lose_answer(desk, GOOD), newest_task_id(desk.client, 42)
    post(desk, "send", submission)
    assert submission.status == "unconfirmed" and newest_task_id(desk.client, 42) == before


def test_page_stands_when_the_api_does_not_answer(desk: Desk, scripted_api: FakeApi) -> None:
    submission = send_and_lose_answer(desk, GOOD)
    scripted_api.script = [error(429, "rate_limit_exceeded", "Too many requests", retry_after=60)]
    assert "We couldn’t look for new tasks" in look(desk, submission)
    assert "Not decided. " in post(desk, "mark_created", submission)
    submission.refresh_from_db()
    assert submission.status == "unconfirmed"


def test_rejected_ones_are_tried_again_alone(desk: Desk) -> None:
    """One new draft with those rows, however often one asks; nothing goes out before one looked at it."""
    submission = desk.draft(GOOD, BAD, GOOD, BAD)
    post(desk, "send", submission)
    before = newest_task_id(desk.client, 42)
    assert "2 rows for Translations" in post(desk, "retry", submission)
    post(desk, "retry", submission)
    drafts = Submission.objects.filter(status="draft")
    assert [draft.row_count for draft in drafts] == [2]
    assert [row.status for row in drafts[0].rows.all()] == ["waiting", "waiting"]
    assert newest_task_id(desk.client, 42) == before


def test_nothing_rejected_is_nothing_to_try_again(desk: Desk) -> None:
    submission = desk.draft(GOOD)
    post(desk, "send", submission)
    post(desk, "retry", submission)
    assert Submission.objects.count() == 1


def test_known_end_of_an_earlier_try_ends_the_doubt_about_it(desk: Desk) -> None:
    """It was silent, then it said what it made: what it made is listed, and nothing is uncertain any more."""
    submission = send_and_lose_answer(desk, GOOD)
    first = Submission.objects.get(pk=submission.pk)
    submission.decide_not_created(desk.person)
    sent = send(submission, desk.client)
    assert Submission.objects.get().is_earlier_try_uncertain
    assert not first.record(outcome_of_answer(CreatedTasks(success_count=1, error_count=0, task_ids=[7]), 1))
    sent.refresh_from_db()
    assert (sent.is_earlier_try_uncertain, sent.unattributed_task_ids) == (False, [7])
    assert "may have been created twice" not in look(desk, sent)


def test_task_of_another_submission_is_not_taken_for_mine(desk: Desk, api: FakeApi) -> None:
    """Two tabs, two lost sendings, one task: the ledger gives it to whoever said so first."""
    [task_id] = api.create(1)
    first, second = send_and_lose_answer(desk, GOOD), send_and_lose_answer(desk, GOOD)
    assert first.decide_created([task_id], desk.person)
    for created in (None, {task_id: api.tasks[task_id].created_at}):
        assert not second.decide_created([task_id], desk.person, created=created)
    second.refresh_from_db()
    assert (second.status, second.rows.get().task_id) == ("unconfirmed", None)
