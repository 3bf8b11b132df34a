"""Home shows what a person continues, reviews and follows today, and the first steps until a task exists."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from pipelines_portal.accounts.models import Membership, Role, User
from pipelines_portal.api_client import ValidationFailed
from pipelines_portal.attention.grouping import make_groups
from pipelines_portal.entry.models import Sheet, TypedDraft
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.overview.home.waiting import MOST_DRAFTS, MOST_OF_A_KIND
from pipelines_portal.overview.models import HomeVisit
from pipelines_portal.people.models import Invitation
from pipelines_portal.submissions.models import Submission
from pipelines_portal.task_index.models import WATCHED_FOR, TaskNote, WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow, WorkflowNote
from tests.each_case import each_case
from tests.factories import (
    BAD,
    Desk,
    browser_of,
    make_colleague,
    make_index,
    make_person,
    make_submission,
    make_task,
    make_team,
    make_upload,
    open_workflow,
    save_key,
    send,
    share_key,
)
from tests.pages import shown_time, text_of

POLL = {"HX-Request": "true", "HX-Target": "home-page", "HX-Trigger": "home-page"}


def lines_of(browser: Client) -> dict[str, str]:
    """Return the text of each section of Home by its heading, without tags."""
    sections = re.findall(r"<section.*?<h2[^>]*>(.*?)</h2>(.*?)</section>", text_of(browser.get("/")))
    return {_plain(heading): _plain(re.sub(r"<svg.*?</svg>", "", rest)) for heading, rest in sections}


def _plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def link_to(browser: Client, words: str) -> str:
    """Return the address of the link on Home that has this text."""
    links = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', text_of(browser.get("/")))
    found = {_plain(text): address.replace("&amp;", "&") for address, text in links}
    return found[words]


# --- invitations ------------------------------------------------------------------------------------------------------


@each_case(("age", "words"), [(2, ""), (4, "invitation not accepted, expires"), (8, "not accepted, expired")])
def test_an_invitation_that_is_not_accepted_is_reviewed(page: Client, person: User, age: int, words: str) -> None:
    team, now = make_team(lead=person), timezone.now()
    [invitation] = Invitation.objects.invite(["jonas@acme.example"], Role.OPERATOR, [team], by=person)
    made_at = now - timedelta(days=age)
    Invitation.objects.update(made_at=made_at, ends_at=made_at + timedelta(days=7))
    assert words in lines_of(page).get("Waiting for you", "")
    if words:
        assert link_to(page, invitation.email) == f"/people/teams/{team.pk}/#pending"
        User.objects.filter(pk=person.pk).update(role=Role.ADMINISTRATOR)
        page = browser_of(User.objects.get(pk=person.pk))
        assert link_to(page, invitation.email) == "/people/#pending"
        Invitation.objects.update(taken_at=now)
    assert "jonas@acme.example" not in text_of(page.get("/"))


# --- the first steps --------------------------------------------------------------------------------------------------


def test_an_administrator_without_a_key_adds_one(page: Client, person: User, settings: LazySettings) -> None:
    User.objects.filter(pk=person.pk).update(role=Role.ADMINISTRATOR)
    page = browser_of(User.objects.get(pk=person.pk))
    settings.OWN_KEYS_URL = "https://keys.example/here"
    words = text_of(page.get("/"))
    assert "Welcome" in words and 'href="https://keys.example/here"' in words and 'href="/keys/"' in words
    main = words.split('id="main"')[1].split("</main>")[0]
    assert words.count('aria-current="step"') == 1 and "Add workflow" not in main


def test_an_operator_without_a_key_is_told_who_can_share_one(page: Client, person: User) -> None:
    """The lead of their team, else the person who invited them, else an administrator."""
    boss = make_person("boss@acme.example", name="Maria Weber", role="administrator")
    assert "Ask Maria Weber (boss@acme.example) to add you" in text_of(page.get("/"))
    inviter = make_person("inviter@acme.example", name="Ina Berg", role="administrator")
    Invitation.objects.invite([person.email], Role.OPERATOR, [], by=inviter)
    Invitation.objects.update(taken_at=timezone.now())
    words = text_of(page.get("/")).split('id="main"')[1].split("</main>")[0]
    assert "Ask Ina Berg (inviter@acme.example) to add you" in words
    assert "Add your own API key" in words and "Add key" not in words
    make_team(person, lead=boss)
    assert "Ask Maria Weber (boss@acme.example) to add you" in text_of(page.get("/"))


def test_a_person_with_a_key_adds_a_workflow(page: Client, saved_key: SavedKey) -> None:
    words = text_of(page.get("/"))
    assert "Acme is connected." in words and f'action="/keys/{saved_key.pk}/workflows/"' in words
    assert page.post(f"/keys/{saved_key.pk}/workflows/", {"workflow": "nonsense"}).status_code == 422


def test_a_person_with_a_workflow_creates_a_task(page: Client, saved_key: SavedKey) -> None:
    """Until the first one exists: in a workflow of theirs, or among what they sent."""
    workflow = open_workflow(saved_key, name="Invoices")
    place = f"/keys/{saved_key.pk}/workflows/{workflow.workflow_id}"
    words = text_of(page.get("/"))
    assert "Invoices is added." in words and f'href="{place}/tasks/new/"' in words
    assert f'href="{place}/import/template.xlsx"' in words and "Nothing waits" not in words
    make_index(workflow, [make_task(1, "finished", timezone.now())])
    assert "Welcome" not in text_of(page.get("/"))
    WorkflowIndex.objects.all().delete()
    make_submission(saved_key.owner, saved_key, status="created", success_count=1)
    assert "Welcome" not in text_of(page.get("/"))


def test_a_person_who_lost_their_key_today_adds_another(page: Client, person: User, saved_key: SavedKey) -> None:
    make_submission(person, saved_key, status="created", success_count=1)
    saved_key.delete()
    words = text_of(page.get("/"))
    assert "Welcome" in words and words.count('aria-current="step"') == 1


def test_a_viewer_is_not_asked_to_create_anything(client: Client, person: User, static_root: None) -> None:
    person.role = "viewer"
    person.save()
    client.force_login(person)
    words = text_of(client.get("/"))
    assert "share an API key with you" in words
    assert "As a viewer, you see the tasks" in words and "Create your first task" not in words
    key = save_key(person, "pk_viewer")
    workflow = open_workflow(key)
    draft = {"owner": person, "key": key, "workflow_id": workflow.workflow_id, "typed": [["a", "b"]]}
    TypedDraft.objects.create(**draft, token=UUID(int=1))
    words = text_of(client.get("/"))
    assert "Welcome" not in words and "New task" not in words and "Continue" not in words


# --- new work ---------------------------------------------------------------------------------------------------------


def test_new_work_starts_from_home(page: Client, saved_key: SavedKey) -> None:
    """Tasks of a workflow with files are created from files; a closed workflow is not offered."""
    make_index(open_workflow(saved_key, 42, name="Tickets"), [make_task(1, "pending", timezone.now())])
    open_workflow(saved_key, 43, name="Receipts", has_file_fields=True)
    open_workflow(saved_key, 44, name="Closed", status="ARCHIVED")
    place = f"/keys/{saved_key.pk}/workflows"
    for browser in (page, browser_of(make_lead(saved_key))):
        words = text_of(browser.get("/")).split('id="main"')[1].split("</main>")[0]
        assert f'href="{place}/42/tasks/new/' in words and f'href="{place}/42/import/"' in words
        assert f'href="{place}/43/upload/"' in words and f"{place}/43/tasks/new/" not in words
        assert f"{place}/44/tasks/new/" not in words


def test_the_workflows_used_last_come_first(desk: Desk) -> None:
    """With what the person did there: today, or on the last day."""
    now = timezone.now()
    for number in (1, 2, 3):
        open_workflow(desk.key, number, name=f"Other {number}")
    for number, days in ((2, 0), (2, 1), (3, 3)):
        sent = make_submission(desk.person, desk.key, number, status="created", success_count=5)
        Submission.objects.filter(pk=sent.pk).update(created_at=now - timedelta(days=days))
    starts = re.findall(r"<li>\s*<div>\s*<h2>.*?</li>", text_of(desk.browser.get("/")), re.DOTALL)
    words = [_plain(start) for start in starts]
    day = f"{timezone.localtime(now) - timedelta(days=3):%A}"
    assert words[0].startswith("Other 2 5 by you today · last just now Type rows")
    assert words[1].startswith(f"Other 3 Last on {day} · 5 by you") and len(words) == 3
    make_submission(desk.person, desk.key, 1, status="created", success_count=1)
    names = re.findall(r"<h2><a [^>]*>(Other \d)", text_of(desk.browser.get("/")))
    assert names == ["Other 1", "Other 2", "Other 3"], "of two workflows of today, the last one"


def make_lead(key: SavedKey) -> User:
    """Return a person who leads a team that shares the key."""
    lead = make_person("lena@acme.example", name="Lena Berg")
    share_key(key, make_team(lead=lead))
    return lead


DEAD_KEYS = [{"rejected_at": timezone.now()}, {"encrypted_key": b"nonsense"}]


def test_a_workflow_of_two_keys_counts_once(page: Client, person: User, saved_key: SavedKey) -> None:
    """The key that works is the one that counts."""
    other = save_key(person, "pk_other", "Other")
    groups = {}
    for key in (saved_key, other):
        workflow = open_workflow(key, 42, name="Tickets")
        make_groups(make_index(workflow, [make_task(1, "failed", timezone.now())]))
        groups[key.pk] = workflow.problem_groups.get()
    assert lines_of(page)["Needs attention"].startswith("1 task in 1 group All groups")
    SavedKey.objects.filter(pk=other.pk).update(rejected_at=timezone.now())
    assert link_to(page, "1 single task") == f"/attention/{groups[saved_key.pk].pk}/"


def test_an_expiry_that_is_an_estimate_stops_nothing(page: Client, saved_key: SavedKey) -> None:
    open_workflow(saved_key, 42, name="Tickets")
    SavedKey.objects.update(expires_at=timezone.now() - timedelta(days=2))
    assert "/42/tasks/new/" in text_of(page.get("/"))


@each_case(("values", "has_tasks"), zip(DEAD_KEYS, [True, False], strict=True))
def test_no_task_is_offered_with_a_key_that_does_not_work(
    page: Client, saved_key: SavedKey, values: dict[str, Any], has_tasks: bool
) -> None:
    """The key's owner replaces it, and other people ask the owner. Workflows of other keys are offered."""
    colleague, workflow = make_colleague(), open_workflow(saved_key, 42, name="Tickets")
    share_key(saved_key, colleague)
    if has_tasks:
        make_index(workflow, [make_task(1, "pending", timezone.now())])
    SavedKey.objects.update(**values)
    owners, theirs = text_of(page.get("/")), text_of(browser_of(colleague).get("/"))
    for words in (owners, theirs):
        assert "/tasks/new/" not in words and "/42/import/" not in words
    ask = "Key “Acme” doesn’t work. Ask its owner, maria@acme.example, to replace it."
    assert ask in theirs and ask not in owners and "Replace key" in owners
    open_workflow(save_key(colleague, "pk_other"), 43, name="Receipts")
    theirs = text_of(browser_of(colleague).get("/"))
    assert "/43/tasks/new/" in theirs and "/42/tasks/new/" not in theirs and ask not in theirs


