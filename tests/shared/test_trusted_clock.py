"""A clock that jumps ahead removes nothing at once; one that stays there, or was right, does in the end."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from pipelines_portal.accounts.models import Session, User
from pipelines_portal.accounts.sessions.open_sessions import forget_expired
from pipelines_portal.audit.models import Event
from pipelines_portal.saved_keys.models import ReplacedKey
from pipelines_portal.saved_keys.ownership.replacing import replace
from pipelines_portal.shared.tidying import Tidying, tidy_now
from pipelines_portal.shared.trusted_clock import looking
from pipelines_portal.submissions.models import Export
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.task_index.watching import begin_index
from pipelines_portal.worker.duties import EVERY_MINUTE, EVERY_TWO_SECONDS, TIDYING
from pipelines_portal.worker.management.commands.tidy import Command as Tidy
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.factories import save_key

pytestmark = [pytest.mark.full, pytest.mark.django_db(transaction=True)]


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


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_clock_that_jumps_while_it_is_tidied_lets_go_of_nothing_more(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, by_hand: bool
) -> None:
    """The first to be removed may take hours."""
    looking.held()
    session(clock.at + timedelta(days=7))

    def jump() -> int:
        clock.at += timedelta(days=400)
        return 3

    duties = [Tidying("Large things", jump), Tidying("Sessions", forget_expired)]
    if by_hand:
        monkeypatch.setattr(Tidy, "duties", duties)
        with pytest.raises(CommandError, match="400 days ahead .* No more than 3 was removed."):
            call_command(Tidy())
    else:
        tidy_now(duties)
    assert Session.objects.exists()


def test_where_no_worker_ever_looked_the_newest_row_tells(clock: Clock) -> None:
    """Not when a migration was applied: that may have been a second ago, by the same clock."""
    User.objects.create_user("maria@acme.example")
    Export.objects.create(owner=User.objects.get(), due_at=clock.at + timedelta(days=900))
    Event.objects.create(verb="signed-in", at=clock.at + timedelta(days=800))
    clock.at += timedelta(days=400, hours=1)
    assert "400 days ahead" in looking.held()


def test_where_nothing_was_ever_written_nothing_can_be_lost(clock: Clock) -> None:
    clock.at += timedelta(days=400)
    assert not looking.held()


def test_no_duty_of_the_worker_lets_go_by_a_clock_that_is_not_believed(clock: Clock, person: User) -> None:
    looking.held()
    key = save_key(person, "pk_live_" + "1" * 40)
    assert replace(key, "pk_live_" + "2" * 40, "another", "", person)
    begin_index(OpenedWorkflow.objects.create(key=key, workflow_id=42, name="Translations", status="ACTIVE"))
    clock.at += timedelta(days=400)
    for duty in (*EVERY_TWO_SECONDS, *EVERY_MINUTE):
        duty()
    tidy_now(TIDYING)
    assert ReplacedKey.objects.exists()
    assert WorkflowIndex.objects.exclude(workflow=None).exists()


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


def test_off_over_night_is_no_jump(clock: Clock) -> None:
    looking.held()
    clock.at += timedelta(hours=23)
    assert not looking.held()


def test_off_over_the_weekend_it_waits_a_day_also_when_it_is_off_at_night(clock: Clock) -> None:
    looking.held()
    clock.at += timedelta(days=2, hours=14)
    assert looking.held()
    clock.goes_on(hours=9)
    clock.at += timedelta(hours=15, minutes=1)
    assert not looking.held()


@pytest.mark.usefixtures("restored_signals")
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
