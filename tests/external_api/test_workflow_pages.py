"""Listing, adding and editing workflows."""

import re

import pytest

from pipelines_portal.external_api.models import Task, Workflow
from pipelines_portal.external_api.organizations.pages import workflow_forms
from pipelines_portal.external_api.workflows.field_types import FIELD_TYPES
from tests.each_case import each_case
from tests.external_api.factories import LANGUAGE_FIELD, TEXT_FIELD, Tenant, make_tasks
from tests.external_api.people import Visitor, shown_values, signed_in
from tests.external_api.server import Api

NEW = {"workflow-name": "Reviews", "workflow-status": "PAUSED", "workflow-steps": "Write\n\n Review \n"}


@pytest.fixture
def visitor(server: Api, tenant: Tenant) -> Visitor:
    return signed_in(server, tenant.admin)


def pages(tenant: Tenant, tail: str = "") -> str:
    return f"/organization-keys/{tenant.organization.pk}/workflows{tail}"


def row(index: int, **values: str) -> dict[str, str]:
    return {f"fields-{index}-{name}": value for name, value in values.items()}


def test_the_list_shows_each_workflow(visitor: Visitor, tenant: Tenant) -> None:
    assert "No workflows yet" in visitor.get(pages(tenant)).text
    workflow = tenant.workflow(status="PENDING_ACTIVATION")
    page = visitor.get(pages(tenant)).text
    assert f'href="{pages(tenant)}/{workflow.pk}">French translations</a>' in page
    cells = re.findall(r'<td[^>]*data-label="[^"]*">([^<]*)</td>', page)
    assert cells == [str(workflow.pk), "Pending activation", "2"]