@pytest.mark.parametrize("has_tasks", [True, False])
def test_no_task_is_offered_in_closed_workflows(page: Client, saved_key: SavedKey, has_tasks: bool) -> None:
    workflow = open_workflow(saved_key, 44, name="Closed", status="ARCHIVED")
    if has_tasks:
        make_index(workflow, [make_task(1, "pending", timezone.now())])
    words = text_of(page.get("/"))
    assert "New task" not in words and "Your workflows don’t take new tasks now." in words
    assert link_to(page, "All workflows") == f"/keys/{saved_key.pk}/workflows/"


def test_times_are_in_the_time_zone_of_the_person(page: Client, person: User, saved_key: SavedKey) -> None:
    make_index(open_workflow(saved_key), [make_task(1, "pending", timezone.now())])
    person.name = "Maria Weber"
    person.save()
    page.cookies["zone"] = "Asia/Kathmandu"
    hour = (timezone.now() + timedelta(hours=5, minutes=45)).hour
    part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    assert f"Good {part}, Maria<" in text_of(page.get("/"))


# --- continue and review ----------------------------------------------------------------------------------------------


def test_drafts_and_unfinished_imports_are_continued(page: Client, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key, name="Invoices")
    at = timezone.now() - timedelta(minutes=20)
    place = {"owner": saved_key.owner, "key": saved_key, "workflow_id": 42}
    TypedDraft.objects.create(**place, token="11111111-1111-4111-8111-111111111111", typed=[["a", "b"]], saved_at=at)
    values = place | {"workflow_name": "Invoices", "size_bytes": 1}
    for name, status in (("begun.csv", "matching"), ("later.csv", "paused"), ("wrong.csv", "checked")):
        sheet = Sheet.objects.create(file_name=name, status=status, row_counts={"to_fix": 57}, **values)
        sheet.lines.create(number=2, status="to_fix")
    words = lines_of(page)["Waiting for you"]
    assert f"Draft in Invoices Saved · {shown_time(at)} Continue" in words
    assert "begun.csv in Invoices Match columns" in words and "later.csv in Invoices Paused" in words
    assert "wrong.csv in Invoices 57 rows have errors" in words
    assert link_to(page, "wrong.csv in Invoices").endswith("/grid/?show=errors")
    assert link_to(page, "Draft in Invoices") == f"/keys/{saved_key.pk}/workflows/{workflow.workflow_id}/tasks/new/"


