"""While one thing is under way another happens: nothing that was changed leaves, none twice, none is forgotten."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import connections, transaction
from django.utils import timezone

from pipelines_portal.entry import import_requests, transitions
from pipelines_portal.entry.import_requests import next_submission
from pipelines_portal.entry.imports.deletion import remove_old_imports
from pipelines_portal.entry.imports.jobs import work_on_next
from pipelines_portal.entry.models import LONGEST_WAIT, Row, Sheet
from pipelines_portal.entry.rows import checking
from pipelines_portal.entry.rows.fixing import change_rows, edit_row
from pipelines_portal.entry.transitions import delete_import, pause_import, stop_import, stop_unconfirmed
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions import sending as ledger_sending
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import Outcome, rejection, unconfirmed
from tests.conftest import ACME
from tests.factories import save_key
from tests.fake_api import Answer, FakeApi, error, task_list
from tests.pages import text_of

from .conftest import Checked, work
from .making import distinct, statuses
from .test_sending import address, begin


def first_call(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, happens: Any) -> None:
    """What happens right after the first call of `module.name`."""
    real, done = getattr(module, name), []

    def called(*args: Any, **values: Any) -> Any:
        result = real(*args, **values)
        if not done:
            done.append(True)
            happens()
        return result

    monkeypatch.setattr(module, name, called)


def lost(sheet: Sheet, person: Any, rows: int = 3) -> Submission:
    """The first request, of which nobody knows what came."""
    begin(sheet, person)
    assert sheet.take_lease()
    submission = next_submission(sheet)
    assert submission is not None
    assert submission.claim(10**9, until=timezone.now() + timedelta(minutes=5))
    submission.record(unconfirmed("The connection broke."))
    Sheet.objects.filter(pk=sheet.pk).update(status=Sheet.Status.UNCONFIRMED, lease_holder=None, lease_until=None)
    sheet.refresh_from_db()
    return submission


def test_a_request_that_is_given_back_while_it_is_about_to_leave_stays(
    page: Any, checked: Checked, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows would go out twice: with it, and with the request that they are in next."""
    sheet = checked(distinct(3))
    submission = lost(sheet, person)
    assert submission.decide_not_created(person)
    sheet.refresh_from_db()
    assert sheet.start_sending(person, 3, one_row_first=False)
    first_call(monkeypatch, ledger_sending, "newest_task_id", lambda: page.post(address(sheet, "stop")))
    work()
    assert set(statuses(sheet).values()) == {"ready"}
    submission.refresh_from_db()
    assert submission.status == Submission.Status.DRAFT and submission.attempt == 1
    page.post(f"/submissions/{submission.pk}/send/")
    submission.refresh_from_db()
    assert submission.attempt == 1
    begin(sheet, person)
    work()
    assert set(statuses(sheet).values()) == {"created"}
    assert sheet.submissions.count() == 2


def test_an_answer_that_comes_after_its_rows_were_given_back_keeps_them_from_leaving_again(
    page: Any, checked: Checked, person: Any
) -> None:
    sheet = checked(distinct(3))
    submission = lost(sheet, person)
    heard = Submission.objects.get(pk=submission.pk)
    assert submission.decide_not_created(person)
    page.post(address(sheet, "stop"))
    assert set(statuses(sheet).values()) == {"ready"}
    change_rows(sheet, person, "Edit rows", [4], lambda row: edit_row(row, {"input_text": "Another"}))
    assert heard.record(Outcome(Submission.Status.CREATED, "", 3, 0, {}, (7001, 7002, 7003)))
    page.get(address(sheet, "progress"))
    assert statuses(sheet) == {2: "created", 3: "created", 4: "ready"}


def test_sending_goes_on_if_somebody_has_decided_meanwhile(
    page: Any, checked: Checked, person: Any, api: FakeApi
) -> None:
    """Between the answer that was lost and the stop because of it."""
    sheet = checked(distinct(3))
    begin(sheet, person)
    sheet.refresh_from_db()
    assert sheet.take_lease()
    assert not stop_unconfirmed(sheet, "A request is unconfirmed.")
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.SENDING
    work()
    assert set(statuses(sheet).values()) == {"created"}


def test_a_request_that_was_called_off_says_so_on_its_own_page(page: Any, checked: Checked, person: Any) -> None:
    """With the way to its import, and without one when that was removed."""
    sheet = checked(distinct(3))
    submission = lost(sheet, person)
    assert submission.decide_not_created(person)
    page.post(address(sheet, "stop"))
    own = f"/submissions/{submission.pk}/"
    assert address(sheet, "detail") in page.get(own).content.decode()
    page.post(address(sheet, "delete"))
    assert "View import" in text_of(page.get(own))
    Sheet.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    remove_old_imports()
    words = text_of(page.get(own))
    assert "The import sends these rows in another batch." in words
    assert "View import" not in words and "Send 3 rows" not in words


