"""Pins are those of the form and of the grid: nothing is pinned by itself, and both begin with the same values."""

import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.urls import reverse

from pipelines_portal.entry.models import PinnedFields
from tests import samples
from tests.conftest import ACME
from tests.factories import Desk, open_workflow
from tests.fake_api import FakeApi
from tests.htmx_page import HtmxPage
from tests.pages import text_of

GOOD = {"field-input_text": "Hello world", "field-target_language": "French", "field-notes": "Back gate"}


def url(desk: Desk, name: str) -> str:
    return reverse(name, args=[desk.key.pk, desk.workflow.workflow_id])


def read(desk: Desk, page: str) -> str:
    return desk.browser.get(url(desk, page)).content.decode()


def create(desk: Desk, *pinned: str, **more: str) -> Any:
    """Fill in the form as it is shown, pin fields, and create the task."""
    hidden = dict(
        re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', read(desk, "new_task:create"))
    )
    form = hidden | GOOD | {"field-notes": f"Back gate {uuid4()}"} | more | {"keep": pinned, "token": str(uuid4())}
    answer: Any = desk.browser.post(url(desk, "new_task:create"), form)
    assert answer.status_code == 302
    return answer


def test_what_the_grid_pinned_begins_the_form(desk: Desk) -> None:
    """Pinning one column of the grid pins no other, and nothing is pinned that nobody pinned."""
    create(desk)
    assert not PinnedFields.objects.exists()
    assert not re.search(r'name="keep"[^>]*checked', read(desk, "new_task:create"))
    desk.browser.post(url(desk, "sheets:pin"), {"field": "notes", "text": "Urgent"})
    assert PinnedFields.objects.get().names == ["notes"]
    form = desk.browser.get(f"{url(desk, 'new_task:create')}?view=form").content.decode()
    assert re.search(r'name="field-notes"\s+value="Urgent"', form)
    assert re.search(r'name="keep" value="notes" checked', form)


def test_what_a_cell_shows_is_pinned_as_its_value(desk: Desk, api: FakeApi) -> None:
    """The form and the tasks know values, not labels."""
    wanted = {"order": "C\nA\nB", "sure": "true", "due": "2026-11-28T08:30:00Z"}
    order = samples.field("order", "ranking", options=["A", "B", "C"])
    fields = [samples.field("text"), order, samples.field("sure", "boolean"), samples.field("due", "datetime")]
    api.load(samples.organization(ACME, samples.workflow(77, "Orders", fields=fields)))
    desk = replace(desk, workflow=open_workflow(desk.key, 77))
    for name, shown in {"order": "C > A > B", "sure": "Yes", "due": "2026-11-28 08:30"}.items():
        desk.browser.post(url(desk, "sheets:pin"), {"field": name, "text": shown})
    assert PinnedFields.objects.get().texts == wanted
    grid = text_of(desk.browser.get(url(desk, "sheets:new")))
    assert ">C &gt; A &gt; B</td>" in grid and ">Yes</td>" in grid and " 08:30</td>" in grid
    posted = HtmxPage(desk.browser, f"{url(desk, 'new_task:create')}?view=form")
    values = posted.values_in(posted.find("form#task-form"))
    desk.browser.post(url(desk, "new_task:create"), values | {"field-text": "Hello"})
    [task] = api.tasks.values()
    assert task.fields == {"text": "Hello", "order": ["C", "A", "B"], "sure": True, "due": wanted["due"]}
    desk.browser.post(url(desk, "sheets:pin"), {"field": "sure", "text": "Yes"})
    assert PinnedFields.objects.get().names == ["due", "order"]


def test_what_the_form_pinned_begins_rows_of_the_grid_and_the_next_form(desk: Desk) -> None:
    """Until another value, or none, is pinned with the next task. Presets have all values until then."""
    assert 'name="preset_pinned">' in read(desk, "new_task:create")
    create(desk, "target_language")
    assert PinnedFields.objects.get().texts == {"target_language": "French"}
    form = read(desk, "new_task:create")
    assert re.search(r'value="French"[^>]*checked', form) and 'name="preset_pinned" checked>' in form
    create(desk, "target_language", **{"field-target_language": "German"})
    assert PinnedFields.objects.get().texts == {"target_language": "German"}
    create(desk)
    assert PinnedFields.objects.get().names == []
    create(desk, "target_language")
    assert re.search(r'class="pinned".*?<td\s*>French</td>', read(desk, "sheets:new"), re.DOTALL)


def test_the_next_form_begins_in_the_first_required_field_that_is_empty(desk: Desk) -> None:
    focused = r'<(?:input|textarea|select)[^>]*name="([^"]+)"[^>]*autofocus'
    assert set(re.findall(focused, read(desk, "new_task:create"))) == {"field-input_text"}
    create(desk, "input_text")
    assert set(re.findall(focused, read(desk, "new_task:create"))) == {"field-target_language"}
    create(desk, "input_text", "target_language")
    assert set(re.findall(focused, read(desk, "new_task:create"))) == {"field-input_text"}


def test_a_task_of_the_form_counts_on_in_the_grid(desk: Desk) -> None:
    pinned = {"field": "notes", "text": "A-099", "counts": "1"}
    desk.browser.post(url(desk, "sheets:pin"), pinned)
    for typed, last in (("A-104", "A-104"), ("A-050", "A-104"), ("urgent", "A-104"), ("B-7", "B-7"), ("B-10", "B-10")):
        create(desk, **{"field-notes": typed})
        assert PinnedFields.objects.get().texts["notes"]["text"] == last


def test_long_texts_are_kept_from_task_to_task_alone(desk: Desk) -> None:
    created = create(desk, "input_text", **{"field-input_text": "word " * 300, "then": "another"})
    assert PinnedFields.objects.get().texts == {}
    assert "word word" in desk.browser.get(created.url).content.decode()


def test_pins_that_another_window_clears_stay_cleared(desk: Desk) -> None:
    create(desk, "target_language")
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', read(desk, "new_task:create")))
    PinnedFields.objects.all().delete()
    changed = {"field-target_language": "German", "keep": ["target_language"], "token": str(uuid4())}
    assert desk.browser.post(url(desk, "new_task:create"), form | GOOD | changed).status_code == 302
    assert not PinnedFields.objects.exists()