def test_many_drafts_are_behind_a_link(page: Client, saved_key: SavedKey) -> None:
    for number in range(1, 8):
        open_workflow(saved_key, number)
        draft = {"owner": saved_key.owner, "key": saved_key, "workflow_id": number}
        TypedDraft.objects.create(**draft, token="11111111-1111-4111-8111-111111111111", typed=[["a", "b"]])
    assert lines_of(page)["Waiting for you"].count("Draft in") == MOST_DRAFTS
    assert link_to(page, "2 more in Drafts") == "/drafts/"


def test_an_unconfirmed_submission_is_reviewed_by_those_who_may_decide(
    page: Client, person: User, saved_key: SavedKey
) -> None:
    """Its sender and the owner of the key see it. A third person with the key does not."""
    colleague, other = make_colleague(), make_person("third@acme.example")
    for each in (colleague, other):
        share_key(saved_key, each)
    open_workflow(saved_key)
    at = timezone.now() - timedelta(minutes=20)
    sent = {"workflow_name": "Invoices", "row_count": 38, "status": "unconfirmed", "sent_at": at}
    submission = make_submission(colleague, saved_key, **sent)
    note = "We don’t know if 38 tasks were created"
    theirs = lines_of(browser_of(colleague))["Waiting for you"]
    assert f"38 rows in Invoices {note} · {shown_time(at)} Decide" in theirs
    assert f"38 rows in Invoices Ben Okafor · {note}" in lines_of(page)["Waiting for you"]
    assert link_to(page, "38 rows in Invoices") == f"/submissions/{submission.pk}/"
    assert "Waiting for you" not in lines_of(browser_of(other))


