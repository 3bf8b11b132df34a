"""No page asks the database more often in a large company than in a small one."""

from typing import Any

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from tests.company import SMALL, Size, make_company
from tests.conftest import TRANSLATIONS

MEDIUM = Size(people=120, teams=40, keys=60, workflows=60, submissions=400, events=400)
MOST = 12


def pages(busy: User) -> list[str]:
    key = SavedKey.objects.order_by("pk")[0]
    team, person = busy.teams.get(), User.objects.exclude(pk=busy.pk).order_by("pk")[0]
    return [
        "/people/", "/people/?q=p", f"/people/{person.pk}/", "/people/teams/", f"/people/teams/{team.pk}/",
        "/people/events/", "/keys/", f"/keys/{key.pk}/", f"/keys/{key.pk}/workflows/",
        f"/keys/{key.pk}/workflows/{TRANSLATIONS}/tasks/", f"/keys/{key.pk}/workflows/{TRANSLATIONS}/tasks/new/",
        "/submissions/", "/submissions/?who=team", f"/submissions/?who={person.pk}",
    ]  # fmt: skip


def queries_of_each(size: Size, org_key: str) -> list[int]:
    from django.db import connection

    busy = make_company(size, "correct horse battery", org_key, TRANSLATIONS)
    browser, counted = Client(), []
    browser.force_login(busy)
    for page in pages(busy):
        browser.get(page)  # what is written once is written now
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert browser.get(page).status_code == 200, page
        counted.append(len(captured))
    return counted


@pytest.fixture(scope="module")
def counts() -> dict[str, list[int]]:
    return {}


@pytest.mark.parametrize("size", [SMALL, MEDIUM], ids=["small", "medium"])
def test_every_page_asks_as_often_whatever_the_size(
    size: Size, counts: dict[str, list[int]], db: None, before_api: Any, org_key: str, create_tasks: Any
) -> None:
    create_tasks(3, TRANSLATIONS)
    counts[str(size)] = queries_of_each(size, org_key)
    assert max(counts[str(size)]) <= MOST
    first = next(iter(counts.values()))
    assert all(now <= then for now, then in zip(counts[str(size)], first, strict=True))