def test_a_workflow_is_added(server: Api, visitor: Visitor, tenant: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    """Blank rows are no fields, and the API answers with what was entered."""
    page = visitor.get(pages(tenant, "/new"))
    offered = re.findall(r'<option value="(\w+)"', page.text.split('id="id_fields-0-type"')[1].split("</select>")[0])
    assert offered == list(FIELD_TYPES)
    first = row(0, name="stars", title="Stars", type="rating", min="1", max="5")
    second = row(2, name="kind", title="Kind", type="select", options="A\n\nB ", help="Choose", ORDER="5")
    answer = visitor.submit(page, NEW | first | second, without="fields-2-required")
    assert answer.status_code == 200 and "“Reviews” added" in answer.text
    workflow = Workflow.objects.get(organization=tenant.organization)
    assert (workflow.name, workflow.status) == ("Reviews", "PAUSED")
    assert workflow.nodes == [{"name": "Write", "status": "available"}, {"name": "Review", "status": "pending"}]
    kind = {
        "name": "kind",
        "title": "Kind",
        "type": "select",
        "required": False,
        "options": ["A", "B"],
        "help": "Choose",
    }
    stars = {"name": "stars", "title": "Stars", "type": "rating", "required": True, "min": 1, "max": 5}
    assert workflow.fields == [kind, stars]
    fields = server.get(f"/workflows/{workflow.pk}/schema", key=tenant.key).json()["fields"]
    assert [field["format_hint"] for field in fields] == ["One of: A, B", "Integer from 1 to 5"]
    assert f"workflow-added user={tenant.admin.pk}" in caplog.text


GOOD = {"name": "text", "title": "Text"}
SAME = [{"name": "Same", "status": "available"}, {"name": "Same", "status": "pending"}]


@each_case(
    ("typed", "where"),
    [
        ({"workflow-name": ""}, "id_workflow-name_error"),
        ({"workflow-status": "LIVE"}, "id_workflow-status_error"),
        ({"workflow-steps": "x" * 201}, "id_workflow-steps_error"),
        (row(0, title="Only a title"), "id_fields-0-name_error"),
        (row(0, name="only_a_name"), "id_fields-0-title_error"),
        (row(0, **GOOD, type="song"), "id_fields-0-type_error"),
        (row(0, **GOOD, type="select"), "id_fields-0-options_error"),
        (row(0, **GOOD, type="numeric", min="many"), "id_fields-0-min_error"),
        (row(0, **GOOD, type="numeric", min="5", max="1"), "id_fields-0-max_error"),
        (row(0, **GOOD, ORDER="first"), "id_fields-0-ORDER_error"),
        (row(0, **GOOD) | row(2, **GOOD), "id_fields-2-name_error"),
        (row(0, **GOOD | {"title": "a\u2028b"}), "id_fields-0-title_error"),
    ],
)
def test_mistakes_are_shown_at_their_fields(
    visitor: Visitor, tenant: Tenant, typed: dict[str, str], where: str
) -> None:
    """The rules are those of the file of organizations."""
    answer = visitor.submit(visitor.get(pages(tenant, "/new")), NEW | typed)
    assert answer.status_code == 422
    assert f'id="{where}"' in answer.text
    assert not Workflow.objects.filter(organization=tenant.organization).exists()


def test_more_rows_keep_everything_typed(visitor: Visitor, tenant: Tenant) -> None:
    """Nothing is checked or saved yet."""
    page = visitor.get(pages(tenant, "/new"))
    typed = NEW | {"workflow-name": ""} | row(1, name="half", options="A\nB", min="zzz", type="select", ORDER="7")
    more = visitor.submit(page, typed | {"add-field": "yes"}, without="fields-1-required")
    assert more.status_code == 200 and "_error" not in more.text
    shown = shown_values(more.text)
    assert shown["fields-TOTAL_FORMS"] == "6"
    assert {name: shown[name] for name in typed} == typed
    assert "fields-1-required" not in shown and "fields-0-required" in shown
    assert not Workflow.objects.exists()
    assert visitor.submit(more, row(5, **GOOD) | {"workflow-name": "x", "fields-1-min": "1", "fields-1-title": "t"})
    assert [field["name"] for field in Workflow.objects.get().fields] == ["half", "text"]


def test_an_unchanged_form_changes_nothing(visitor: Visitor, tenant: Tenant) -> None:
    """Not even what the page does not offer: statuses of steps."""
    odd = {"name": "odd", "title": "Odd", "type": "numeric", "required": False, "min": 0.5, "max": 3, "help": "Hm"}
    workflow = tenant.workflow(
        fields=[TEXT_FIELD, odd, LANGUAGE_FIELD],
        nodes=[{"name": "A", "status": "deferred"}, {"name": "B", "status": "na"}, *SAME],
    )
    answer = visitor.submit(visitor.get(pages(tenant, f"/{workflow.pk}")), {})
    assert "“French translations” saved" in answer.text
    after = Workflow.objects.get(pk=workflow.pk)
    assert (after.name, after.status, after.nodes) == (workflow.name, workflow.status, workflow.nodes)
    assert after.fields == workflow.fields


def test_an_unknown_type_is_refused(visitor: Visitor, tenant: Tenant) -> None:
    """Nothing would check its values. A workflow that has such a field goes on, but is not saved with it."""
    workflow = tenant.workflow(fields=[TEXT_FIELD | {"type": "hologram"}])
    answer = visitor.submit(visitor.get(pages(tenant, f"/{workflow.pk}")), {})
    assert answer.status_code == 422 and "use one of short_text, long_text" in answer.text.lower()


def test_a_workflow_is_edited(visitor: Visitor, tenant: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    """Steps that stay keep their status. Tasks that exist stay as they are."""
    workflow = tenant.workflow(nodes=[{"name": "Old", "status": "pending"}, {"name": "Stays", "status": "deferred"}])
    (task,) = make_tasks(workflow, 1)
    page = visitor.get(pages(tenant, f"/{workflow.pk}"))
    assert f"ID {workflow.pk}" in page.text and "Tasks that exist stay as they are." in page.text
    typed = {"workflow-steps": "New\nStays\nLast", "workflow-id": "7", "id": "7", "fields-0-DELETE": "on"}
    visitor.submit(page, typed | {"fields-1-title": "Language"})
    after = Workflow.objects.get(organization=tenant.organization)
    assert after.pk == workflow.pk
    steps = [(node["name"], node["status"]) for node in after.nodes]
    assert steps == [("New", "available"), ("Stays", "deferred"), ("Last", "pending")]
    assert after.fields == [LANGUAGE_FIELD | {"title": "Language"}]
    stored = Task.objects.get(pk=task)
    assert [node.name for node in stored.nodes.order_by("position")] == ["Old", "Stays"]
    assert stored.fields["input_text"] == "Text 0"
    assert f"workflow-changed user={tenant.admin.pk}" in caplog.text


def test_steps_with_the_same_name_keep_their_statuses(visitor: Visitor, tenant: Tenant) -> None:
    """A further step of that name is new."""
    workflow = tenant.workflow(nodes=SAME)
    page = visitor.get(pages(tenant, f"/{workflow.pk}"))
    visitor.submit(page, {"workflow-steps": "Same\nOther\nSame\nSame"})
    steps = [(node["name"], node["status"]) for node in Workflow.objects.get(pk=workflow.pk).nodes]
    assert steps == [("Same", "available"), ("Other", "pending"), ("Same", "pending"), ("Same", "pending")]


def test_of_two_admins_the_second_sees_that_the_first_saved(visitor: Visitor, tenant: Tenant) -> None:
    """What the second typed is still there, and saving again is a decision."""
    workflow = tenant.workflow()
    page = visitor.get(pages(tenant, f"/{workflow.pk}"))
    visitor.submit(page, {"workflow-name": "By the first"})
    more = visitor.submit(page, {"workflow-name": "By the second", "add-field": "yes"})
    refused = visitor.submit(more, {})
    assert (refused.status_code, "Someone changed this workflow" in refused.text) == (409, True)
    assert shown_values(refused.text)["workflow-name"] == "By the second"
    assert Workflow.objects.get(pk=workflow.pk).name == "By the first"
    assert visitor.submit(refused, {}).status_code == 200
    assert Workflow.objects.get(pk=workflow.pk).name == "By the second"


def test_a_form_of_more_rows_than_a_workflow_has_is_refused(
    visitor: Visitor, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to a short request is not long, either. Fields that came from a file are all shown."""
    monkeypatch.setattr(workflow_forms, "MOST_FIELDS", 6)
    page = visitor.get(pages(tenant, "/new"))
    many = {"workflow-name": "Letters", "fields-TOTAL_FORMS": "2000"}
    answer = visitor.submit(page, many)
    assert answer.status_code == 422
    assert "A workflow has at most 6 fields here. Remove some rows." in answer.text
    assert "fields-5-ORDER" in answer.text and "fields-6-ORDER" not in answer.text
    fields = [TEXT_FIELD | {"name": f"field_{number}"} for number in range(8)]
    stored = tenant.workflow(fields=fields)
    page = visitor.get(pages(tenant, f"/{stored.pk}"))
    assert visitor.submit(page, {"workflow-name": "Renamed"}).status_code == 200
    stored.refresh_from_db()
    assert stored.name == "Renamed" and len(stored.fields) == 8