def test_batches_of_imports_do_not_hide_what_else_is_unconfirmed(
    page: Client, person: User, saved_key: SavedKey
) -> None:
    """The number also counts what is not listed."""
    open_workflow(saved_key)
    values = {"workflow_name": "Invoices", "row_count": 38, "status": "unconfirmed", "sent_at": timezone.now()}
    for number in range(12):
        make_submission(person, saved_key, **values | {"workflow_name": f"Form {number}"})
    for _ in range(31):
        make_submission(person, saved_key, kind="import", group=uuid4(), **values)
    words = lines_of(page)["Waiting for you"]
    assert words.startswith("12 ") and words.count("38 rows in Form") == MOST_OF_A_KIND
    assert "2 more to decide" in words and "38 rows in Invoices" not in words


def test_an_unconfirmed_task_is_named_by_its_text(desk: Desk, api: Any) -> None:
    submission = desk.draft({"input_text": "Refund for order 118311", "target_language": "French"})
    Submission.objects.filter(pk=submission.pk).update(status="unconfirmed", sent_at=timezone.now())
    assert "Refund for order 118311 in Translations" in lines_of(desk.browser)["Waiting for you"]


def test_a_stopped_import_is_reviewed(page: Client, saved_key: SavedKey) -> None:
    open_workflow(saved_key)
    values = {
        "owner": saved_key.owner,
        "key": saved_key,
        "workflow_id": 42,
        "workflow_name": "Invoices",
        "size_bytes": 1,
    }
    Sheet.objects.create(file_name="lost.csv", status="unconfirmed", **values)
    Sheet.objects.create(file_name="mine.csv", status="paused", **values)
    Sheet.objects.create(file_name="his.csv", status="paused", **values | {"owner": make_colleague()})
    words = lines_of(page)["Waiting for you"]
    assert "lost.csv in Invoices Unconfirmed ·" in words and words.count("mine.csv in Invoices") == 1
    assert "his.csv in Invoices Ben Okafor · Paused ·" in words


def test_an_archive_that_came_back_is_reviewed(desk: Desk) -> None:
    """Not while it is asked about again."""
    problem = "Pipelines no longer knows this upload."
    upload = make_upload(desk, problem=problem)
    make_upload(desk, "uploading", problem="Pipelines didn’t answer.")
    assert lines_of(desk.browser)["Waiting for you"] == f"1 scans.zip in Translations {problem} Review scans.zip"
    assert link_to(desk.browser, "scans.zip in Translations") == f"/submissions/{upload.submission.pk}/"


@each_case(
    ("values", "words"),
    [
        ({"rejected_at": timezone.now()}, "API key Acme Rejected"),
        ({"expires_at": timezone.now() + timedelta(days=1, hours=12)}, "API key Acme Expires"),
        ({"encrypted_key": b"nonsense"}, "API key Acme Can’t be opened"),
    ],
)
def test_only_the_owner_of_a_key_is_asked_to_replace_it(
    page: Client, saved_key: SavedKey, values: dict[str, Any], words: str
) -> None:
    colleague = make_colleague()
    share_key(open_workflow(saved_key).key, colleague)
    SavedKey.objects.update(**values)
    assert words in lines_of(page)["Waiting for you"]
    assert "Waiting for you" not in lines_of(browser_of(colleague))


# --- needs attention --------------------------------------------------------------------------------------------------


