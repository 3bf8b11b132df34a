"""The list of one's submissions."""

import re
from uuid import uuid4

from django.test import Client
from django.urls import reverse

from pipelines_portal.submissions.models import Submission
from tests.factories import GOOD, Desk, open_desk, send
from tests.fake_api import FakeApi
from tests.pages import queries_of

ADDRESS = reverse("submissions:list")


def shown(html: str) -> list[str]:
    return re.findall(r'href="/submissions/([0-9a-f-]{36})/"', html)


def many(desk: Desk, count: int) -> list[str]:
    """Sent, and each a line of its own; newest first."""
    made = [desk.draft(GOOD, kind="import") for _ in range(count)]
    Submission.objects.update(status="created")
    return [str(submission.pk) for submission in reversed(made)]


def test_anonymous_people_are_asked_to_sign_in(db: None) -> None:
    answer = Client().get(ADDRESS)
    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next={ADDRESS}")


def test_only_ones_own_are_listed(desk: Desk, api: FakeApi) -> None:
    other_desk = open_desk(api, "paul@acme.example")
    mine, theirs = send(desk.draft(), desk.client), send(other_desk.draft(), other_desk.client)
    assert shown(desk.browser.get(ADDRESS).content.decode()) == [str(mine.pk)]
    assert shown(other_desk.browser.get(ADDRESS).content.decode()) == [str(theirs.pk)]


def test_nothing_sent_says_what_to_do(desk: Desk) -> None:
    assert "Nothing sent yet" in desk.browser.get(ADDRESS).content.decode()


def test_state_is_shape_word_and_colour(desk: Desk) -> None:
    send(desk.draft(GOOD, GOOD), desk.client)
    html = desk.browser.get(ADDRESS).content.decode()
    assert re.search(r'data-status="created"><svg aria-hidden="true"><use href="#s-finished"/></svg>Created', html)
    assert "2 tasks created" in html


def test_older_ones_follow_by_a_plain_link(desk: Desk) -> None:
    ids = many(desk, 120)
    first = desk.browser.get(ADDRESS).content.decode()
    query = re.search(r'href="(\?before=[^"]+)"', first)
    second = desk.browser.get(ADDRESS + query[1]).content.decode() if query else ""
    assert (shown(first), shown(second)) == (ids[:50], ids[50:100])
    assert "?before=" in second and "Newest" in second


def test_made_at_the_same_moment_none_is_lost(desk: Desk) -> None:
    many(desk, 60)
    Submission.objects.update(created_at=Submission.objects.last().created_at)  # type: ignore[union-attr]
    first = shown(desk.browser.get(ADDRESS).content.decode())
    second = shown(desk.browser.get(f"{ADDRESS}?before={first[-1]}").content.decode())
    assert len(first) == 50 and len(set(first + second)) == 60


def test_nonsense_in_the_address_shows_the_newest(desk: Desk, api: FakeApi) -> None:
    other_desk = open_desk(api, "paul@acme.example")
    mine, theirs = send(desk.draft(), desk.client), send(other_desk.draft(), other_desk.client)
    for before in ("x", str(uuid4()), str(theirs.pk), "٣"):
        answer = desk.browser.get(ADDRESS, {"before": before})
        assert (answer.status_code, shown(answer.content.decode())) == (200, [str(mine.pk)])


def test_htmx_gets_the_table_alone(desk: Desk) -> None:
    answer = desk.browser.get(ADDRESS, headers={"HX-Request": "true", "HX-Target": "submission-page"})
    assert "<html" not in answer.content.decode()
    assert 'id="submission-page"' in answer.content.decode()


def test_queries_do_not_grow_with_the_list(desk: Desk) -> None:
    """Who, which workflows, what is unknown, days, and what rows say: as many for a long list as for a short one."""
    many(desk, 70)
    short = queries_of(desk.browser, ADDRESS)
    many(desk, 120)
    assert queries_of(desk.browser, ADDRESS) == short <= 14


def test_a_killed_sending_is_listed_as_unconfirmed(desk: Desk) -> None:
    submission = desk.draft()
    submission.claim(0, until=submission.created_at)
    assert "Unconfirmed" in desk.browser.get(ADDRESS).content.decode()
