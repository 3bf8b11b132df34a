"""The pages of groups: who sees which values, and that all pages show the same numbers."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.attention.forms import ends_of
from pipelines_portal.attention.grouping import group_next, make_groups
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.attention.words import title_of
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.task_index.models import TaskNote, WorkflowIndex
from tests.each_case import each_case
from tests.factories import (
    browser_of,
    make_colleague,
    make_index,
    make_task,
    open_workflow,
    save_key,
    share_key,
)
from tests.pages import text_of, words_of

from .conftest import FRENCH, GERMAN, SPANISH, Office, in_a_week


@pytest.fixture
def ben(office: Office) -> User:
    """A colleague who may use the key, and sees none of the rows that its owner sent."""
    colleague = make_colleague()
    share_key(office.desk.key, colleague)
    return colleague


def export(browser: Client, group: ProblemGroup) -> str:
    answer: Any = browser.post(f"/attention/{group.pk}/export/csv/")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode()


# --- sight ------------------------------------------------------------------------------------------------------------


def test_who_may_see_a_row_reads_the_values(office: Office, french: list[int]) -> None:
    browser, group = office.desk.browser, office.group()
    for address in ("/attention/", "/", f"/attention/{group.pk}/"):
        assert "Failed after step 1 of 5, target_language is French" in words_of(browser.get(address))
    browser.get(f"/keys/{office.desk.key.pk}/workflows/42/tasks/new/")  # reads the titles of the columns
    assert '"Text 1","French"' in export(browser, group)


def test_who_sees_no_row_reads_no_values(office: Office, french: list[int], ben: User) -> None:
    browser, group = browser_of(ben), office.group()
    listed = f"/keys/{office.desk.key.pk}/workflows/42/tasks/?group={group.pk}"
    for address in ("/attention/", "/", f"/attention/{group.pk}/", listed):
        page = words_of(browser.get(address))
        assert "Failed after step 1 of 5, one value of target_language" in page
        assert "French" not in page and "Text 1" not in page
    assert "One value of target_language" in words_of(browser.get(f"/attention/{group.pk}/"))
    browser.get(f"/keys/{office.desk.key.pk}/workflows/42/tasks/new/")
    table = export(browser, group)
    assert str(french[0]) in table and "French" not in table
    assert "corrected cop" not in words_of(browser.get(f"/attention/{group.pk}/"))


def test_who_joined_a_group_without_its_value_cannot_read_it(office: Office, ben: User) -> None:
    office.finish()
    office.fail(10)
    office.fail(1, SPANISH, by=ben)
    office.work()
    group = office.group()
    assert group.task_count == 11 and group.facts
    listed = f"/keys/{office.desk.key.pk}/workflows/42/tasks/?group={group.pk}"
    for address in ("/attention/", "/", f"/attention/{group.pk}/", listed):
        page = words_of(browser_of(ben).get(address))
        assert "one value of target_language" in page and "French" not in page
        assert "target_language is French" in words_of(office.desk.browser.get(address))


def test_a_share_is_read_by_those_who_see_such_rows(office: Office, ben: User) -> None:
    office.finish(5, FRENCH)
    office.finish(5)
    office.fail(6)
    office.fail(4, SPANISH, by=ben)
    office.work()
    address = f"/attention/{office.group().pk}/"
    assert "target_language is French" in words_of(office.desk.browser.get(address))
    page = words_of(browser_of(ben).get(address))
    assert "One value of target_language" in page and "French" not in page
    office.fail(1, by=ben)
    office.work()
    assert "target_language is French" in words_of(browser_of(ben).get(f"/attention/{office.group().pk}/"))


def test_the_name_of_an_import_is_a_value(office: Office, ben: User) -> None:
    office.finish()
    office.fail(10, GERMAN)
    sent = Submission.objects.order_by("-created_at")[0]
    Submission.objects.filter(pk=sent.pk).update(group=sent.pk, group_name="orders-november.csv")
    office.work()
    group = office.group()
    assert "all from orders-november.csv" in words_of(office.desk.browser.get("/attention/"))
    for address in ("/attention/", "/", f"/attention/{group.pk}/"):
        page = words_of(browser_of(ben).get(address))
        assert "all from one import" in page and "november" not in page


# --- lists ------------------------------------------------------------------------------------------------------------


def numbers_of(office: Office) -> dict[str, int]:
    """Return what the pages say of the tasks that need attention."""
    browser = office.desk.browser
    home, groups = words_of(browser.get("/")), words_of(browser.get("/attention/"))
    rail = re.search(r"Needs attention\s*</span>\s*<[^>]*>\s*([\d,]+)", text_of(browser.get("/attention/")))
    listed = text_of(browser.get("/search/?status=attention"))
    of_home, of_groups = (
        re.search(r"([\d,]+) tasks in \d+ group", home),
        re.search(r"([\d,]+) tasks in \d+ group", groups),
    )
    return {
        "home": int(of_home[1]) if of_home else 0,
        "groups": int(of_groups[1]) if of_groups else 0,
        "sidebar": int(rail[1]) if rail else 0,
        "list": len(set(re.findall(r"/tasks/(\d+)/", listed))),
    }  # fmt: skip


def test_all_pages_have_the_same_number(office: Office, french: list[int]) -> None:
    office.move(office.send(4, GERMAN), "in_progress", 2, hours_ago=30)
    office.fail(2, GERMAN, finished=3)
    TaskNote.objects.mark_as_mistakes(office.desk.workflow, french[:1], "", office.desk.person)
    TaskNote.objects.mute(office.desk.workflow, {french[1]: "failed"}, "", office.desk.person)
    office.work()
    assert numbers_of(office) == dict.fromkeys(("home", "groups", "sidebar", "list"), 10)
    office.group(is_single=False, status="failed").mute(office.desk.person, until=in_a_week())
    office.work()
    assert set(numbers_of(office).values()) == {2}


def test_a_workflow_of_two_keys_is_listed_once(office: Office, french: list[int]) -> None:
    second = save_key(office.desk.person, office.api.new_key("Acme Labeling"), "Second")
    workflow = open_workflow(second, 42, name="Translations")
    make_groups(make_index(workflow, [make_task(number, "failed", timezone.now()) for number in french]))
    browser = office.desk.browser
    assert "10 tasks in 1 group" in words_of(browser.get("/attention/"))
    SavedKey.objects.filter(pk=office.desk.key.pk).update(rejected_at=timezone.now())
    assert f'href="/attention/{workflow.problem_groups.get().pk}/"' in text_of(browser.get("/attention/"))


def test_hidden_workflows_are_left_out(office: Office, french: list[int]) -> None:
    office.desk.browser.post(f"/keys/{office.desk.key.pk}/workflows/42/mark/", {"mark": "hide"})
    assert "Nothing needs attention" in words_of(office.desk.browser.get("/attention/"))


def test_groups_of_a_rejected_key_say_so(office: Office, french: list[int]) -> None:
    SavedKey.objects.update(rejected_at=timezone.now())
    page = words_of(office.desk.browser.get("/attention/"))
    assert "Failed after step 1" in page
    assert "Key “Acme Labeling” was rejected. Its groups aren’t updated." in page


def test_who_looks_at_groups_has_them_counted_again(office: Office, french: list[int]) -> None:
    """An index that nobody looked at for long is deleted."""
    WorkflowIndex.objects.update(workflow=None)
    page = words_of(office.desk.browser.get("/attention/"))
    assert "Translations is still being counted. Its groups may be old." in page
    assert WorkflowIndex.objects.filter(workflow=office.desk.workflow).exists()


def test_the_list_shows_what_is_chosen(office: Office, french: list[int]) -> None:
    browser, group, person = office.desk.browser, office.group(), office.desk.person
    title = title_of(group, True)
    assert title not in words_of(browser.get("/attention/?show=mine"))
    group.give_to(person, person)
    assert title in words_of(browser.get("/attention/?show=mine"))
    assert title in words_of(browser.get("/attention/?show=nonsense"))
    group.finish(person)
    assert title in words_of(browser.get("/attention/?show=done"))
    assert "The last group was done on" in words_of(browser.get("/attention/"))
    office.fail(1)
    office.work()
    assert "Back again 1" in words_of(browser.get("/attention/?show=back"))


def test_stuck_tasks_are_named_below(office: Office, french: list[int]) -> None:
    office.move(office.send(4, GERMAN), "in_progress", 2, hours_ago=30)
    office.work()
    assert "Stuck: 4 tasks without progress , in 1 group." in words_of(office.desk.browser.get("/attention/"))
    assert "Waiting at step 3 of 5" in words_of(office.desk.browser.get("/attention/?show=stuck"))


# --- one group --------------------------------------------------------------------------------------------------------


def test_the_page_compares_the_group_with_others(office: Office, french: list[int]) -> None:
    page = words_of(office.desk.browser.get(f"/attention/{office.group().pk}/"))
    assert "10 here, 40 others of the same days" in page and "target_language is French 100 % 0 %" in page
    assert "The first line differs most. It is a hint, not a reason." in page


def test_tasks_come_in_pages(office: Office) -> None:
    office.fail(60)
    office.work()
    address = f"/attention/{office.group().pk}/"
    assert "1 to 25 of 60" in words_of(office.desk.browser.get(address))
    assert "51 to 60 of 60" in words_of(office.desk.browser.get(f"{address}?page=3"))
    assert office.desk.browser.get(f"{address}?page=x").status_code == 200


def test_a_link_opens_the_tasks_as_a_list(office: Office, french: list[int]) -> None:
    group = office.group()
    page = text_of(office.desk.browser.get(f"/attention/{group.pk}/"))
    match = re.search(r'href="(/keys/\d+/workflows/42/tasks/\?group=\d+)"', page)
    assert match
    others = office.fail(1, GERMAN, finished=3)
    office.work()
    listed = words_of(office.desk.browser.get(match[1]))
    assert f" {french[0]} Text 0 Failed" in listed and f" {others[0]} Text 0" not in listed
    assert "target_language is French" in listed


def test_notes_are_shown_as_text(office: Office, french: list[int]) -> None:
    address = f"/attention/{office.group().pk}/"
    office.desk.browser.post(f"{address}note/", {"text": "Asked <b>Ana</b>\nSecond line"})
    assert "Asked &lt;b&gt;Ana&lt;/b&gt;" in text_of(office.desk.browser.get(address))


@each_case("text", ["", " ", "x" * 1_001])
def test_a_note_that_cannot_be_stored_stays_in_the_form(office: Office, french: list[int], text: str) -> None:
    answer = office.desk.browser.post(f"/attention/{office.group().pk}/note/", {"text": text})
    assert answer.status_code == 422 and "<title> Error:" in text_of(answer)
    assert text.strip() in answer.content.decode() and not office.group().events.exists()


@each_case(
    ("posted", "error"),
    [
        ({}, "Choose when the mute ends."),
        ({"until": "at", "at": "2020-01-01T00:00"}, "Choose a time within the next year."),
        ({"until": "0001-01-01T00:00:00+14:00"}, "Choose a time within the next year."),
        ({"until": "tomorrow"}, "Choose a time within the next year."),
    ],
)  # fmt: skip
def test_a_mute_without_an_end_stays_open_with_its_note(
    office: Office, french: list[int], posted: dict[str, str], error: str
) -> None:
    answer = office.desk.browser.post(f"/attention/{office.group().pk}/mute/", posted | {"note": "Vendor knows"})
    page = text_of(answer)
    assert answer.status_code == 422 and error in page and 'value="Vendor knows"' in page
    assert '<details class="menu" id="mute-menu" open>' in page and office.group().state == "open"


def test_a_chosen_end_is_still_chosen_after_an_error(office: Office, french: list[int]) -> None:
    until = ends_of(timezone.now())[-1][1].isoformat()
    answer = office.desk.browser.post(f"/attention/{office.group().pk}/mute/", {"until": until, "note": "x" * 201})
    assert answer.status_code == 422 and f'value="{until}" checked' in text_of(answer)


def test_a_mute_can_end_at_a_typed_time(office: Office, french: list[int]) -> None:
    """Whatever end is chosen above it."""
    at = (timezone.localtime() + timedelta(days=3)).replace(second=0, microsecond=0)
    typed, chosen = f"{at:%Y-%m-%dT%H:%M}", ends_of(timezone.now())[-1][1].isoformat()
    for until in ("at", chosen):
        address = f"/attention/{office.group().pk}/"
        page = office.desk.browser.post(f"{address}mute/", {"until": until, "at": typed, "note": ""}, follow=True)
        assert office.group().mute_until == at and "muted it until" in words_of(page)
        assert f'action="{address}reopen/"' in text_of(page)  # Undo
        office.desk.browser.post(f"{address}reopen/")


def test_a_button_in_a_row_returns_to_the_list(office: Office, french: list[int]) -> None:
    group = office.group()
    answer = office.desk.browser.post(f"/attention/{group.pk}/done/", {"next": "/attention/?show=mine"})
    assert answer.headers["Location"] == "/attention/?show=mine"
    answer = office.desk.browser.post(f"/attention/{group.pk}/reopen/", {"next": "https://evil.example/"})
    assert answer.headers["Location"] == f"/attention/{group.pk}/"
    assert office.desk.browser.post(f"/attention/{group.pk}/done/", {"next": "nowhere"}).status_code == 302


def test_corrected_copies_are_offered_for_what_was_sent_here(office: Office) -> None:
    office.fail(3)
    others = office.api.create(3)
    office.move(others, "failed")
    office.work()
    group = office.group()
    assert group.task_count == 6
    assert "Create 3 corrected copies" in words_of(office.desk.browser.get(f"/attention/{group.pk}/"))


def test_replaced_tasks_leave_their_group_at_once(office: Office, french: list[int]) -> None:
    TaskNote.objects.mark_replaced(office.desk.workflow, {french[0]: 999}, office.desk.person)
    assert group_next() and not group_next()
    assert office.group().task_count == len(french) - 1


def test_stuck_tasks_are_not_to_be_copied(office: Office) -> None:
    office.move(office.send(3, FRENCH), "in_progress", hours_ago=100)
    office.work()
    assert "corrected cop" not in words_of(office.desk.browser.get(f"/attention/{office.group().pk}/"))