def test_home_shows_the_largest_groups(page: Client, saved_key: SavedKey, person: User) -> None:
    """Muted tasks and mistakes count in none of them."""
    now, long_ago = timezone.now(), timezone.now() - timedelta(days=3)
    few = [make_task(number, "failed", now) for number in (1, 2, 3)]
    index = make_index(open_workflow(saved_key, 42, name="Few"), few)
    TaskNote.objects.mute(index.workflow, {1: "failed"}, "asked Ana", person)
    TaskNote.objects.mark_as_mistakes(index.workflow, [2], "", person)
    many = [make_task(1, "failed", now), make_task(2, "quarantined", now), make_task(3, "pending", long_ago)]
    make_groups(index)
    make_groups(make_index(open_workflow(saved_key, 43, name="Many"), many))
    make_groups(make_index(open_workflow(saved_key, 44, name="Calm"), [make_task(1, "pending", now)]))
    words = lines_of(page)["Needs attention"]
    assert words.startswith("3 tasks in 2 groups All groups") and "2 single tasks New Many" in words
    assert words.index("Many") < words.index("Few") and "Calm" not in words
    assert link_to(page, "All groups") == "/attention/" and link_to(page, "1 stuck") == "/attention/?show=stuck"
    TaskNote.objects.mark_as_mistakes(index.workflow, [1, 3], "", person)
    make_groups(index)
    assert "Few" not in lines_of(page)["Needs attention"]


def test_tasks_that_came_since_the_last_visit_are_new(page: Client, person: User, saved_key: SavedKey) -> None:
    """The title begins with their number."""
    now = timezone.now()
    tasks = [make_task(1, "failed", now - timedelta(hours=5)), make_task(2, "escalated", now - timedelta(hours=1))]
    make_index(open_workflow(saved_key), tasks)
    assert "<title>Home ·" in text_of(page.get("/"))
    left = now - timedelta(hours=2)
    HomeVisit.objects.update(seen_at=left)
    for _ in range(2):
        assert "<title>(1) Home ·" in text_of(page.get("/"))
        assert f"1 new since {shown_time(left)}" in lines_of(page)["Needs attention"]
    assert HomeVisit.objects.get(user=person).left_at == left


def test_tasks_without_a_group_yet_are_counted(page: Client, saved_key: SavedKey) -> None:
    index = make_index(open_workflow(saved_key), [make_task(2, "failed", timezone.now())])
    index.status_counts.filter(status="failed").update(listed=1000, is_cut=True)
    assert lines_of(page)["Needs attention"].startswith("1,000 tasks . Groups follow in a minute.")
    assert link_to(page, "1,000 tasks") == "/search/?status=attention"


def test_numbers_that_are_missing_or_old_are_named(page: Client, saved_key: SavedKey) -> None:
    """Opening Home starts the scans, and continues them."""
    then = timezone.now() - timedelta(minutes=25)
    make_index(open_workflow(saved_key, 42, name="Invoices"), [make_task(1, "pending", then)], open_as_of=then)
    workflow = open_workflow(saved_key, 43, name="Tickets")
    lines = lines_of(page)
    assert f"Invoices was last updated at {shown_time(then)}." in lines["Needs attention"]
    assert "1 of 2 read." in lines["Reading your workflows"] and "Tickets waiting" in lines["Reading your workflows"]
    assert 'hx-trigger="every 5s, look"' in text_of(page.get("/"))
    WorkflowIndex.objects.update(seen_at=timezone.now() - WATCHED_FOR)
    page.get("/")
    assert WorkflowIndex.objects.get(workflow=workflow).seen_at > timezone.now() - timedelta(minutes=1)


def test_a_workflow_that_cannot_be_read_is_not_waited_for(page: Client, saved_key: SavedKey) -> None:
    make_index(open_workflow(saved_key, 42, name="Invoices"), [make_task(1, "pending", timezone.now())])
    index = WorkflowIndex.objects.start(open_workflow(saved_key, 43, name="Tickets"))
    index.set_problem(WorkflowIndex.Problem.NOT_FOUND)
    lines = lines_of(page)
    assert "Reading your workflows" not in lines and "Tickets can’t be read." in lines["Needs attention"]


def test_home_says_when_its_oldest_number_was_read(page: Client, saved_key: SavedKey) -> None:
    """The old ones that it names beside are left out."""
    now = timezone.now()
    for number, minutes in ((42, 1), (43, 4), (44, 90)):
        then = now - timedelta(minutes=minutes)
        make_index(open_workflow(saved_key, number), [make_task(1, "failed", then)], open_as_of=then)
    later = WorkflowIndex.objects.get(workflow__workflow_id=43).status_counts.filter(status="failed")
    later.update(listed_at=now)
    assert page.get("/").context["home"].updated == now - timedelta(minutes=4)
    OpenedWorkflow.objects.exclude(workflow_id=44).delete()
    assert page.get("/").context["home"].updated == now - timedelta(minutes=90)


