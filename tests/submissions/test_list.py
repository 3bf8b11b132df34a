"""The list of one's submissions."""

import re
from uuid import uuid4

from django.urls import reverse

from pipelines_portal.submissions.models import Submission
from tests.factories import GOOD, Desk, open_desk, send
from tests.fake_api import FakeApi

ADDRESS = reverse("submissions:list")


def shown(html: str) -> list[str]:
    return re.findall(r'href="/submissions/([0-9a-f-]{36})/"', html)


def many(desk: Desk, count: int) -> list[str]:
    """Sent, and each a line of its own; newest first."""
    made = [desk.draft(GOOD, kind="import") for _ in range(count)]
    Submission.objects.update(status="created")
    return [str(submission.pk) for submission in reversed(made)]


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


def test_a_killed_sending_is_listed_as_unconfirmed(desk: Desk) -> None:
    submission = desk.draft()
    submission.claim(0, until=submission.created_at)
    assert "Unconfirmed" in desk.browser.get(ADDRESS).content.decode()
