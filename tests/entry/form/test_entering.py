"""What stands at the fields: ways to what is wrong, clocks, orders that are moved by buttons."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import TypedDraft
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.workflows.models import OpenedWorkflow
from tests import samples
from tests.conftest import EVERY_TYPE
from tests.factories import open_workflow, save_key
from tests.fake_api import FakeApi
from tests.htmx_page import HtmxPage

from .test_new import address

TRIAGE = 4301
TOPICS = ["Billing", "Delivery", "Defect"]
GOOD = {"field-message": "Parcel came open"}
ORDER = {"listed-field-topics": "1", "field-topics": TOPICS}


def open_triage(person: User, api: FakeApi) -> OpenedWorkflow:
    """Return a workflow with an order and a time, which the person opened with a key of their own."""
    fields = [
        samples.field("message", required=True), samples.field("topics", "ranking", options=TOPICS),
        samples.field("received", "datetime"), samples.field("value", "numeric"),
    ]  # fmt: skip
    api.load(samples.organization("Triage", samples.workflow(TRIAGE, "Triage", fields=fields)))
    return open_workflow(save_key(person, api.new_key("Triage")), TRIAGE, name="Triage")


def items(html: str) -> list[str]:
    return re.findall(r'name="field-topics" value="(\w+)"', html)


def test_what_is_wrong_is_counted_and_linked(page: Any, saved_key: SavedKey) -> None:
    form = {"field-short": "", "field-sure": "", "field-amount": "11", "token": uuid4()}
    html = page.post(address(open_workflow(saved_key, EVERY_TYPE)), form).content.decode()
    assert "Fix 3 fields" in re.sub(r"\s+", " ", html)
    for input_, words in [
        ("id_field-short", "Short is missing."),
        ("id_field-sure_0", "Sure is missing."),
        ("id_field-amount", "Amount: Enter a number from 1 to 10."),
    ]:
        assert f'<a href="#{input_}">{words}</a>' in html
        assert f'id="{input_}"' in html
    assert "<title>Error: Create" in html
    assert html.count("autofocus") == 1


def test_a_button_moves_an_item_without_a_script_and_sends_nothing(page: Any, person: User, api: FakeApi) -> None:
    triage = open_triage(person, api)
    assert items(page.get(address(triage)).content.decode()) == TOPICS
    moved = page.post(address(triage), GOOD | ORDER | {"move": "field-topics:1:down"})
    html = moved.content.decode()
    assert moved.status_code == 200
    assert items(html) == ["Delivery", "Billing", "Defect"]
    assert "Parcel came open" in html
    assert 'name="send-field-topics" value="1" checked' in html
    assert "No task was created" not in html
    for move in ("", "x", "field-topics:0:up", "field-topics:9999999999:up", "field-topics:²:up", "::"):
        shown = page.post(address(triage), GOOD | ORDER | {"move": move})
        assert shown.status_code == 200 and items(shown.content.decode()) == TOPICS


def test_a_time_that_came_twice_is_answered_at_the_field(page: Any, person: User, api: FakeApi) -> None:
    """Times are of the clocks around the person."""
    triage = open_triage(person, api)
    page.cookies["zone"] = "Europe/Vienna"
    html = page.get(address(triage)).content.decode()
    assert "Vienna time" in html and 'name="zone" value="Europe/Vienna"' in html
    form = GOOD | {"field-received": "2026-10-25T02:30", "zone": "Europe/Vienna", "token": uuid4()}
    asked = page.post(address(triage), form)
    html = asked.content.decode()
    assert asked.status_code == 422
    assert "The first, 00:30 UTC" in html
    assert "The second, 01:30 UTC" in html
    assert page.post(address(triage), form | {"offset-field-received": "+01:00"}).status_code == 302


def test_a_time_is_typed_in_words_and_its_meaning_shown(page: Any, person: User, api: FakeApi) -> None:
    triage = open_triage(person, api)
    page.cookies["zone"] = "Europe/Vienna"
    asked = {"field-received": "24.11.2026 10:30", "zone": "Europe/Vienna"}
    form = HtmxPage(page, f"{address(triage)}?view=form")
    field = form.find("[name=field-received]")
    meaning = "24 Nov 2026 10:30, Vienna time (09:30 UTC)"
    assert form.press(field, **{"field-received": "24.11.2026 10:30"}).content.decode() == meaning
    assert form.find(f"#{field['id']}_helptext").text == meaning
    wrong = page.get(f"{address(triage)}time/", asked | {"field-received": "soon"}).content.decode()
    assert wrong == "Enter a date that exists, like 27 Nov 10:15, mon 9:00 or yesterday 4pm."
    doubt = page.get(f"{address(triage)}time/", asked | {"field-received": "3/4/2026"}).content.decode()
    assert doubt.startswith("Is it 3 April or 4 March?")
    page.post(address(triage), GOOD | asked | {"token": uuid4()})
    [row] = SubmissionRow.objects.all()
    assert row.fields["received"] == "2026-11-24T09:30:00Z"


def test_words_of_a_draft_mean_the_time_at_which_they_were_typed(page: Any, person: User, api: FakeApi) -> None:
    triage = open_triage(person, api)
    page.cookies["zone"] = "Europe/Vienna"
    typed = GOOD | {"field-received": "yesterday 4pm", "zone": "Europe/Vienna", "token": uuid4()}
    page.post(f"{address(triage)}draft/", typed)
    TypedDraft.objects.update(saved_at=datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert 'value="2026-11-19 16:00"' in page.get(address(triage)).content.decode()