def test_workflows_of_a_rejected_key_do_not_promise_updates(page: Client, saved_key: SavedKey) -> None:
    make_index(open_workflow(saved_key), [make_task(1, "failed", timezone.now())])
    SavedKey.objects.update(rejected_at=timezone.now())
    assert "Key “Acme” was rejected. Its numbers aren’t updated." in lines_of(page)["Needs attention"]


def test_hidden_workflows_are_left_out(page: Client, saved_key: SavedKey) -> None:
    for number, name in ((42, "Hidden one"), (43, "Shown one")):
        make_groups(make_index(open_workflow(saved_key, number, name=name), [make_task(1, "failed", timezone.now())]))
    page.post(f"/keys/{saved_key.pk}/workflows/42/mark/", {"mark": "hide"})
    words = lines_of(page)["Needs attention"]
    assert "Shown one" in words and "Hidden one" not in words


# --- today ------------------------------------------------------------------------------------------------------------


def test_today_counts_what_the_person_sent(desk: Desk, api: Any) -> None:
    """With the statuses of its tasks; mistakes count apart. One workflow: they link to its list."""
    sent = [send(desk.draft(), desk.client) for _ in range(4)]
    with pytest.raises(ValidationFailed):
        send(desk.draft(BAD), desk.client)
    ids = [int(one.rows.get().task_id or 0) for one in sent]
    yesterday = send(desk.draft(), desk.client)
    Submission.objects.filter(pk=yesterday.pk).update(created_at=timezone.now() - timedelta(days=1))
    now = timezone.now()
    statuses = ("finished", "finished", "failed", "pending")
    tasks = [make_task(task_id, status, now) for task_id, status in zip(ids, statuses, strict=True)]
    index = make_index(desk.workflow, [*tasks, make_task(max(ids) + 1, "finished", now)])
    TaskNote.objects.mark_as_mistakes(index.workflow, ids[:1], "", desk.person)
    today = "1 finished 1 failed 1 pending 1 mistake or replaced 1 rejected"
    words = lines_of(desk.browser)["You today"]
    assert words.startswith("4 created since") and today in words and "just created" not in words
    day = timezone.localdate().isoformat()
    created = next(line for line in re.findall(r"4 created since \S+", words))
    assert link_to(desk.browser, created) == f"/submissions/?since={day}"
    assert link_to(desk.browser, "1 rejected") == f"/submissions/?since={day}&status=rejected"
    assert link_to(desk.browser, "1 failed").endswith(f"/tasks/?status=failed&sent=me&day={day}")
    assert link_to(desk.browser, "1 mistake or replaced").endswith(f"/tasks/?sent=me&day={day}")
    assert lines_of(desk.browser)["Waiting for you"].startswith("1 1 of your tasks needs attention")


@each_case(("status", "is_several"), [("finished", False), ("failed", True)])
def test_a_status_of_today_links_to_the_tasks_counted(desk: Desk, api: Any, status: str, is_several: bool) -> None:
    """Not to those of yesterday or of others, in one workflow or in several."""
    now, colleague = timezone.now(), make_colleague()
    workflows = [desk.workflow, open_workflow(desk.key, 43, name="Other")] if is_several else [desk.workflow]
    for workflow in workflows:
        tasks = []
        for task_id, owner, days in ((7, desk.person, 0), (8, desk.person, 1), (9, colleague, 0)):
            sent = make_submission(owner, desk.key, workflow.workflow_id, status="created", success_count=1)
            sent.rows.create(index=0, task_id=task_id, fields={})
            at = now - timedelta(days=days)
            Submission.objects.filter(pk=sent.pk).update(created_at=at, sent_at=at)
            tasks.append(make_task(task_id, status, at))
        make_index(workflow, tasks)
    address = link_to(desk.browser, f"{len(workflows)} {status}")
    found = desk.browser.get(address).context["tasks"]
    assert sorted(row.found.place for row in found.rows) == [(desk.key.pk, one.workflow_id, 7) for one in workflows]


def test_a_lead_sees_what_the_team_created_today(saved_key: SavedKey, static_root: None) -> None:
    """Not what they created with other keys. Members see no team."""
    ben, lead = make_colleague(), make_person("lena@acme.example", name="Lena Berg")
    share_key(saved_key, make_team(ben, lead=lead))
    open_workflow(saved_key)
    make_submission(ben, saved_key, status="created", success_count=12)
    make_submission(lead, saved_key, status="created", success_count=2)
    make_submission(ben, save_key(ben, "pk_bens"), status="created", success_count=100)
    words = lines_of(browser_of(lead))["Team today"]
    assert words.startswith("14 created") and words.index("Ben Okafor 12") < words.index("Lena Berg 2")
    day = timezone.localdate().isoformat()
    address = link_to(browser_of(lead), "Ben Okafor")
    assert address == f"/submissions/?since={day}&who={ben.pk}" and browser_of(lead).get(address).status_code == 200
    assert "Team today" not in lines_of(browser_of(ben))
    Membership.objects.filter(user=ben).update(is_lead=True)
    assert "Team today" in lines_of(browser_of(ben))


