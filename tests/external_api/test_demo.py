"""The demo organizations."""

import io
import json
from datetime import datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Count, F, Q

from pipelines_portal.external_api.models import (
    Membership,
    NodeInstance,
    NodeStatus,
    Organization,
    Person,
    Task,
    Workflow,
)
from pipelines_portal.external_api.organizations.keys import create_key
from tests.external_api.people import Visitor
from tests.external_api.server import Api

PENDING = [NodeStatus.PENDING, NodeStatus.DEFERRED]


def test_it_shows_everything(server: Api) -> None:
    """S100, S171: every status of workflows, tasks and nodes, and every field type."""
    call_command("load_demo")
    for model, statuses in ((Workflow, Workflow.Status), (Task, Task.Status), (NodeInstance, NodeStatus)):
        assert set(model.objects.values_list("status", flat=True)) == set(statuses.values)
    fields = [field for workflow in Workflow.objects.all() for field in workflow.fields]
    assert len({field["type"] for field in fields}) == 12
    assert Task.objects.count() >= 300
    assert max(Task.objects.annotate(number=Count("nodes")).values_list("number", flat=True)) > 12
    assert Organization.objects.count() == 2
    assert_counts_match_the_nodes()
    assert_workflows_have_known_ids(server)


def assert_counts_match_the_nodes() -> None:
    """S172, S173, S174, S175: in every demo task."""
    counted = Task.objects.annotate(
        finished=Count("nodes", Q(nodes__status=NodeStatus.FINISHED)),
        pending=Count("nodes", Q(nodes__status__in=PENDING)),
        total=Count("nodes", ~Q(nodes__status=NodeStatus.NA)),
    )
    matching = counted.filter(
        nodes_finished=F("finished"), nodes_pending=F("pending"), nodes_total=F("total"),
        nodes_in_progress=F("total") - F("finished") - F("pending"),
    )  # fmt: skip
    assert matching.count() == Task.objects.count()


def assert_workflows_have_known_ids(server: Api) -> None:
    """S4, S7: the guide names them."""
    acme = Organization.objects.get(name="Acme Labeling")
    key = create_key(acme, "demo", "none", acme.people.first())[1]
    names = [server.get(f"/workflows/{pk}", key=key).json()["name"] for pk in (42, 57, 61, 88)]
    assert names == ["French translations", "Invoice extraction", "Call transcripts", "Image captions"]


@pytest.mark.django_db
def test_loading_it_again_changes_nothing() -> None:
    """S8: tasks, people and workflows are not duplicated. People work by day in the time zone of the start."""
    story = io.StringIO()
    call_command("load_demo", "--story", "--start", "2026-12-04T20:30:00+13:00", stdout=story)
    days = [
        datetime.fromisoformat(send["at"]) for send in json.loads(story.getvalue())["sends"] if send["kind"] == "grid"
    ]
    assert {7 <= at.hour <= 20 and str(at.utcoffset()) == "13:00:00" for at in days} == {True}
    models = (Organization, Person, Membership, Workflow, Task, NodeInstance)
    before = [model.objects.count() for model in models]
    call_command("load_demo")
    assert [model.objects.count() for model in models] == before


def test_its_people_are_refused_where_the_demo_is_off(
    server: Api, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their password is published: neither it nor a session that exists opens the pages that make keys."""
    call_command("load_demo")
    person = Person.objects.get(email="demo@example.com")
    visitor = Visitor(server)
    page = f"/organization-keys/{Organization.objects.get(name='Acme Labeling').pk}/new"
    assert visitor.sign_in(person, "pipelines-demo").status_code == 302
    assert visitor.get(page, allow_redirects=False).status_code == 200
    settings.DEMO_IS_ON = False
    assert visitor.get(page, allow_redirects=False).status_code == 302
    assert Visitor(server).sign_in(person, "pipelines-demo").status_code == 422
    call_command("prepare")
    assert "Demo accounts in the External API's database: 4." in capsys.readouterr().out
    call_command("remove_demo_accounts")
    assert capsys.readouterr().out == "Demo accounts removed: 4.\n"
    assert not Person.objects.exists()
    assert Organization.objects.count() == 2
    call_command("prepare")
    assert capsys.readouterr().out == ""
