"""The filters with their numbers, and what tabs of lists are called."""

import re
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from pipelines_portal.api_client import Task, TaskPage
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.task_index.counts import TaskCounts
from pipelines_portal.tasks.conditions import Conditions
from pipelines_portal.tasks.filter_chips import known_numbers, page_title
from pipelines_portal.tasks.pagination import Pagination
from tests.conftest import PAUSED
from tests.factories import open_workflow
from tests.fake_api import FakeApi, answer
from tests.pages import text_of
from tests.samples import task
from tests.tasks.test_list import address


def listed(*statuses: str, more: bool = False) -> TaskPage:
    tasks = [Task.model_validate(task(number, status)) for number, status in enumerate(statuses, 1)]
    return TaskPage(tasks=tasks, next_cursor="more" if more else None)


def numbers(query: str, page: TaskPage, *, is_first: bool = True, counts: TaskCounts | None = None) -> dict[str, str]:
    return known_numbers(page, Conditions.from_query(QueryDict(query)), {}, is_first=is_first, counts=counts)


def test_what_was_not_counted_is_not_said() -> None:
    assert numbers("", listed("failed", "paused", more=True)) == {}
    assert numbers("status=failed", listed("failed"), is_first=False) == {}
    assert numbers("status=finished", listed("finished")) == {}
    assert numbers("status=failed", listed("failed", "failed", more=True)) == {"failed": "2+"}
    assert numbers("status=attention", listed("failed")) == {"attention": "1"}
    whole = numbers("", listed("failed", "failed", "paused", "escalated", "finished"))
    assert whole == {"failed": "2", "paused": "1", "escalated": "1", "attention": "3"}


def test_the_index_goes_first() -> None:
    counts = TaskCounts({"failed": 1200, "pending": 0, "quarantined": 3}, {}, frozenset(), timezone.now())
    assert numbers("", listed("failed"), counts=counts) == {"failed": "1,200", "quarantined": "3", "attention": "1,203"}


def test_of_a_list_that_was_not_read_to_its_end_there_are_more() -> None:
    counts = TaskCounts({"failed": 1000, "quarantined": 3}, {}, frozenset({"failed"}), timezone.now())
    found = numbers("", listed("failed"), counts=counts)
    assert found == {"failed": "1,000+", "quarantined": "3", "attention": "1,003+"}


@pytest.mark.parametrize(
    ("query", "attention", "title"),
    [
        ("", "", "Tasks"),
        ("status=attention", "", "Needs attention"),
        ("", "1", "(1 needs attention) Tasks"),
        ("status=attention", "3", "(3) Needs attention"),
        ("status=failed", "3", "(2) Failed"),
        ("status=failed&sent=me", "3", "(3 need attention) Failed"),
        ("status=paused&cursor=b&newer=&newer=a", "50+", "(50+ need attention) Paused, page 3"),
        ("cursor=b&newer=a", "", "Tasks, a later page"),
    ],
)
def test_a_tab_is_told_by_its_first_words(query: str, attention: str, title: str) -> None:
    """By the number of the list, if it is known, or else by that of tasks that need attention."""
    asked = QueryDict(query)
    known = {"attention": attention, "failed": "2"} if attention else {}
    assert page_title(Conditions.from_query(asked), Pagination.from_query(asked), known) == title


def test_the_title_is_in_the_page_and_in_what_htmx_swaps(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    workflow = open_workflow(saved_key)
    scripted_api.script = [answer(200, {"tasks": [task(1, "failed")], "next_cursor": None, "has_more": False})]
    whole = page.get(address(workflow, "?status=failed"))
    part = page.get(address(workflow), headers={"HX-Request": "true", "HX-Target": "task-page"})
    titled = [re.findall("<title>(.*?)</title>", text_of(shown)) for shown in (whole, part)]
    assert titled == [
        ["(1) Failed · Workflow 42 · Pipelines Portal"],
        ["(1 needs attention) Tasks · Workflow 42 · Pipelines Portal"],
    ]
    assert re.search(r'Failed</span> <span class="count">1</span>', text_of(whole))


def test_reading_live_can_be_switched_off(page: Any, saved_key: SavedKey, person: Any, api: FakeApi) -> None:
    """And on again: by plain forms that come back to the list."""
    workflow = open_workflow(saved_key, PAUSED)
    api.create(1, PAUSED)
    assert "Pause updates" in text_of(page.get(address(workflow)))
    off = {"name": "reads_live", "value": "off", "next": address(workflow, "?status=paused")}
    assert page.post("/account/preference/", off)["Location"] == off["next"]
    html = text_of(page.get(address(workflow)))
    assert 'hx-trigger="every' not in html
    assert 'class="when-live"' not in html
    page.post("/account/preference/", off | {"value": "on"})
    assert 'hx-trigger="every' in text_of(page.get(address(workflow)))
