"""The columns of the grid as a person arranged them."""

import re
from typing import Any

from django.test import Client

from pipelines_portal.entry.imports.jobs import work_now
from pipelines_portal.entry.models import GridLayout
from pipelines_portal.keys.clients import client_for
from tests.conftest import EVERY_TYPE, TRANSLATIONS
from tests.entry.imports.making import make_import
from tests.factories import make_person, open_workflow, share_key
from tests.pages import text_of

from .conftest import TypedGrid


def arrange(grid: TypedGrid, query: str = "", **columns: tuple[int, str, bool]) -> Any:
    """Post the form with places, widths and whether columns are always shown."""
    form = dict[str, Any]()
    for name, (place, width, is_shown) in columns.items():
        form |= {f"column-{name}-place": place, f"column-{name}-width": width}
        form |= {f"column-{name}-is_shown": "on"} if is_shown else {}
    return grid.browser.post(grid.address("columns") + query, form)


def shown(grid: TypedGrid, query: str = "") -> list[str]:
    return re.findall(r'data-name="(\w+)"', grid.read(query))


def widths(grid: TypedGrid) -> list[str]:
    return re.findall(r'<col class="(w\d+)">', grid.read())


def test_columns_keep_their_order_and_are_always_shown(grid: TypedGrid) -> None:
    """Required columns cannot be hidden. Pasted cells go into the shown columns in their order."""
    assert shown(grid) == ["input_text", "target_language"]
    arrange(grid, input_text=(1, "fits", False), target_language=(2, "fits", False), notes=(3, "fits", True))
    assert shown(grid) == ["input_text", "target_language", "notes"]
    page = text_of(grid.browser.get(grid.address("columns")))
    assert "column-notes-is_shown" in page and "column-input_text-is_shown" not in page
    arrange(grid, input_text=(3, "fits", True), target_language=(2, "fits", True), notes=(3, "fits", True))
    assert shown(grid) == ["target_language", "notes", "input_text"]
    answer = arrange(grid, notes=(1, "fits", True), input_text=(2, "fits", True), target_language=(3, "fits", True))
    assert answer.url == grid.address("page") + "?"
    grid.paste("Urgent\tHello\tFrench", columns="\n".join(shown(grid)))
    assert grid.texts() == {1: ["Hello", "French", "Urgent"]}
    cells = re.findall(r"<td[^>]*>([^<]+)</td>", grid.read().split('id="row-1"')[1])
    assert cells[:3] == ["Urgent", "Hello", "French"]


def test_widths_are_classes_of_columns(grid: TypedGrid) -> None:
    before = widths(grid)
    arrange(grid, input_text=(1, "narrow", True), target_language=(2, "wide", True), notes=(3, "fits", False))
    assert widths(grid) == ["w9", "w34"] != before


def test_a_hidden_column_appears_while_a_row_has_a_text_in_it(grid: TypedGrid) -> None:
    """Or while it is pinned: new rows get its value, which the person must see."""
    arrange(grid, input_text=(2, "fits", True), target_language=(1, "fits", True), notes=(3, "fits", False))
    assert shown(grid) == ["target_language", "input_text"]
    grid.type(1, "Hello", "French", "Urgent")
    assert shown(grid) == ["target_language", "input_text", "notes"]
    grid.change(1, "notes", "Urgent", "")
    assert shown(grid) == ["target_language", "input_text"]
    grid.browser.post(grid.address("pin"), {"field": "notes", "text": "Urgent"})
    assert shown(grid) == ["target_language", "input_text", "notes"]


def test_fields_that_are_gone_are_ignored_and_new_ones_come_last(grid: TypedGrid) -> None:
    columns = [{"name": name, "is_shown": True, "width": "fits"} for name in ("gone", "target_language")]
    GridLayout.objects.create(person=grid.owner, key=grid.workflow.key, workflow_id=TRANSLATIONS, columns=columns)
    assert shown(grid) == ["target_language", "input_text", "notes"]


def test_saving_goes_back_to_the_same_rows_and_shows_the_columns_as_they_are_saved(grid: TypedGrid) -> None:
    grid.type(1, "Hello", "Klingon")
    page = grid.read("?show=errors&fields=all")
    assert f'href="{grid.address("columns")}?show=errors&amp;fields=all&amp;sheet={grid.job.pk}"' in page
    answer = arrange(grid, f"?show=errors&fields=all&sheet={grid.job.pk}", notes=(1, "fits", False))
    assert answer.url == grid.address("page") + "?show=errors"
    form = text_of(grid.browser.get(grid.address("columns") + f"?show=errors&sheet={grid.job.pk}"))
    assert f'href="{grid.address("page")}?show=errors">Cancel' in form


def test_reset_brings_back_the_usual_columns(grid: TypedGrid) -> None:
    assert ">Reset<" not in text_of(grid.browser.get(grid.address("columns")))
    arrange(grid, notes=(1, "wide", True))
    assert shown(grid)[0] == "notes"
    answer = grid.browser.post(grid.address("columns"), {"do": "reset"}, follow=True)
    assert "Columns reset" in text_of(answer)
    assert shown(grid) == ["input_text", "target_language"] and not GridLayout.objects.exists()


def test_a_wrong_place_is_told_and_nothing_is_stored(grid: TypedGrid) -> None:
    """A form without a column leaves it where it is: the workflow got a field after the form was shown."""
    for place in ("0", "4", "-1", "x", "1.5", str(2**70)):
        answer = arrange(grid, notes=(place, "wide", True))
        page = text_of(answer)
        assert answer.status_code == 422 and "Enter a number from 1 to 3." in page and f'value="{place}"' in page
    assert arrange(grid, notes=(1, "huge", True)).status_code == 422 and not GridLayout.objects.exists()
    assert arrange(grid).status_code == 302
    assert shown(grid) == ["input_text", "target_language"]


def test_everybody_has_their_own_columns_for_each_workflow(grid: TypedGrid) -> None:
    """Not the grid of a file. The columns go with the key."""
    arrange(grid, notes=(1, "wide", True), input_text=(3, "narrow", True))
    other = open_workflow(grid.workflow.key, EVERY_TYPE)
    assert "notes" not in shown(TypedGrid(grid.browser, other, grid.owner))
    colleague, browser = make_person("ana@acme.example"), Client()
    share_key(grid.workflow.key, colleague)
    browser.force_login(colleague)
    assert shown(TypedGrid(browser, grid.workflow, colleague))[:1] == ["input_text"]
    schema = client_for(grid.workflow.key).schema(TRANSLATIONS)
    sheet = make_import(grid.workflow.key, schema, [["Hello", "French"]])
    work_now(sheet)
    page = text_of(grid.browser.get(sheet.get_absolute_url(), follow=True))
    assert re.findall(r'data-name="(\w+)"', page) == ["input_text", "target_language"]
    assert "w34" not in page and "Columns…" not in page
    grid.workflow.key.delete()
    assert not GridLayout.objects.exists()
