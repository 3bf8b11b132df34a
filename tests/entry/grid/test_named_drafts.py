"""Typed rows that were put aside under a name: others are typed, and they are taken up again."""

from typing import Any

import pytest

from pipelines_portal.entry.rows import named_drafts
from tests.factories import browser_of, make_colleague, share_key
from tests.fake_api import FakeApi
from tests.pages import text_of

from .conftest import TypedGrid


def aside(grid: TypedGrid, name: str = "") -> str:
    return text_of(grid.browser.post(grid.address("aside"), {"name": name}, follow=True))


def shown(grid: TypedGrid) -> list[str]:
    html = grid.read()
    return [text for text in ("Hello 1", "Hello 2", "Bye") if f">{text}<" in html]


def named(grid: TypedGrid) -> dict[str, Any]:
    return {draft.name: draft.pk for draft in grid.browser.get(grid.address("page")).context["drafts"]}


def test_rows_are_put_aside_and_taken_up_again(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(2)
    assert "Rows put aside" in aside(grid, "Monday") and shown(grid) == []
    grid.type(1, "Bye", "French")
    grid.browser.post(grid.address("draft", named(grid)["Monday"]))
    assert shown(grid) == ["Hello 1", "Hello 2"]
    (other,) = named(grid)
    assert other.startswith("Rows of "), "the rows that were there are put aside"
    grid.browser.post(grid.address("draft", named(grid)[other]))
    grid.create(1)
    assert [task.fields["input_text"] for task in api.tasks.values()] == ["Bye"]
    grid.browser.post(grid.address("clear"))
    grid.type(1, "Bye again", "French")
    assert sum(grid.browser.get(grid.address("page")).context["counts"].total for _ in (1,)) == 1
    assert len(named(grid)) == 1, "new rows are no rows of a draft"


def test_drafts_that_are_exchanged_in_one_minute_have_names_of_their_own(grid: TypedGrid) -> None:
    for text, name in (("Hello 1", "Monday"), ("Hello 2", "Tuesday"), ("Bye", "Wednesday")):
        grid.type(1, text)
        aside(grid, name)
    for name in ("Monday", "Tuesday", "Wednesday"):
        grid.browser.post(grid.address("draft", named(grid)[name]))
    assert len(named(grid)) == 2 and shown(grid) == ["Bye"]


def test_a_name_is_used_once_and_the_number_is_limited(grid: TypedGrid, monkeypatch: pytest.MonkeyPatch) -> None:
    """A colleague has drafts of their own."""
    monkeypatch.setattr(named_drafts, "MOST_NAMED", 2)
    assert "There are no rows to put aside." in aside(grid, "Nothing")
    for name in ("First", "Second"):
        grid.fill(1)
        aside(grid, name)
    grid.fill(1, first=2)
    assert "You have a draft called “First” already" in aside(grid, "First")
    assert "You have 2 drafts here" in aside(grid, "One more") and shown(grid) == ["Hello 2"]
    assert "First" in text_of(grid.browser.get("/drafts/"))
    colleague = make_colleague()
    share_key(grid.workflow.key, colleague)
    said = text_of(browser_of(colleague).post(grid.address("draft", named(grid)["First"]), follow=True))
    assert "This draft is gone." in said and "Hello 1" not in said
    grid.browser.post(grid.step("delete"))
    grid.browser.post(grid.address("draft", named(grid)["First"]))
    assert shown(grid) == ["Hello 1"] and list(named(grid)) == ["Second"]


def test_rows_that_are_being_created_stay(grid: TypedGrid) -> None:
    grid.fill(21)
    grid.create(21)
    assert "Rows are being created or checked" in aside(grid, "Later") and len(grid.statuses()) == 21
