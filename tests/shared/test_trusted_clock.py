"""A clock that jumps ahead removes nothing at once; one that stays there, or was right, does in the end."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from pipelines_portal.accounts.models import Session
from pipelines_portal.shared.tidying import tidy_now
from pipelines_portal.shared.trusted_clock import looking
from pipelines_portal.worker.duties import TIDYING

pytestmark = pytest.mark.django_db(transaction=True)


class Clock:
    """Of the machine, as it is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = timezone.now()
        monkeypatch.setattr(timezone, "now", lambda: self.at)

    def goes_on(self, **by: float) -> None:
        """A worker looks every hour meanwhile."""
        until = self.at + timedelta(**by)
        while self.at < until:
            self.at = min(until, self.at + timedelta(hours=1))
            looking.held()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def session(ends: datetime) -> Session:
    return Session.objects.create(session_key="a" * 32, session_data="", expire_date=ends)


def test_a_clock_far_ahead_removes_nothing_and_the_log_says_why(clock: Clock, caplog: Any) -> None:
    looking.held()
    session(clock.at + timedelta(days=7))
    clock.at += timedelta(days=400)
    tidy_now(TIDYING)
    assert Session.objects.exists()
    [said] = [record.getMessage() for record in caplog.records if "clock" in record.getMessage()]
    assert "400 days ahead" in said


def test_where_no_worker_ever_looked_the_newest_migration_tells(clock: Clock) -> None:
    clock.at += timedelta(days=400)
    assert looking.held()


def test_one_that_is_put_right_goes_on_at_once(clock: Clock) -> None:
    looking.held()
    clock.at += timedelta(days=400)
    assert looking.held()
    clock.at -= timedelta(days=400) - timedelta(minutes=10)
    session(clock.at - timedelta(minutes=1))
    tidy_now(TIDYING)
    assert not Session.objects.exists()


def test_what_was_really_off_for_a_month_goes_on_a_day_later(clock: Clock) -> None:
    looking.held()
    clock.at += timedelta(days=30)
    assert looking.held()
    clock.goes_on(hours=23)
    assert looking.held()
    clock.goes_on(hours=2)
    assert not looking.held()


def test_one_that_jumps_once_more_while_it_is_held_begins_anew(clock: Clock) -> None:
    looking.held()
    for _ in range(2):
        clock.at += timedelta(days=400)
        assert looking.held()
    clock.goes_on(hours=25)
    assert not looking.held()


def test_off_over_the_weekend_is_no_jump(clock: Clock) -> None:
    looking.held()
    clock.at += timedelta(days=2, hours=14)
    assert not looking.held()


def test_by_hand_it_is_refused_until_a_person_says_that_the_clock_is_right(clock: Clock, capsys: Any) -> None:
    looking.held()
    session(clock.at + timedelta(days=7))
    clock.at += timedelta(days=30)
    with pytest.raises(CommandError, match=r"Nothing was removed\."):
        call_command("tidy")
    assert Session.objects.exists()
    call_command("tidy", clock_is_right=True)
    assert "Sessions that are over: 1 removed" in capsys.readouterr().out
    assert not looking.held()