def test_a_request_that_comes_back_after_a_stop_is_no_error(
    checked: Checked, person: Any, scripted_api: FakeApi
) -> None:
    """The API asks for a pause while a person stops the import: its rows are given back, and the request is gone."""
    sheet = checked(distinct(3))
    begin(sheet, person)

    def stop_and_refuse(request: Any) -> Answer:
        if request.method != "POST":
            return task_list()
        stop_import(Sheet.objects.get(), person)
        return error(429, "rate_limited", "Slow down")

    scripted_api.routes["/tasks"] = stop_and_refuse
    assert work_on_next()
    assert set(statuses(sheet).values()) == {"ready"}
    assert not Submission.objects.exists()


def test_a_process_that_dies_while_it_stops_an_import_has_not_stopped_it(
    checked: Checked, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its rows would stay in a request that nobody sends, and could not be corrected."""
    sheet = checked(distinct(3))
    begin(sheet, person)
    monkeypatch.setattr(transitions, "give_back_unsent", Mock(side_effect=SystemExit))
    with pytest.raises(SystemExit):
        stop_import(sheet, person)
    assert Sheet.objects.get().status == "sending"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_requesting_rows_and_leasing_their_import_at_once_wait_for_each_other(checked: Checked, person: Any) -> None:
    """The request is stored with a reference to the key, which the worker locks before the import."""
    sheet = checked(distinct(3))
    begin(sheet, person)
    has_locked = Event()

    def request() -> None:
        with transaction.atomic():
            Sheet.objects.select_for_update().get(pk=sheet.pk)
            has_locked.set()
            time.sleep(0.5)
            assert next_submission(sheet, [2, 3, 4])
        connections.close_all()

    with ThreadPoolExecutor() as threads:
        other = threads.submit(request)
        assert has_locked.wait(10)
        Sheet.objects.get(pk=sheet.pk).take_lease()
        other.result()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_stopping_and_deleting_at_once_wait_for_each_other(checked: Checked, person: Any) -> None:
    """Both lock the request first, then the import."""
    sheet = checked(distinct(3))
    begin(sheet, person)
    assert sheet.take_lease()
    assert next_submission(sheet)
    assert pause_import(sheet, person)
    has_locked = Event()

    def lock_in_order() -> None:
        with transaction.atomic():
            Submission.objects.select_for_update().get(group=sheet.pk)
            has_locked.set()
            time.sleep(0.5)
            Sheet.objects.select_for_update().get(pk=sheet.pk)
        connections.close_all()

    with ThreadPoolExecutor() as threads:
        other = threads.submit(lock_in_order)
        assert has_locked.wait(10)
        assert delete_import(sheet, person)
        other.result()


def test_a_request_that_is_decided_on_its_own_page_lets_the_import_go_on(
    page: Any, checked: Checked, person: Any
) -> None:
    sheet = checked(distinct(3))
    submission = lost(sheet, person)
    page.post(f"/submissions/{submission.pk}/not-created/")
    words = text_of(page.get(address(sheet, "progress"), follow=True))
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.PAUSED and "Stopped, decide" not in words
    assert sheet.start_sending(person, 3, one_row_first=False)
    work()
    assert set(statuses(sheet).values()) == {"created"}


def test_what_is_heard_of_a_request_while_rows_are_checked_again_is_written_down(
    page: Any, checked: Checked, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = checked(distinct(3))
    submission = lost(sheet, person)
    heard = Submission.objects.get(pk=submission.pk)
    schema = sheet.schema | {"fields": list(reversed(sheet.schema["fields"]))}
    Sheet.objects.filter(pk=sheet.pk).update(status=Sheet.Status.CHECKING, schema=schema)

    def hear() -> None:
        assert heard.record(Outcome(Submission.Status.CREATED, "", 3, 0, {}, (7001, 7002, 7003)))

    first_call(monkeypatch, checking, "mark_duplicates", hear)
    work()
    assert set(statuses(sheet).values()) == {"created"}


def test_rows_that_were_rejected_keep_their_reasons_when_all_are_checked_again(
    page: Any, checked: Checked, person: Any
) -> None:
    sheet = checked(distinct(3))
    submission = lost(sheet, person)
    reasons = [(1, "input_text", "Says nothing")]
    assert submission.record(rejection(submission.row_count, "Pipelines accepted none of the rows.", reasons))
    Sheet.objects.filter(pk=sheet.pk).update(status=Sheet.Status.CHECKING)
    work()
    assert set(statuses(sheet).values()) == {"rejected"}
    assert "Says nothing" in text_of(page.get(address(sheet, "page")))
    assert "Says nothing" in page.get(address(sheet, "rows", "rejected", "csv")).getvalue().decode()


def test_many_imports_of_a_busy_key_keep_no_other_from_its_turn(checked: Checked, person: Any, api: FakeApi) -> None:
    other_key = save_key(person, api.new_key(ACME), "Other")
    busy = checked(distinct(1))
    begin(busy, person)
    assert busy.take_lease()
    fields = {name: getattr(busy, name) for name in ("owner", "key", "workflow_id", "workflow_name", "file_name")}
    Sheet.objects.bulk_create(Sheet(**fields, size_bytes=1, status=Sheet.Status.SENDING) for _ in range(25))
    other = Sheet.objects.create(**fields | {"key": other_key}, size_bytes=1, status=Sheet.Status.SENDING)
    taken = Sheet.objects.take_lease()
    assert taken is not None and taken.pk == other.pk


def test_a_clock_that_was_set_back_holds_no_import(checked: Checked, person: Any) -> None:
    sheet = checked(distinct(1))
    begin(sheet, person)
    for name in ("due_at", "lease_until"):
        later = timezone.now() + LONGEST_WAIT + timedelta(minutes=1)
        Sheet.objects.filter(pk=sheet.pk).update(**{"lease_until": None, "lease_holder": None, name: later})
        taken = Sheet.objects.take_lease()
        assert taken is not None and taken.pk == sheet.pk, name


def test_a_worker_is_not_kept_busy_by_a_pause_from_before_the_clock_was_set_back(
    checked: Checked, person: Any, api: FakeApi
) -> None:
    sheet = checked(distinct(1))
    begin(sheet, person)
    later = timezone.now() + LONGEST_WAIT + timedelta(minutes=2)
    Sheet.objects.filter(pk=sheet.pk).update(due_at=later)
    SavedKey.objects.update(paused_until=later)
    api.fail("rate_limited")
    assert work_on_next() and not work_on_next()


def test_an_import_is_not_deleted_while_a_request_leaves(
    page: Any, checked: Checked, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = checked(distinct(3))
    begin(sheet, person)
    assert sheet.take_lease()
    made = next_submission(sheet)
    assert made is not None and pause_import(sheet, person)
    until = timezone.now() + timedelta(minutes=5)
    give_back = import_requests.give_back

    def late(sheet: Sheet, draft: Submission) -> bool:
        assert made.claim(1, until=until)
        return give_back(sheet, draft)

    monkeypatch.setattr(import_requests, "give_back", late)
    words = text_of(page.post(address(sheet, "delete"), follow=True))
    assert Sheet.objects.filter(pk=sheet.pk).exists()
    assert "Not deleted. Rows are being sent" in words


def test_an_old_import_goes_away_with_what_never_left_and_not_while_something_is_on_its_way(
    checked: Checked, person: Any
) -> None:
    sheet = checked(distinct(3))
    begin(sheet, person)
    assert sheet.take_lease() and next_submission(sheet) is not None
    long_ago, statuses = timezone.now() - timedelta(days=10_000), Sheet.Status
    for status, is_kept in ((statuses.UNCONFIRMED, True), (statuses.SENDING, True), (statuses.PAUSED, False)):
        Sheet.objects.filter(pk=sheet.pk).update(status=status, changed_at=long_ago)
        remove_old_imports()
        assert Sheet.objects.exists() == Submission.objects.exists() == is_kept, status


def test_rows_are_sent_although_the_counts_say_that_none_is_ready(checked: Checked, person: Any, api: FakeApi) -> None:
    sheet = checked(distinct(3))
    begin(sheet, person)
    Sheet.objects.filter(pk=sheet.pk).update(row_counts={"to_fix": 3})
    while work_on_next():
        pass
    assert [row.status for row in sheet.rows.order_by("number")] == [Row.Status.CREATED] * 3
    sheet.refresh_from_db()
    assert sheet.counts_as_read.created == 3 and len(api.tasks) == 3


def test_rows_are_not_passed_over_when_the_worker_stood_still(
    checked: Checked, person: Any, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between claim and POST, for longer than the claim lasts: the request is a draft again, and goes next."""
    sheet = checked(distinct(5))
    begin(sheet, person)
    Sheet.objects.filter(pk=sheet.pk).update(rows_per_request=2)
    stalls = iter([True])
    monkeypatch.setattr(Submission, "is_overdue", property(lambda submission: next(stalls, False)))
    while work_on_next():
        pass
    assert [row.status for row in sheet.rows.order_by("number")] == [Row.Status.CREATED] * 5
    assert len(api.tasks) == 5
