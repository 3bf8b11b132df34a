"""The list of submissions: by day, single tasks folded, narrowed by filters, with unknown outcomes on top."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.submissions.models import Submission
from tests.conftest import EVERY_TYPE
from tests.each_case import each_case
from tests.factories import BAD, GOOD, Desk, make_colleague, open_desk, send, share_key
from tests.fake_api import FakeApi

ADDRESS = "/submissions/"


def look(desk: Desk, **query: Any) -> Any:
    return desk.browser.get(ADDRESS, query)


def lines(answer: Any) -> list[list[Any]]:
    return [[each.pk for each in line.submissions] for day in answer.context["days"] for line in day.lines]


def sent(desk: Desk, text: str = "Hello", **values: Any) -> Submission:
    submission = send(desk.draft(GOOD | {"input_text": text}), desk.client)
    Submission.objects.filter(pk=submission.pk).update(**values)
    return submission


def test_single_tasks_of_a_day_lie_in_one_line_and_what_needs_a_person_by_itself(desk: Desk) -> None:
    first, second = sent(desk, "One two"), sent(desk, "Three four")
    batch = send(desk.draft(GOOD, GOOD, kind="import"), desk.client)
    lost = sent(desk, "Lost", status="unconfirmed")
    third = sent(desk, "Five six")
    answer = look(desk)
    assert lines(answer) == [[third.pk, second.pk, first.pk], [lost.pk], [batch.pk]]
    text = answer.content.decode()
    assert "3 tasks" in text
    assert "One two" in text and "Five six" in text


def test_what_was_rejected_is_counted_in_the_fold(desk: Desk) -> None:
    sent(desk)
    with pytest.raises(Exception, match="Klingon|option|value"):
        send(desk.draft(BAD), desk.client)
    answer = look(desk)
    [day] = answer.context["days"]
    [line] = day.lines
    assert (line.created, line.rejected, day.created, day.rejected) == (1, 1, 1, 1)


def test_a_day_counts_all_that_came_of_it_whatever_stands_on_the_page(desk: Desk) -> None:
    for _ in range(3):
        sent(desk, created_at=timezone.now() - timedelta(days=2))
    sent(desk)
    assert [(day.created, len(day.lines)) for day in look(desk).context["days"]] == [(1, 1), (3, 1)]
    assert [day.created for day in look(desk, status="rejected").context["days"]] == []


def test_days_begin_where_the_person_is(desk: Desk) -> None:
    moment = timezone.now().replace(hour=23, minute=30) - timedelta(days=3)
    sent(desk, created_at=moment)
    desk.browser.cookies["zone"] = "Europe/Vienna"
    [day] = look(desk).context["days"]
    assert day.date == (moment + timedelta(hours=1)).date()
    assert lines(look(desk, since=day.iso, until=day.iso)) != []
    assert lines(look(desk, until=moment.date().isoformat())) == []


def test_a_fold_opens_into_a_list_of_its_own(desk: Desk) -> None:
    made = [sent(desk).pk for _ in range(7)]
    answer = look(desk)
    assert len(lines(answer)) == 1
    one_by_one = look(desk, kind="form", workflow=desk.workflow.workflow_id, fold="off")
    assert lines(one_by_one) == [[pk] for pk in reversed(made)]


def test_filters_narrow_it_together(desk: Desk) -> None:
    done, batch = sent(desk), send(desk.draft(GOOD, GOOD, kind="import"), desk.client)
    other = sent(desk, workflow_id=EVERY_TYPE, workflow_name="Every type")
    draft = desk.draft()
    Submission.objects.filter(pk=draft.pk).update(is_decided_by_person=True)
    old = sent(desk, created_at=timezone.now() - timedelta(days=9))
    flat = {"fold": "off"}
    assert lines(look(desk, status="draft", **flat)) == [[draft.pk]]
    assert lines(look(desk, kind="import", **flat)) == [[batch.pk]]
    assert lines(look(desk, workflow=EVERY_TYPE, **flat)) == [[other.pk]]
    until = (timezone.now() - timedelta(days=5)).date()
    assert lines(look(desk, until=until, **flat)) == [[old.pk]]
    assert lines(
        look(desk, since=until, status="created", kind="form", workflow=desk.workflow.workflow_id, **flat)
    ) == [[done.pk]]
    assert "No results" in look(desk, status="partly_created").content.decode()


@each_case(
    ("query", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "until"),
        ({"workflow": "x' OR 1=1"}, "workflow"),
        ({"status": "lost"}, "status"),
        ({"kind": "mail"}, "kind"),
        ({"who": "999999"}, "who"),
    ],
)
def test_nonsense_in_a_filter_is_told_at_its_field(desk: Desk, query: dict[str, str], field: str) -> None:
    answer = look(desk, **query)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]


def test_unknown_outcomes_stand_on_top_of_every_first_page(desk: Desk, api: FakeApi) -> None:
    other_desk = open_desk(api, "paul@acme.example")
    colleague = make_colleague()
    share_key(desk.key, colleague)
    sent(desk, status="unconfirmed", created_at=timezone.now() - timedelta(days=30))
    theirs = sent(desk, status="unconfirmed")
    Submission.objects.filter(pk=theirs.pk).update(owner=colleague)
    sent(other_desk, status="unconfirmed")
    text = look(desk, status="created").content.decode()
    assert text.count("Unconfirmed: ") == 2
    assert str(colleague) in text
    assert "ait for a decision" not in look(desk, before=str(theirs.pk)).content.decode()


def test_a_person_who_sent_thousands_pages_through_all_of_them_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than a page reads lie in one fold."""
    monkeypatch.setattr("pipelines_portal.submissions.views.list.LOOKED_AT", 90)
    made = {desk.draft().pk for _ in range(5)}
    Submission.objects.update(status="created")
    for _ in range(110):
        made.add(desk.draft().pk)
    Submission.objects.exclude(status="created").update(status="rejected")
    seen: list[Any] = []
    query = "?"
    while query:
        answer = desk.browser.get(ADDRESS + query)
        seen += [pk for line in lines(answer) for pk in line]
        link = re.search(r'rel="next" href="([^"]+)"', answer.content.decode())
        query = link[1] if link else ""
    assert len(seen) == len(made)
    assert set(seen) == made
