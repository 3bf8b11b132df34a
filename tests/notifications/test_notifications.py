"""People are notified once about an event, never for each task, in the portal and by gathered mails."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.signals import import_transferred
from pipelines_portal.entry.transitions import notify_end
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.notifications import events
from pipelines_portal.notifications import mails as mail_module
from pipelines_portal.notifications.events import delete_old_notifications, notify_of_events
from pipelines_portal.notifications.mails import mail_notifications
from pipelines_portal.notifications.models import Message, Notification, Preferences, PreferencesQuerySet, TaskWatch
from pipelines_portal.notifications.relevance import is_relevant
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import Outcome
from pipelines_portal.task_index.models import IndexedTask, TaskNote, WorkflowIndex
from tests.each_case import each_case
from tests.factories import (
    GOOD,
    Desk,
    browser_of,
    end_of_day,
    make_colleague,
    make_index,
    make_person,
    make_stranger,
    make_team,
    open_desk,
    save_key,
    send,
    share_key,
)
from tests.fake_api import FakeApi

MESSAGE = Message("batch", "import:1", "rows.csv is through: 3 created", "/submissions/")


def notify(person: User, message: Message) -> bool:
    return Notification.objects.notify(person, message)


def titles(person: Any) -> list[str]:
    return [one.title for one in Notification.objects.filter(person=person)]


def task_of(desk: Desk) -> int:
    return int(send(desk.draft(), desk.client).rows.get().task_id or 0)


def watch_workflow(desk: Desk) -> WorkflowIndex:
    """Return the index of the desk's workflow, which was read before anything failed."""
    index = make_index(desk.workflow, [])
    notify_of_events()
    return index


def fails(index: WorkflowIndex, task_ids: list[int], status: str = "failed", ago: timedelta = timedelta(0)) -> None:
    for task_id in task_ids:
        IndexedTask.objects.update_or_create(
            index=index, task_id=task_id,
            defaults={
                "status": status, "is_unfinished": True, "updated_at": timezone.now() - ago + timedelta(seconds=1),
                "read_at": timezone.now(),
            },
        )  # fmt: skip


def test_tasks_that_need_attention_are_counted_in_one_notification(desk: Desk) -> None:
    index = watch_workflow(desk)
    sent = send(desk.draft(*[GOOD] * 5), desk.client)
    ids = list(sent.rows.values_list("task_id", flat=True))
    fails(index, ids[:3])
    notify_of_events()
    notify_of_events()
    assert titles(desk.person) == ["3 of your tasks in Translations need attention"]
    fails(index, ids[3:4], "escalated")
    notify_of_events()
    assert titles(desk.person) == ["4 of your tasks in Translations need attention"]
    Notification.objects.mark_all_read(desk.person)
    notify_of_events()
    assert Notification.objects.get().read_at is not None
    fails(index, ids[4:], "quarantined")
    notify_of_events()
    assert titles(desk.person) == ["1 of your tasks in Translations needs attention"]
    assert Notification.objects.get().read_at is None


def test_nobody_is_notified_of_muted_tasks_and_mistakes(desk: Desk) -> None:
    index = watch_workflow(desk)
    first, second, third = (task_of(desk) for _ in range(3))
    fails(index, [first, second, third])
    TaskNote.objects.mute(desk.workflow, {first: "failed"}, "asked Ana", desk.person)
    TaskNote.objects.mark_as_mistakes(desk.workflow, [second], "", desk.person)
    notify_of_events()
    assert titles(desk.person) == ["1 of your tasks in Translations needs attention"]
    notification = Notification.objects.get()
    assert is_relevant(notification)
    TaskNote.objects.mute(desk.workflow, {third: "failed"}, "asked Ana", desk.person)
    assert not is_relevant(notification)


def test_nobody_is_notified_of_tasks_of_others_or_from_elsewhere(desk: Desk, api: FakeApi) -> None:
    index = watch_workflow(desk)
    other_desk = open_desk(api, "paul@acme.example")
    theirs = task_of(other_desk)
    fails(index, [theirs, *api.create(2)])
    notify_of_events()
    assert not Notification.objects.exists()


