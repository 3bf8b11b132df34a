"""Typed rows that are put aside under a name: others are typed, and those go on at their own page."""

from typing import Any

import pytest
from django.urls import reverse

from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.rows import typed
from tests.factories import browser_of, make_colleague, share_key
from tests.fake_api import FakeApi
from tests.pages import text_of

from .conftest import TypedGrid


def aside(grid: TypedGrid, name: str = "") -> str:
    return text_of(grid.browser.post(grid.address("name"), {"name": name}, follow=True))


def shown(grid: TypedGrid, address: str = "") -> list[str]:
    html = text_of(grid.browser.get(address or grid.address("page")))
    return [text for text in ("Hello 1", "Hello 2", "Bye") if f">{text}<" in html]


def named(grid: TypedGrid) -> dict[str, Any]:
    """Return the addresses of those that the menu names."""
    drafts = grid.browser.get(grid.address("page")).context["drafts"]
    return {draft.name: reverse("sheets:page", args=[draft.pk]) for draft in drafts}


def test_rows_are_put_aside_and_go_on_at_their_page(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(2)
    assert "Rows put aside" in aside(grid, "Monday") and shown(grid) == []
    grid.type(1, "Bye", "French")
    assert shown(grid) == ["Bye"] and shown(grid, named(grid)["Monday"]) == ["Hello 1", "Hello 2"]
    grid.create(1)
    assert [task.fields["input_text"] for task in api.tasks.values()] == ["Bye"]
    grid.browser.post(grid.address("clear"))
    grid.type(1, "Bye again", "French")
    assert list(named(grid)) == ["Monday"], "what is over is no draft"
    assert Sheet.objects.filter(name__startswith="Rows of ").count() == 1


def test_a_name_is_used_once_and_the_number_is_limited(grid: TypedGrid, monkeypatch: pytest.MonkeyPatch) -> None:
    """A colleague has drafts of their own."""
    monkeypatch.setattr(typed, "MOST_NAMED", 2)
    for name in ("First", "Second"):
        grid.fill(1)
        aside(grid, name)
    grid.fill(1, first=2)
    assert "You have a draft called “First” already" in aside(grid, "First")
    assert "You have 2 drafts here" in aside(grid, "One more") and shown(grid) == ["Hello 2"]
    assert "First" in text_of(grid.browser.get("/drafts/"))
    colleague = make_colleague()
    share_key(grid.workflow.key, colleague)
    assert browser_of(colleague).get(named(grid)["First"]).status_code == 404
    grid.browser.post(grid.step("delete"))
    assert shown(grid, named(grid)["First"]) == ["Hello 1"] and list(named(grid)) == ["First", "Second"]


def test_rows_that_are_being_created_stay(grid: TypedGrid) -> None:
    grid.fill(21)
    grid.create(21)
    assert "Rows are being created or checked" in aside(grid, "Later") and len(grid.statuses()) == 21


def test_deleted_rows_are_restored_beside_others(grid: TypedGrid) -> None:
    grid.fill(1)
    deleted = grid.job
    grid.browser.post(grid.step("delete"))
    grid.type(1, "Bye", "French")
    grid.browser.post(reverse("sheets:restore", args=[deleted.pk]))
    deleted.refresh_from_db()
    assert deleted.name.startswith("Rows of ") and shown(grid) == ["Bye"]
    assert shown(grid, reverse("sheets:page", args=[deleted.pk])) == ["Hello 1"]