def test_the_sum_of_the_team_counts_people_who_are_not_listed(saved_key: SavedKey, static_root: None) -> None:
    """And what somebody did in several workflows is not said of one of them."""
    people = [make_person(f"p{number}@acme.example", name=f"Person {number}") for number in range(14)]
    lead = make_person("lena@acme.example", name="Lena Berg")
    share_key(saved_key, make_team(*people, lead=lead))
    open_workflow(saved_key)
    for one in people:
        make_submission(one, saved_key, status="created", success_count=10, workflow_name="Orders")
    for name in ("Orders", "Tickets", "Calls"):
        make_submission(lead, saved_key, status="created", success_count=20, workflow_name=name)
    words = lines_of(browser_of(lead))["Team today"]
    assert words.startswith("200 created") and "3 more people" in words
    assert "Lena Berg 60 Tickets and 2 more" in words and "Person 1 10 Orders" in words


def test_a_lead_sees_imports_of_others_with_errors(saved_key: SavedKey, static_root: None) -> None:
    """And those that are being sent or wait. Typed rows are their owner's business until they are rejected."""
    ben, lead = make_colleague(), make_lead(saved_key)
    make_index(open_workflow(saved_key), [make_task(1, "pending", timezone.now())])
    values = {"owner": ben, "key": saved_key, "workflow_id": 42, "workflow_name": "Invoices", "size_bytes": 1}
    for name, status, counts in (
        ("wrong.csv", "checked", {"to_fix": 9, "rejected": 1, "created": 2}),
        ("right.csv", "checked", {"created": 2}),
        ("sent.csv", "sending", {"created": 7, "requested": 3}),
        ("paused.csv", "paused", {"created": 7, "ready": 3}),
    ):
        made = Sheet.objects.create(file_name=name, status=status, row_counts=counts, row_count=10, **values)
        made.teams.set(lead.teams.all())
    words = lines_of(browser_of(lead))["Imports under way"]
    assert "wrong.csv in Invoices Ben Okafor · 9 rows have errors, 1 row was rejected" in words
    assert "sent.csv in Invoices Ben Okafor · 7 of 10 created View" in words and "right.csv" not in words
    assert "paused.csv" not in words and "paused.csv" in lines_of(browser_of(lead))["Waiting for you"]
    assert "Imports under way" not in lines_of(browser_of(ben))


def test_a_lead_sees_their_own_imports_as_drafts_only(saved_key: SavedKey, static_root: None) -> None:
    """Until they are sent: those of which every row became a task are neither."""
    lead = make_lead(saved_key)
    make_index(open_workflow(saved_key), [make_task(1, "pending", timezone.now())])
    values = {"owner": lead, "key": saved_key, "workflow_id": 42, "workflow_name": "Invoices", "size_bytes": 1}
    Sheet.objects.create(file_name="over.csv", status="checked", row_counts={"created": 2}, **values)
    wrong = Sheet.objects.create(file_name="wrong.csv", status="checked", row_counts={"to_fix": 1}, **values)
    wrong.lines.create(number=2, status="to_fix")
    lines = lines_of(browser_of(lead))
    assert "Imports under way" not in lines and "wrong.csv in Invoices 1 row has errors" in lines["Waiting for you"]
    assert "over.csv" not in lines["Waiting for you"]


def test_instructions_that_somebody_else_changed_are_shown(desk: Desk) -> None:
    make_index(desk.workflow, [make_task(1, "pending", timezone.now())])
    place = {"key": desk.key, "workflow_id": desk.workflow.workflow_id, "field": "", "text": "Orders go to Ana."}
    note = WorkflowNote.objects.create(**place, person=make_colleague())
    assert "“Orders go to Ana.” Ben Okafor" in lines_of(desk.browser)["Instructions changed"]
    WorkflowNote.objects.filter(pk=note.pk).update(person=desk.person)
    assert "Instructions changed" not in lines_of(desk.browser)


def test_the_latest_tasks_have_their_status(desk: Desk, api: Any) -> None:
    sent = send(desk.draft({"input_text": "Welcome to the shop", "target_language": "French"}), desk.client)
    make_index(desk.workflow, [make_task(int(sent.rows.get().task_id or 0), "failed", timezone.now())])
    words = lines_of(desk.browser)["Your latest tasks"]
    assert f"{sent.rows.get().task_id} Welcome to the shop Failed" in words