def test_failures_before_the_watch_are_ignored(desk: Desk) -> None:
    index = watch_workflow(desk)
    task_id = task_of(desk)
    fails(index, [task_id], ago=timedelta(hours=1))
    notify_of_events()
    assert titles(desk.person) == []


def test_more_failures_than_a_batch_are_all_counted(desk: Desk, monkeypatch: Any) -> None:
    """A large batch may fail as a whole."""
    index = watch_workflow(desk)
    sent = send(desk.draft(*[GOOD] * 5), desk.client)
    monkeypatch.setattr(events, "BATCH_SIZE", 2)
    fails(index, list(sent.rows.values_list("task_id", flat=True)))
    notify_of_events()
    notify_of_events()
    assert titles(desk.person) == ["5 of your tasks in Translations need attention"]


def test_failures_count_when_their_status_is_read(desk: Desk) -> None:
    """No worker ran during the night, and the API may send no times."""
    index = watch_workflow(desk)
    TaskWatch.objects.update(since=timezone.now() - timedelta(days=1))
    late, timeless = task_of(desk), task_of(desk)
    fails(index, [late, timeless], ago=timedelta(hours=12))
    IndexedTask.objects.filter(task_id=timeless).update(updated_at=None)
    notify_of_events()
    assert titles(desk.person) == ["2 of your tasks in Translations need attention"]


def test_nothing_is_new_before_all_open_lists_were_read(desk: Desk) -> None:
    watch_workflow(desk)
    TaskWatch.objects.all().delete()
    WorkflowIndex.objects.update(open_as_of=None)
    notify_of_events()
    assert not TaskWatch.objects.exists()


def test_people_who_lost_the_key_are_not_notified_any_more(desk: Desk) -> None:
    index = watch_workflow(desk)
    colleague = make_colleague()
    share = share_key(desk.key, colleague)
    first, second = task_of(desk), task_of(desk)
    Submission.objects.update(owner=colleague)
    fails(index, [first])
    notify_of_events()
    assert len(titles(colleague)) == 1
    Notification.objects.mark_all_read(colleague)
    share.delete()
    fails(index, [second])
    notify_of_events()
    assert not Notification.objects.filter(read_at=None).exists()


def test_two_workers_notify_once(desk: Desk, monkeypatch: Any) -> None:
    """The second worker notifies after the first has read who was notified, and before it notifies."""
    index = watch_workflow(desk)
    task_id = task_of(desk)
    fails(index, [task_id])
    real, noticed = User.objects.filter, []

    def notify_first(*args: Any, **values: Any) -> Any:
        if not noticed:
            noticed.append(1)
            notify_of_events()
        return real(*args, **values)

    monkeypatch.setattr(User.objects, "filter", notify_first)
    notify_of_events()
    assert noticed
    assert Notification.objects.get().count == 1


def stalls(index: WorkflowIndex, task_ids: list[int], hours: float, status: str = "pending") -> None:
    """Let the tasks have moved so long ago, and let the lists be read now."""
    fails(index, task_ids, status, timedelta(hours=hours))
    read(index)


def read(index: WorkflowIndex, hours_later: float = 0) -> None:
    WorkflowIndex.objects.filter(pk=index.pk).update(open_as_of=timezone.now() + timedelta(hours=hours_later))


def test_stuck_tasks_are_counted_in_one_notification(desk: Desk) -> None:
    """People are not notified again while the same tasks stay stuck, but of others, and of those that moved between."""
    index = watch_workflow(desk)
    first, second, third = (task_of(desk) for _ in range(3))
    stalls(index, [first, second], 23.5)
    fails(index, [third], "in_progress")
    notify_of_events()
    assert titles(desk.person) == []
    read(index, 1)
    notify_of_events()
    assert titles(desk.person) == ["2 of your tasks in Translations are stuck"]
    notification = Notification.objects.get()
    assert notification.sentence == "No progress for over 24 h" and notification.address.endswith("/overview/#stuck")
    Notification.objects.mark_all_read(desk.person)
    read(index, 20)
    notify_of_events()
    assert not Notification.objects.filter(read_at=None).exists()
    fails(index, [first], "in_progress")
    read(index, 30)
    notify_of_events()
    assert titles(desk.person) == ["2 of your tasks in Translations are stuck"]  # the first again, and the third
    assert Notification.objects.get().read_at is None


