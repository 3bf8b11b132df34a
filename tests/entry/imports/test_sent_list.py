"""In the list of what was sent, an import is one line, whatever its batches."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.entry.models import ImportJob
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.views import list as sent_list
from tests.fake_api import FakeApi, Plan
from tests.pages import text_of

from .conftest import Checked, work
from .making import distinct
from .office import Office, address
from .test_sending import send

ADDRESS = "/submissions/"


def lines(answer: Any) -> list[Any]:
    return [line for day in answer.context["days"] for line in day.lines]


@pytest.fixture
def sent(page: Any, checked: Checked) -> ImportJob:
    """Five tasks in three batches."""
    import_job = checked(distinct(5), rows_per_request=2)
    send(page, import_job, 5)
    work()
    return import_job


def test_an_import_of_many_batches_is_one_line(page: Any, sent: ImportJob) -> None:
    answer = page.get(ADDRESS)
    [line] = lines(answer)
    assert (line.created, answer.context["days"][0].created) == (5, 5)
    words = text_of(answer)
    assert "5 rows · you" in words and ">5 created</a>" in words
    assert f'href="{address(sent, "progress")}"' in words


def test_a_paused_import_says_how_far_it_came(office: Office, api: FakeApi) -> None:
    import_job = office.imported()
    api.plans = [Plan(after=lambda: office.post("ben", import_job, "pause"), on="POST")]
    office.post("ben", import_job, "send", rows=4)
    work()
    words = text_of(office.browser("ben").get(ADDRESS))
    assert "Paused" in words and ">2 of 4</a> created" in words
    assert "2 of 4" in text_of(office.browser("lena").get(ADDRESS, {"who": "team"}))
    assert "rows.csv" not in text_of(office.browser("anna").get(ADDRESS, {"who": "team"}))


def test_a_filter_finds_an_import_by_any_of_its_batches(page: Any, sent: ImportJob) -> None:
    second = sent.submissions[1]
    Submission.objects.filter(pk=second.pk).update(status="partly_created", success_count=1, error_count=1)
    [line] = lines(page.get(ADDRESS, {"status": "partly_created"}))
    assert line.first.pk == second.pk and (line.created, line.rejected) == (1, 1)
    assert len(lines(page.get(ADDRESS, {"status": "created"}))) == 1
    assert lines(page.get(ADDRESS, {"status": "rejected"})) == []


def test_an_import_is_on_one_page_only_and_its_day_counts_all_of_it(
    page: Any, sent: ImportJob, checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that was sent on another day belongs to the line, and to the day of the line."""
    Submission.objects.filter(pk=sent.submissions[0].pk).update(created_at=timezone.now() - timedelta(days=1))
    other = checked(distinct(6)[5:])
    send(page, other, 1)
    work()
    monkeypatch.setattr(sent_list, "LINES", 1)
    first = page.get(ADDRESS)
    assert [line.created for line in lines(first)] == [1]
    second = page.get(ADDRESS + first.context["older"])
    assert [line.created for line in lines(second)] == [5] and second.context["days"][0].created == 5
    assert not second.context["older"]


def test_the_batches_of_an_import_that_was_removed_stay(page: Any, sent: ImportJob) -> None:
    sent.delete()
    assert len(lines(page.get(ADDRESS))) == 3


def test_an_import_that_is_hidden_leads_to_its_first_batch(office: Office, api: FakeApi) -> None:
    """It was handed over. What was sent stays with the former owner."""
    import_job = office.imported()
    office.post("ben", import_job, "send", rows=4)
    work()
    ImportJob.objects.filter(pk=import_job.pk).update(owner=office.people["anna"])
    words = text_of(office.browser("ben").get(ADDRESS))
    assert f'href="/submissions/{import_job.submissions[0].pk}/"' in words
    assert "4 rows · you" in words and "4 created" in words and "Created" in words
