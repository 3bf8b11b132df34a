"""Typed rows that were put aside under a name: others are typed, and they are taken up again."""

from typing import Any

from tests.factories import browser_of, make_colleague, share_key
from tests.fake_api import FakeApi
from tests.pages import text_of

from .conftest import TypedGrid, work


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


def test_a_name_is_used_once_and_twenty_are_the_most(grid: TypedGrid) -> None:
    assert "There are no rows to put aside." in aside(grid, "Nothing")
    for number in range(20):
        grid.fill(1)
        aside(grid, f"Draft {number:02}")
    grid.fill(1)
    assert "You have a draft called “Draft 03” already" in aside(grid, "Draft 03")
    assert "You have 20 drafts here" in aside(grid, "One more") and shown(grid) == ["Hello 1"]
    assert "Draft 07" in text_of(grid.browser.get("/drafts/"))


def test_rows_that_are_being_created_stay(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(21)
    grid.create(21)
    assert "Rows are being created or checked" in aside(grid, "Later")
    work()


def test_somebody_elses_draft_is_gone(grid: TypedGrid) -> None:
    grid.fill(1)
    aside(grid, "Mine")
    colleague = make_colleague()
    share_key(grid.workflow.key, colleague)
    theirs = browser_of(colleague)
    said = text_of(theirs.post(grid.address("draft", named(grid)["Mine"]), follow=True))
    assert "This draft is gone." in said and "Hello 1" not in said


def test_a_draft_is_taken_up_into_an_empty_grid(grid: TypedGrid) -> None:
    grid.fill(2)
    aside(grid, "Monday")
    grid.browser.post(grid.address("draft", named(grid)["Monday"]))
    assert shown(grid) == ["Hello 1", "Hello 2"] and not named(grid)