def test_shorter_hours_make_more_tasks_stuck_and_longer_hours_repeat_none(desk: Desk) -> None:
    index = watch_workflow(desk)
    stalls(index, [task_of(desk)], 6)
    notify_of_events()
    assert titles(desk.person) == []
    index.update(stuck_hours=4)
    notify_of_events()
    assert titles(desk.person) == ["1 of your tasks in Translations is stuck"]
    Notification.objects.mark_all_read(desk.person)
    for hours in (168, 4):
        index.update(stuck_hours=hours)
        notify_of_events()
    assert not Notification.objects.filter(read_at=None).exists()


def test_nobody_is_notified_of_muted_mistaken_or_paused_tasks_as_stuck(desk: Desk) -> None:
    index = watch_workflow(desk)
    muted, mistake, paused = (task_of(desk) for _ in range(3))
    stalls(index, [muted, mistake], 23.5)
    stalls(index, [paused], 23.5, "paused")
    TaskNote.objects.mute(desk.workflow, {muted: "pending"}, "asked Ana", desk.person)
    TaskNote.objects.mark_as_mistakes(desk.workflow, [mistake], "", desk.person)
    read(index, 1)
    notify_of_events()
    assert titles(desk.person) == []


def test_tasks_that_were_not_read_are_not_stuck(desk: Desk) -> None:
    """They may have moved since the lists were read."""
    index = watch_workflow(desk)
    fails(index, [task_of(desk)], "pending", timedelta(hours=30))
    WorkflowIndex.objects.update(open_as_of=timezone.now() - timedelta(hours=20))
    notify_of_events()
    assert titles(desk.person) == []


def test_two_workers_notify_once_of_stuck_tasks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    index = watch_workflow(desk)
    stalls(index, [task_of(desk)], 23.5)
    read(index, 1)
    real, noticed = TaskWatch.advance, []

    def notify_first(self: TaskWatch, before: datetime) -> bool:
        if not noticed:
            noticed.append(1)
            notify_of_events()
        return real(self, before)

    monkeypatch.setattr(TaskWatch, "advance", notify_first)
    notify_of_events()
    assert noticed and Notification.objects.get().count == 1


def test_stuck_tasks_that_moved_are_not_mailed(desk: Desk, mails: list[Any]) -> None:
    Preferences.objects.create(person=desk.person, listed=[], mailed=["stuck"])
    index = watch_workflow(desk)
    task_id = task_of(desk)
    stalls(index, [task_id], 23.5)
    read(index, 1)
    notify_of_events()
    notification = Notification.objects.get()
    assert is_relevant(notification)
    fails(index, [task_id], "in_progress")
    assert not is_relevant(notification) and mail_notifications() == 0


def test_sender_and_leads_are_notified_of_an_unconfirmed_outcome(desk: Desk, api: FakeApi) -> None:
    other_desk = open_desk(api, "paul@acme.example")
    colleague = make_colleague()
    share_key(desk.key, make_team(colleague, lead=other_desk.person))
    lost = desk.draft()
    Submission.objects.filter(pk=lost.pk).update(status="unconfirmed", owner=colleague, sent_at=timezone.now())
    Submission.objects.get(pk=lost.pk).record_teams()
    notify_of_events()
    notify_of_events()
    for person in (colleague, other_desk.person):
        assert titles(person) == [f"Unconfirmed: {lost.label}"]
    assert titles(desk.person) == []
    answer = other_desk.browser.get("/notifications/", follow=True)
    assert "Unconfirmed: " in answer.content.decode()


@pytest.mark.parametrize("days", [0.5, 3])
def test_the_sender_is_notified_of_a_process_that_died_while_it_sent(desk: Desk, days: float) -> None:
    """Nobody needs to open a page, and a weekend may pass."""
    lost = desk.draft()
    then = timezone.now() - timedelta(days=days)
    assert lost.claim(0, until=then + timedelta(minutes=4))
    Submission.objects.update(sent_at=then)
    notify_of_events()
    lost.refresh_from_db()
    assert lost.status == "unconfirmed"
    assert titles(desk.person) == [f"Unconfirmed: {lost.label}"]


