"""No page asks the database more often in a large company than in a small one."""

from typing import Any

from django.db import transaction
from django.test import Client

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from tests.company import SMALL, Size, make_company
from tests.conftest import TRANSLATIONS
from tests.pages import queries_of

MEDIUM = Size(people=120, teams=40, keys=60, workflows=60, submissions=400, events=400)
MOST = 8
PAGES = (
    "/people/", "/people/?q=p", "/people/{person}/", "/people/teams/", "/people/teams/{team}/", "/people/events/",
    "/keys/", "/keys/{key}/", "/keys/{key}/workflows/", "/keys/{key}/workflows/42/tasks/",
    "/", "/search/?q=hello", "/notifications/", "/keys/{key}/workflows/42/overview/",
    "/keys/{key}/workflows/42/tasks/new/", "/submissions/", "/submissions/?who=team", "/submissions/?who={person}",
)  # fmt: skip


def queries_of_each(size: Size, org_key: str) -> dict[str, int]:
    busy = make_company(size, "correct horse battery", org_key, TRANSLATIONS)
    places = {
        "key": SavedKey.objects.order_by("pk")[0].pk,
        "team": busy.teams.get().pk,
        "person": User.objects.exclude(pk=busy.pk).order_by("pk")[0].pk,
    }
    browser = Client()
    browser.force_login(busy)
    return {page: queries_of(browser, page.format(**places)) for page in PAGES}


def test_no_page_asks_more_often_in_a_larger_company(
    db: None, before_api: Any, org_key: str, create_tasks: Any
) -> None:
    create_tasks(3, TRANSLATIONS)
    with transaction.atomic():
        small = queries_of_each(SMALL, org_key)
        transaction.set_rollback(True)
    medium = queries_of_each(MEDIUM, org_key)
    assert {page: count for page, count in medium.items() if count > min(small[page], MOST)} == {}
