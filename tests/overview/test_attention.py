"""The numbers on Home link to their tasks, which show what was sent only to people who may see it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.overview import attention
from pipelines_portal.task_index.models import TaskNote
from tests.factories import Desk, make_index, make_person, make_task, open_workflow, send, share_key
from tests.pages import text_of


def listed(words: str) -> str:
    return words.split('id="needed"')[1].split('id="workflows"')[0]


def test_each_number_links_to_its_tasks(page: Any, saved_key: SavedKey) -> None:
    now = timezone.now()
    long_ago = now - timedelta(days=40)
    few, many = open_workflow(saved_key, 42, name="Few"), open_workflow(saved_key, 43, name="Many")
    make_index(few, [make_task(501, "failed", now), make_task(502, "escalated", now)])
    more = [make_task(511, "failed", long_ago), make_task(512, "failed", now), make_task(513, "in_progress", long_ago)]
    make_index(many, more)
    home = text_of(page.get("/"))
    assert 'href="?show=failed#needed"' in home and "show=quarantined" not in home
    failed = listed(text_of(page.get("/?show=failed")))
    assert failed.index("2 in Many") < failed.index("1 in Few")
    assert f'/keys/{few.key_id}/workflows/42/tasks/?status=failed"' in failed
    assert [number for number in (501, 502, 511, 512, 513) if f"/{number}/" in failed] == [501, 511, 512]
    stuck = listed(text_of(page.get("/?show=stuck")))
    assert "/513/" in stuck and "1 in Many" in stuck and "#stuck" in stuck and "/511/" not in stuck


@pytest.mark.parametrize("query", ["finished", "<b>", "failed'"])
def test_an_unknown_number_shows_the_newest_tasks(page: Any, saved_key: SavedKey, query: str) -> None:
    make_index(open_workflow(saved_key), [make_task(501, "failed", timezone.now())])
    words = text_of(page.get("/", {"show": query}))
    assert "Newest of them" in words and "Newest of all kinds" not in words


def test_the_page_says_that_more_tasks_exist_than_are_shown(
    page: Any, saved_key: SavedKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "MAX_SHOWN", 2)
    make_index(open_workflow(saved_key), [make_task(number, "failed", timezone.now()) for number in (501, 502, 503)])
    words = text_of(page.get("/?show=failed"))
    assert "The first 2 are shown" in words and "3 in " in words
    assert "None when they were last read" in text_of(page.get("/?show=escalated"))


def test_only_people_who_may_see_a_submission_see_its_text(desk: Desk) -> None:
    """A person who shares the key sees the sender. Only the sender and the owner of the key see the values."""
    colleague = make_person("third@acme.example")
    share_key(desk.key, colleague)
    sent = send(desk.draft({"input_text": "Secret words", "target_language": "French"}), desk.client)
    task_id = int(sent.rows.get().task_id or 0)
    make_index(desk.workflow, [make_task(task_id, "failed", timezone.now())])
    sharer = Client()
    sharer.force_login(colleague)
    for path in ("/", "/?show=failed"):
        assert "Secret words" in text_of(desk.browser.get(path))
        words = text_of(sharer.get(path))
        assert "Secret words" not in words and f"/{task_id}/" in words and str(desk.person) in words


def test_muted_tasks_and_mistakes_are_left_out(page: Any, saved_key: SavedKey, person: Any) -> None:
    now = timezone.now()
    long_ago = now - timedelta(days=3)
    tasks = [make_task(number, "failed", now) for number in (501, 502, 503)]
    index = make_index(open_workflow(saved_key), [*tasks, make_task(504, "escalated", long_ago)])
    TaskNote.objects.mute(index.workflow, {501: "failed", 504: "escalated"}, "asked Ana", person)
    TaskNote.objects.mark_as_mistakes(index.workflow, [502], "", person)
    failed = text_of(page.get("/?show=failed"))
    assert [number for number in (501, 502, 503) if f"/{number}/" in listed(failed)] == [503]
    assert "1 in Workflow 42" in listed(failed) and "show=escalated" not in failed and "show=stuck" not in failed
    assert "2 failed" in failed  # the bar shows what is not finished: the muted one too
    TaskNote.objects.mute(index.workflow, {503: "failed"}, "asked Ana", person)
    assert "No task failed, is escalated, quarantined, or has stood for long." in text_of(page.get("/"))
