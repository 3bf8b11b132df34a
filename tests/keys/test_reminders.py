"""Mails about keys that expire, and answers of the API that are pooled."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.keys.models import PooledAnswer, SavedKey
from pipelines_portal.keys.pooled_answers import PooledRead, delete_old_answers, outdate, pooled
from pipelines_portal.keys.reminders import mail_expiry_reminders
from pipelines_portal.keys.states import state_of
from pipelines_portal.keys.templatetags.keys import key_banner
from pipelines_portal.keys.texts import day_of
from tests.factories import end_of_day, make_colleague, share_key
from tests.people.mail_server import Letters, mail_server


@pytest.fixture
def letters(settings: Any) -> Any:
    settings.MAIL_IS_ON = True
    with mail_server(settings) as kept:
        yield kept


def test_a_key_that_works_after_its_estimated_expiry_is_not_called_expired(saved_key: Any) -> None:
    key, now = SavedKey.objects.get(), timezone.now()
    key.expires_at, key.checked_at = now - timedelta(days=2), now - timedelta(days=3)
    assert state_of(key).word == "Expired"
    for moment in ("checked_at", "last_used_at"):
        key.checked_at = key.last_used_at = None
        setattr(key, moment, now)
        assert state_of(key).word == "Active"
    key.rejected_at = now
    assert state_of(key).name == "rejected"


@pytest.mark.parametrize(("days", "is_told"), [(12, False), (6, True)])
def test_who_cannot_replace_a_key_is_told_in_its_last_week(saved_key: Any, days: int, is_told: bool) -> None:
    """The owner, who can replace the key, is notified two weeks before it expires."""
    colleague, key = make_colleague(), SavedKey.objects.get()
    share_key(key, colleague)
    key.expires_at = timezone.now() + timedelta(days=days)
    assert "expires in" in key_banner({"user": key.owner}, key)
    assert ("expires in" in key_banner({"user": colleague}, key)) == is_told


@pytest.mark.parametrize(
    ("now", "expires_at", "days"),
    [
        ("2026-11-28 17:40", "2026-12-01 00:00", 3),
        ("2026-11-28 23:59", "2026-12-01 23:59", 3),
        ("2026-11-30 00:00", "2026-12-01 00:00", 1),
        ("2026-12-01 08:00", "2026-12-01 09:00", 0),
        ("2026-12-01 09:00", "2026-12-01 09:00", -1),
        ("2026-12-03 08:00", "2026-12-01 09:00", -2),
    ],
)
def test_days_left_are_the_difference_of_the_dates(now: str, expires_at: str, days: int) -> None:
    key = SavedKey(expires_at=datetime.fromisoformat(f"{expires_at}+00:00"))
    assert key.days_left(datetime.fromisoformat(f"{now}+00:00")) == days


def test_days_left_are_counted_by_the_clock_of_the_person() -> None:
    """In Vienna both are an hour later: the key expires on 2 December."""
    key = SavedKey(expires_at=datetime(2026, 12, 1, 23, 30, tzinfo=UTC))
    with timezone.override("Europe/Vienna"):
        assert key.days_left(datetime(2026, 12, 1, 12, tzinfo=UTC)) == 1


def test_the_owner_is_reminded_once_a_step(letters: Letters, saved_key: Any, org_key: str, settings: Any) -> None:
    settings.PORTAL_URL = "https://portal.example"
    for days, mails in ((20, 0), (15, 0), (14, 1), (13, 1), (8, 1), (7, 2), (3, 2), (1, 3), (0, 4), (-1, 4)):
        SavedKey.objects.update(expires_at=end_of_day(days))
        mail_expiry_reminders()
        mail_expiry_reminders()
        assert len(letters.kept) == mails, days
    first = letters.kept[0]
    text = first.get_content()
    assert (first["To"], first["Subject"]) == ("maria@acme.example", "API key “Acme” expires in 14 days")
    assert f"https://portal.example/keys/{saved_key.pk}/" in text and f"are {saved_key.last4}." in text
    assert f"in 14 days, on {day_of(end_of_day(14).date())}." in text
    assert org_key not in str(letters.kept[0]) and org_key[8:30] not in str(letters.kept[0])


def test_a_key_said_to_end_later_is_reminded_of_anew(letters: Letters, page: Any, saved_key: Any) -> None:
    SavedKey.objects.update(expires_at=end_of_day(0))
    mail_expiry_reminders()
    page.post(f"/keys/{saved_key.pk}/expiry/", {"expiry": "30"})
    SavedKey.objects.update(expires_at=end_of_day(7))
    mail_expiry_reminders()
    assert [letter["Subject"] for letter in letters.kept] == [
        "API key “Acme” expires today", "API key “Acme” expires in 7 days",
    ]  # fmt: skip


def test_a_reminder_that_no_server_took_is_sent_later(
    letters: Letters, saved_key: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    SavedKey.objects.update(expires_at=end_of_day(1))
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", lambda mail: (_ for _ in ()).throw(OSError("refused")))
        assert mail_expiry_reminders() == 0
    assert [mail_expiry_reminders(), mail_expiry_reminders()] == [1, 0]
    assert [letter["Subject"] for letter in letters.kept] == ["API key “Acme” expires tomorrow"]


def test_without_mail_nothing_counts_as_told(saved_key: Any) -> None:
    SavedKey.objects.update(expires_at=timezone.now() + timedelta(days=1))
    mail_expiry_reminders()
    assert SavedKey.objects.get().warned_days is None


def test_an_answer_is_shared_until_it_is_old_or_something_is_created(saved_key: Any) -> None:
    asked: list[int] = []

    def fetch() -> str:
        asked.append(1)
        return f"answer {len(asked)}"

    def read(younger_than: float = 60, what: str = "page") -> str:
        return pooled(PooledRead(saved_key, 42, what), fetch, younger_than=younger_than, is_refresh=False).text

    assert (read(), read()) == ("answer 1", "answer 1")
    assert read(what="another page") == "answer 2"
    assert read(younger_than=0) == "answer 3"
    outdate(saved_key, 42)
    assert read() == "answer 4"


def test_what_was_being_read_while_something_was_created_is_not_kept(saved_key: Any) -> None:
    def fetch() -> str:
        outdate(saved_key, 42)
        return "from before"

    question = PooledRead(saved_key, 42, "page")
    assert pooled(question, fetch, younger_than=60, is_refresh=False).text == "from before"
    assert pooled(question, lambda: "new", younger_than=60, is_refresh=False).text == "new"


def test_a_failed_read_leaves_the_turn_to_the_next(saved_key: Any) -> None:
    question = PooledRead(saved_key, 42, "page")
    with pytest.raises(RuntimeError):
        pooled(question, lambda: (_ for _ in ()).throw(RuntimeError()), younger_than=60, is_refresh=False)
    assert pooled(question, lambda: "there", younger_than=60, is_refresh=False).text == "there"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_asks(saved_key: Any) -> None:
    from django.db import connection

    asked: list[int] = []
    answers: list[str] = []

    def fetch() -> str:
        asked.append(1)
        threading.Event().wait(0.3)
        return "the one"

    def read() -> None:
        try:
            question = PooledRead(saved_key, 42, "page")
            answers.append(pooled(question, fetch, younger_than=60, is_refresh=True).text)
        finally:
            connection.close()

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (answers, len(asked)) == (["the one"] * 8, 1)


def test_old_answers_are_deleted(saved_key: Any) -> None:
    pooled(PooledRead(saved_key, 42, "page"), lambda: "x", younger_than=60, is_refresh=False)
    delete_old_answers()
    assert PooledAnswer.objects.exists()
    PooledAnswer.objects.update(fetched_at=timezone.now() - timedelta(hours=1))
    delete_old_answers()
    assert not PooledAnswer.objects.exists()
