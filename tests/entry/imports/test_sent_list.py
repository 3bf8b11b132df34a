"""In the list of what was sent, an import is one line, whatever its batches."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.filters import SentFilterForm, newest
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.views import list as sent_list
from tests.factories import make_submission
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
def sent(page: Any, checked: Checked) -> Sheet:
    """Five tasks in three batches."""
    sheet = checked(distinct(5), rows_per_request=2)
    send(page, sheet, 5)
    work()
    return sheet


def test_an_import_of_many_batches_is_one_line(page: Any, sent: Sheet) -> None:
    answer = page.get(ADDRESS)
    [line] = lines(answer)
    assert (line.created, answer.context["days"][0].created) == (5, 5)
    words = text_of(answer)
    assert "5 rows · you" in words and ">5 created</a>" in words
    assert f'href="{address(sent, "progress")}"' in words
    Sheet.objects.filter(pk=sent.pk).update(row_counts={"created": 2, "to_fix": 1, "set_aside": 1, "ready": 1})
    words = re.sub("<[^>]*>", "", text_of(page.get(ADDRESS)))
    assert "5 rows" in words and re.search("2 created *, *1 with errors *, *1 skipped *, *1 ready", words)
    sent.delete()
    assert len(lines(page.get(ADDRESS))) == 3, "the batches of an import that was removed stay"


def test_a_paused_import_says_how_far_it_came(office: Office, api: FakeApi) -> None:
    sheet = office.imported()
    api.plans = [Plan(after=lambda: office.post("ben", sheet, "pause"), on="POST")]
    office.post("ben", sheet, "send", rows=4)
    work()
    words = text_of(office.browser("ben").get(ADDRESS))
    assert "Paused" in words and ">2 of 4</a> created" in words
    assert "2 of 4" in text_of(office.browser("lena").get(ADDRESS, {"who": "team"}))
    assert "rows.csv" not in text_of(office.browser("anna").get(ADDRESS, {"who": "team"}))


def test_an_export_has_the_status_of_the_whole_import(page: Any, checked: Checked) -> None:
    """Here its only batch created every row, but the import has a row with an error that was not sent."""
    sheet = checked([*distinct(2), ["Hello", "Klingon"]])
    send(page, sheet, 2)
    work()
    assert "Partly created" in text_of(page.get(ADDRESS))
    rows = list(csv.DictReader(io.StringIO(page.post(f"{ADDRESS}export.csv").getvalue().decode("utf-8-sig"))))
    assert [(row["Status"], row["Row status"], row["File"]) for row in rows] == [
        ("Partly created", "Created", sheet.file_name)
    ] * 2


FILTERS = (*(status.value for status in Submission.Status), "paused")


def test_a_filter_finds_imports_by_their_status(page: Any, sent: Sheet) -> None:
    """All batches were created, but line and filter use the status of the whole import."""
    expected: dict[str, set[Any]] = {each: set() for each in FILTERS}
    for status, row_counts, found_by in (
        ("checked", {"created": 5, "set_aside": 2}, "created"),
        ("checked", {"created": 4, "ready": 1}, "partly_created"),
        ("checked", {"created": 4, "to_fix": 1}, "partly_created"),
        ("checked", {"created": 4, "rejected": 1}, "partly_created"),
        ("deleted", {"created": 4, "duplicate": 1}, "created"),
        ("checked", {"rejected": 5}, "rejected"),
        ("checked", {"ready": 5}, "draft"),
        ("checked", {"created": 4, "unconfirmed": 1}, "unconfirmed"),
        ("unconfirmed", {"created": 4, "unconfirmed": 1}, "unconfirmed"),
        ("sending", {"created": 4, "requested": 1}, "sending"),
        ("paused", {"created": 4, "ready": 1}, "paused"),
        ("checking", {"created": 4, "ready": 1}, None),
    ):
        values = {name: getattr(sent, name) for name in ("owner", "key", "workflow_id", "workflow_name", "file_name")}
        one = Sheet.objects.create(**values, size_bytes=1, status=status, row_counts=row_counts)
        make_submission(sent.owner, sent.key, status="created", kind="import", group=one.pk, row_count=5)
        if found_by:
            expected[found_by].add(one.pk)
    expected["created"].add(sent.pk)
    for each, groups in expected.items():
        form = SentFilterForm(sent.owner, {"status": each})
        found = {one.group for one in newest(form, None, 50)} if form.is_valid() else set()
        assert found == groups, each
    [line] = lines(page.get(ADDRESS, {"status": "paused"}))
    assert line.state.word == "Paused"


def test_an_import_is_on_one_page_only_and_its_day_counts_all_of_it(
    page: Any, sent: Sheet, saved_key: SavedKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that was sent on another day belongs to the line, and to the day of the line."""
    Submission.objects.filter(pk=sent.submissions[0].pk).update(created_at=timezone.now() - timedelta(days=1))
    other = make_submission(sent.owner, saved_key, status="created", kind="form", row_count=1)
    monkeypatch.setattr(sent_list, "LINES", 1)
    for query in ({}, {"status": "created"}):
        first = page.get(ADDRESS, query)
        assert [line.first.pk for line in lines(first)] == [other.pk]
        second = page.get(ADDRESS + first.context["older"])
        assert [(line.first.group, line.created) for line in lines(second)] == [(sent.pk, 5)]
        assert second.context["days"][0].created == 5 and not second.context["older"]


def test_an_import_that_is_hidden_leads_to_its_first_batch(office: Office, api: FakeApi) -> None:
    """The import was transferred. What was sent before stays with the former owner."""
    sheet = office.imported()
    office.post("ben", sheet, "send", rows=4)
    work()
    Sheet.objects.filter(pk=sheet.pk).update(owner=office.people["anna"])
    words = text_of(office.browser("ben").get(ADDRESS))
    assert f'href="/submissions/{sheet.submissions[0].pk}/"' in words
    assert "4 rows · you" in words and "4 created" in words and "Created" in words