def test_the_latest_tasks_are_those_before_rejected_rows(desk: Desk) -> None:
    sent = make_submission(desk.person, desk.key, status="partial", success_count=1, error_count=9, row_count=10)
    for index in range(10):
        sent.rows.create(index=index, task_id=None if index else 7, fields={"text": f"Text {index}"})
    assert "7 Text 0" in lines_of(desk.browser)["Your latest tasks"]


def test_tasks_sent_with_a_key_that_is_no_longer_shared_have_no_status(saved_key: SavedKey, static_root: None) -> None:
    """Nor a link to a page that the person may not open."""
    ben = make_colleague()
    share = share_key(saved_key, ben)
    open_workflow(save_key(ben, "pk_bens"), 43)
    sent = make_submission(ben, saved_key, status="created", success_count=1, row_count=1)
    sent.rows.create(index=0, task_id=7, fields={"text": "Hello"})
    make_index(open_workflow(saved_key), [make_task(7, "failed", timezone.now())])
    words = lines_of(browser_of(ben))
    assert "7 Hello Failed" in words["Your latest tasks"] and "1 failed" in words["You today"]
    share.delete()
    words = lines_of(browser_of(ben))
    assert "Your latest tasks" not in words
    assert words["You today"].startswith("1 created") and "failed" not in words["You today"]
    assert f"/keys/{saved_key.pk}/" not in text_of(browser_of(ben).get("/")).split('id="main"')[1].split("</main>")[0]


def test_what_was_just_created_is_counted(desk: Desk, api: Any) -> None:
    """The index reads it a little later, so its status is not known yet. A failed task waits for its sender."""
    first, second = (int(send(desk.draft(), desk.client).rows.get().task_id or 0) for _ in range(2))
    make_index(desk.workflow, [make_task(first, "failed", timezone.now())])
    lines = lines_of(desk.browser)
    assert "1 just created 1 failed" in lines["You today"] and second
    assert "1 of your tasks needs attention 1 failed · created today" in lines["Waiting for you"]


def test_today_is_compared_with_other_days(desk: Desk, api: Any) -> None:
    send(desk.draft(), desk.client)
    now = timezone.now()
    for weeks in (1, 2, 3):
        sent = make_submission(desk.person, desk.key, status="created", success_count=10 * weeks)
        Submission.objects.filter(pk=sent.pk).update(created_at=now - timedelta(weeks=weeks))
    assert f"usual {timezone.localtime(now):%A}: 20" in lines_of(desk.browser)["You today"]


# --- the page as a whole ----------------------------------------------------------------------------------------------


def test_empty_sections_are_hidden(page: Client, saved_key: SavedKey) -> None:
    make_index(open_workflow(saved_key), [make_task(1, "finished", timezone.now())])
    words = text_of(page.get("/"))
    assert "Nothing waits for you" in words and lines_of(page) == {}


def test_a_refresh_answers_only_if_something_is_new(page: Client, saved_key: SavedKey) -> None:
    index = make_index(open_workflow(saved_key), [make_task(1, "failed", timezone.now())])
    match = re.search(r'hx-get="(/\?seen=\w+)"[^>]*hx-trigger="every 30s, look"', text_of(page.get("/")))
    assert match is not None
    assert page.get(match[1], headers=POLL).status_code == 204
    index.status_counts.filter(status="failed").update(listed=5)
    words = text_of(page.get(match[1], headers=POLL))
    assert words.startswith("<title>Home ·") and ">5 tasks</a>" in words
    assert "<html" not in words and match[1] not in words
    assert 'id="home-updated" hx-swap-oob="true"' in words


def test_home_is_loaded_again_once_tasks_were_counted(page: Client, saved_key: SavedKey) -> None:
    """The first steps have another greeting, and no menus of new work."""
    workflow = open_workflow(saved_key)
    match = re.search(r'hx-get="([^"]*)"[^>]*hx-trigger="every 5s, look"', text_of(page.get("/")))
    assert match is not None
    address = match[1].replace("&amp;", "&")
    assert page.get(address, headers=POLL).status_code == 204
    make_index(workflow, [make_task(1, "failed", timezone.now())])
    assert page.get(address, headers=POLL).headers["HX-Refresh"] == "true"


def test_home_stands_still_for_people_who_paused_updates(page: Client, person: User, saved_key: SavedKey) -> None:
    make_index(open_workflow(saved_key), [make_task(1, "failed", timezone.now())])
    User.objects.filter(pk=person.pk).update(reads_live=False)
    assert "hx-trigger" not in text_of(page.get("/")).split('id="home-page"')[1].split("</main>")[0]