def test_events_beyond_a_batch_are_notified_of(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """All unconfirmed requests, and all keys."""
    monkeypatch.setattr(events, "BATCH_SIZE", 2)
    for number in range(5):
        lost(desk)
        key = save_key(desk.person, f"pk_live_{number:040}")
        SavedKey.objects.filter(pk=key.pk).update(rejected_at=timezone.now())
    notify_of_events()
    kinds = Notification.objects.filter(person=desk.person).values_list("kind", flat=True)
    assert Counter(kinds) == {"unconfirmed": 5, "key": 5}


@pytest.mark.parametrize("find_events", [events.notify_of_unconfirmed, events.notify_of_keys])
def test_events_that_people_know_cost_a_fixed_number_of_queries(desk: Desk, find_events: Callable[[], None]) -> None:
    """Each minute, for two days after the event. Leads and people who want no notification are no exception."""
    colleague = make_colleague()
    share_key(desk.key, make_team(lead=colleague))
    Preferences.objects.create(person=colleague, mail="off")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            find_events()
        return len(captured)

    def add_event() -> None:
        lost(desk)
        Submission.objects.earliest("created_at").record_teams()
        key = save_key(desk.person, f"pk_live_{SavedKey.objects.count():040}")
        SavedKey.objects.filter(pk=key.pk).update(rejected_at=timezone.now())
        share_key(key, colleague.teams.get())

    add_event()
    find_events()
    few = queries()
    for _ in range(3):
        add_event()
    find_events()
    assert queries() == few
    assert Notification.objects.filter(person=desk.person).count() == 4


def test_an_owner_is_notified_once_of_a_rejection_and_of_each_reminder(desk: Desk) -> None:
    colleague = make_colleague()
    share_key(desk.key, colleague)
    desk.key.rejected_at = timezone.now()
    desk.key.expires_at = end_of_day(6)
    desk.key.save()
    notify_of_events()
    notify_of_events()
    assert titles(desk.person) == ["API key Acme Labeling expires in 6 days", "API key Acme Labeling was rejected"]
    assert titles(colleague) == []


def test_leads_of_teams_that_share_a_key_are_notified_of_its_rejection(desk: Desk, api: FakeApi) -> None:
    """The notification names the owner and nothing of the key. Members and leads of other teams get none."""
    lead, member, other_lead = make_colleague(), make_stranger(), open_desk(api, "paul@acme.example").person
    share_key(desk.key, make_team(member, lead=lead))
    make_team(name="Others", lead=other_lead)
    SavedKey.objects.filter(pk=desk.key.pk).update(rejected_at=timezone.now())
    notify_of_events()
    notify_of_events()
    assert titles(lead) == titles(desk.person) == ["API key Acme Labeling was rejected"]
    assert titles(member) == titles(other_lead) == []
    sentence = Notification.objects.get(person=lead).sentence
    assert desk.person.email in sentence and desk.key.last4 not in sentence
    page = browser_of(lead).get(f"/notifications/{Notification.objects.get(person=lead).pk}/", follow=True)
    assert page.status_code == 200


def test_the_new_owner_of_a_key_is_notified(desk: Desk) -> None:
    heir = make_colleague()
    desk.key.transfer(heir, desk.person)
    [news] = Notification.objects.filter(person=heir)
    assert news.title == "You now own API key Acme Labeling" and str(desk.person) in news.sentence
    assert browser_of(heir).get(f"/notifications/{news.pk}/", follow=True).status_code == 200
    desk.key.transfer(desk.person, desk.person)
    assert titles(desk.person) == []


def test_notifications_about_a_removed_key_are_deleted(desk: Desk, api: FakeApi) -> None:
    lead, owner_of_another = make_colleague(), open_desk(api, "paul@acme.example").person
    share_key(desk.key, make_team(lead=lead))
    SavedKey.objects.update(rejected_at=timezone.now())
    desk.key.refresh_from_db()
    notify_of_events()
    assert titles(lead) == ["API key Acme Labeling was rejected"]
    desk.key.remove(desk.person)
    assert titles(lead) == titles(desk.person) == []
    assert titles(owner_of_another) == ["API key Acme Labeling was rejected"]


def test_a_notification_leads_to_the_keys_if_its_key_cannot_be_opened(desk: Desk) -> None:
    """The page of a key, and of what was done with it, is closed to people who lost access."""
    colleague = make_colleague()
    for address in (f"/keys/{desk.key.pk}/", f"/keys/{desk.key.pk}/workflows/42/tasks/?status=attention"):
        notify(colleague, Message("attention", f"attention:{address}", "1 task", address))
        answer = browser_of(colleague).get(f"/notifications/{Notification.objects.latest('pk').pk}/", follow=True)
        assert answer.redirect_chain == [("/keys/", 302)]
        assert "the API key was removed, or is no longer shared with you" in answer.content.decode()


def test_without_mail_people_learn_what_to_do(desk: Desk, settings: Any) -> None:
    settings.MAIL_IS_ON = False
    page = desk.browser.get("/account/notifications/").content.decode()
    assert "Ask your administrator to set it up." in page
    assert "In the portal and by email" not in desk.browser.get("/account/").content.decode()
    settings.MAIL_IS_ON = True
    assert "In the portal and by email" in desk.browser.get("/account/").content.decode()
    settings.MAIL_IS_ON = False
    User.objects.filter(pk=desk.person.pk).update(role="administrator")
    page = browser_of(User.objects.get(pk=desk.person.pk)).get("/account/notifications/").content.decode()
    assert "Ask your administrator" not in page and "/administrators/mail/" in page


def test_the_sidebar_shows_the_unread_number_and_opening_marks_as_read(desk: Desk) -> None:
    notify(desk.person, MESSAGE)
    page = desk.browser.get("/account/").content.decode()
    assert '1<span class="sr"> new</span>' in page
    number = Notification.objects.get().pk
    assert desk.browser.get(f"/notifications/{number}/")["Location"] == "/submissions/"
    assert '<span class="sr"> new</span>' not in desk.browser.get("/account/").content.decode()


def test_the_sidebar_shows_large_numbers_as_100_plus(desk: Desk) -> None:
    for number in range(101):
        notify(desk.person, Message("batch", f"import:{number}", "rows.csv is through", "/submissions/"))
    assert '100+<span class="sr"> new</span>' in desk.browser.get("/account/").content.decode()


def test_notifications_of_others_cannot_be_opened(desk: Desk, api: FakeApi) -> None:
    other_desk = open_desk(api, "paul@acme.example")
    notify(desk.person, MESSAGE)
    assert other_desk.browser.get(f"/notifications/{Notification.objects.get().pk}/").status_code == 404
    assert "rows.csv" not in other_desk.browser.get("/notifications/").content.decode()


def test_unwanted_kinds_are_not_notified(desk: Desk) -> None:
    form = {"listed": ["key"], "mailed": ["batch"], "mail": "gathered"}
    assert desk.browser.post("/account/notifications/", form).status_code == 302
    notify(desk.person, MESSAGE)
    assert "rows.csv" not in desk.browser.get("/notifications/").content.decode()
    assert Notification.objects.get().is_to_mail
    desk.browser.post("/account/notifications/", {"mail": "off", "mailed": ["batch"]})
    assert not notify(desk.person, Message("batch", "import:2", "Two", "/"))


@pytest.mark.parametrize("form", [{"mail": "hourly"}, {}, {"mail": "off", "listed": ["everything"]}])
def test_invalid_preferences_change_nothing(desk: Desk, form: dict[str, Any]) -> None:
    assert desk.browser.post("/account/notifications/", form).status_code == 422
    assert not Preferences.objects.exists()


@pytest.fixture
def mails(settings: Any) -> list[Any]:
    settings.MAIL_IS_ON = True
    settings.PORTAL_URL = "https://portal.example"
    return mail.outbox


def test_mails_gather_notifications_for_15_minutes(desk: Desk, mails: list[Any]) -> None:
    for number in range(3):
        notify(desk.person, Message("batch", f"import:{number}", f"rows{number}.csv is through", "/submissions/"))
    assert (mail_notifications(), mail_notifications()) == (1, 0)
    [sent] = mails
    assert sent.subject == "rows2.csv is through, and 2 more notifications"
    assert sent.to == [desk.person.email]
    assert sent.body.count("https://portal.example/submissions/") == 3
    notify(desk.person, Message("batch", "import:9", "rows9.csv is through", "/"))
    assert mail_notifications() == 0
    Preferences.objects.update(last_mail_at=timezone.now() - timedelta(minutes=16))
    assert mail_notifications() == 1
    assert "rows2" not in mails[1].body


def test_a_mail_counts_the_notifications_that_it_does_not_list(desk: Desk, mails: list[Any]) -> None:
    for number in range(30):
        notify(desk.person, Message("batch", f"import:{number}", f"rows{number}.csv is through", "/submissions/"))
    assert mail_notifications() == 1
    assert mails[0].subject == "rows29.csv is through, and 29 more notifications"
    assert mails[0].body.count("is through\n") == 20 and "See all notifications" in mails[0].body


def lost(desk: Desk) -> None:
    sent = desk.draft()
    Submission.objects.filter(pk=sent.pk).update(status="unconfirmed", sent_at=timezone.now())


def rejected(desk: Desk) -> None:
    SavedKey.objects.update(rejected_at=timezone.now())


def expiring(desk: Desk) -> None:
    SavedKey.objects.update(expires_at=end_of_day(6))


def imported(desk: Desk) -> None:
    sheet = Sheet.objects.create(
        owner=desk.person, key=desk.key, workflow_id=42, file_name="rows.csv", size_bytes=1, status="checked"
    )
    notify_end(sheet)


def transferred(desk: Desk) -> None:
    sheet = Sheet.objects.create(owner=desk.person, key=desk.key, workflow_id=42, file_name="rows.csv", size_bytes=1)
    import_transferred.send(Sheet, sheet=sheet, by=desk.person)


SETTLED: dict[str, tuple[Callable[[Desk], None], Callable[[], Any]]] = {
    "a person decided": (lost, lambda: Submission.objects.update(status="rejected")),
    "it was sent again": (lost, lambda: Submission.objects.update(attempt=F("attempt") + 1)),
    "the key works": (rejected, lambda: SavedKey.objects.update(rejected_at=None)),
    "the key was replaced": (expiring, lambda: SavedKey.objects.update(expires_at=None)),
    "the import goes on": (imported, lambda: Sheet.objects.update(status="sending")),
    "the import is gone": (imported, lambda: Sheet.objects.all().delete()),
    "the import is deleted": (imported, lambda: Sheet.objects.update(status="deleted")),
    "the import went to somebody else": (
        transferred,
        lambda: Sheet.objects.update(owner=make_person("next@acme.example")),
    ),
}


@each_case(("what", "how"), [*((what, "gathered") for what in SETTLED), ("a person decided", "daily")])
def test_settled_events_are_not_mailed(desk: Desk, mails: list[Any], what: str, how: str) -> None:
    """Mail may be set up later, or come once a day. Unsettled events are still mailed."""
    begin, settle = SETTLED[what]
    mailed = ["batch", "unconfirmed", "key"]
    Preferences.objects.create(person=desk.person, listed=mailed, mailed=mailed, mail=how)
    begin(desk)
    notify_of_events()
    assert len(titles(desk.person)) == 1
    settle()
    assert mail_notifications() == 0 and mails == []
    assert Preferences.objects.get().last_mail_at is None
    notify(desk.person, Message("batch", "other:1", "Another thing", "/"))
    Preferences.objects.update(mail="gathered")
    assert mail_notifications() == 1 and "http" in mails[0].body and mails[0].subject == "Another thing"


@each_case("what", SETTLED)
def test_unsettled_events_are_mailed(desk: Desk, mails: list[Any], what: str) -> None:
    SETTLED[what][0](desk)
    notify_of_events()
    assert mail_notifications() == 1


def test_tasks_that_need_no_attention_any_more_are_not_mailed(desk: Desk, mails: list[Any]) -> None:
    Preferences.objects.create(person=desk.person, listed=[], mailed=["attention"])
    index = watch_workflow(desk)
    task_id = task_of(desk)
    fails(index, [task_id])
    notify_of_events()
    IndexedTask.objects.update(status="finished", is_unfinished=False)
    assert mail_notifications() == 0
    fails(index, [task_id])
    Notification.objects.update(is_to_mail=True)
    assert mail_notifications() == 1


def test_nothing_is_mailed_to_people_who_read_everything_just_now(
    desk: Desk, mails: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at who waits for a mail and their turn."""
    notify(desk.person, MESSAGE)
    real = PreferencesQuerySet.for_person

    def read_all_first(self: Any, person: Any) -> Any:
        Notification.objects.mark_all_read(person)
        return real(self, person)

    monkeypatch.setattr(PreferencesQuerySet, "for_person", read_all_first)
    assert mail_notifications() == 0 and mails == []


def test_a_mail_is_from_the_portals_host(desk: Desk, mails: list[Any]) -> None:
    notify(desk.person, MESSAGE)
    mail_notifications()
    assert mails[0].message()["Message-ID"].endswith("@portal.example>")


def test_read_notifications_are_not_mailed(desk: Desk, mails: list[Any]) -> None:
    notify(desk.person, MESSAGE)
    Notification.objects.mark_all_read(desk.person)
    assert mail_notifications() == 0


def test_read_all_keeps_notifications_by_mail_alone(desk: Desk, mails: list[Any]) -> None:
    Preferences.objects.create(person=desk.person, listed=[], mailed=["batch"])
    notify(desk.person, MESSAGE)
    desk.browser.post(reverse("notifications:read_all"))
    assert mail_notifications() == 1 and len(mails) == 1


def test_a_daily_mail_comes_in_the_morning_of_the_persons_zone(desk: Desk, mails: list[Any], monkeypatch: Any) -> None:
    desk.browser.post("/account/notifications/", {"mail": "daily", "mailed": ["batch"], "listed": []})
    desk.browser.post("/account/preference/", {"name": "time_zone", "value": "Europe/Vienna"})
    night = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)

    def mail_at(moment: datetime) -> int:
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
        return mail_notifications()

    notify(desk.person, MESSAGE)
    Notification.objects.update(at=night)
    assert mail_at(night) == 0
    assert mail_at(night + timedelta(minutes=31)) == 1
    notify(desk.person, Message("batch", "import:2", "Later", "/"))
    Notification.objects.update(at=night + timedelta(hours=7))
    assert mail_at(night + timedelta(hours=8)) == 0
    assert mail_at(night + timedelta(days=1, minutes=31)) == 1


def test_a_decision_reads_the_notification_about_it(desk: Desk) -> None:
    submission = desk.draft()
    submission.claim(0, until=timezone.now() - timedelta(seconds=1))
    events.notify_of_unconfirmed()
    assert Notification.objects.get().read_at is None
    submission.refresh_from_db()
    submission.decide_not_created(desk.person)
    assert Notification.objects.get().read_at is not None


def test_an_answer_to_a_later_try_reads_it_too(desk: Desk) -> None:
    """A restored portal asks once more for an upload that it has held."""
    submission = desk.draft()
    submission.claim(0, until=timezone.now() - timedelta(seconds=1))
    events.notify_of_unconfirmed()
    Submission.objects.update(status="draft")
    submission.refresh_from_db()
    submission.claim(0, until=timezone.now() + timedelta(minutes=1))
    submission.record(Outcome(Submission.Status.CREATED, "", 1, 0, {}, (7,)))
    assert Notification.objects.get().read_at is not None


def test_what_comes_after_the_hour_of_a_daily_mail_waits_for_the_next(
    desk: Desk, mails: list[Any], monkeypatch: Any
) -> None:
    Preferences.objects.create(person=desk.person, listed=[], mailed=["batch"], mail="daily")
    afternoon = datetime(2026, 11, 24, 15, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: afternoon)
    notify(desk.person, MESSAGE)
    Notification.objects.update(at=afternoon)
    assert mail_notifications() == 0
    monkeypatch.setattr("django.utils.timezone.now", lambda: afternoon + timedelta(hours=17))
    assert mail_notifications() == 1


def test_a_mail_that_no_server_accepted_is_tried_again(desk: Desk, mails: list[Any], monkeypatch: Any) -> None:
    notify(desk.person, MESSAGE)
    with monkeypatch.context() as patch:
        patch.setattr(mail_module, "send_mail", lambda *args: False)
        assert mail_notifications() == 0
    assert mail_notifications() == 1


def test_old_notifications_are_deleted(desk: Desk) -> None:
    notify(desk.person, MESSAGE)
    Notification.objects.update(at=timezone.now() - timedelta(days=91))
    delete_old_notifications()
    assert not Notification.objects.exists()
