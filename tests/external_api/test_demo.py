"""The demo organizations."""

import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Count, F, Q, QuerySet

from pipelines_portal.external_api.demo import orders, simulation
from pipelines_portal.external_api.demo.load import fields_of_workflows, load_demo
from pipelines_portal.external_api.demo.other_work import LONG, TRANSLATIONS, TRIAGE, Work, plan_other_work
from pipelines_portal.external_api.demo.values import row_for
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
from pipelines_portal.external_api.tasks.create import insert_tasks
from tests.external_api.people import Visitor
from tests.external_api.server import Api

PENDING = [NodeStatus.PENDING, NodeStatus.DEFERRED]


def test_it_shows_everything_and_loading_it_again_changes_nothing(server: Api) -> None:
    """S8, S100, S171: every status of workflows, tasks and nodes, and every field type.

    People work by day in the time zone of the start.
    """
    story = io.StringIO()
    call_command("load_demo", "--story", "--start", "2026-06-04T20:30:00+13:00", stdout=story)
    days = [
        datetime.fromisoformat(send["at"]) for send in json.loads(story.getvalue())["sends"] if send["kind"] == "grid"
    ]
    assert {7 <= at.hour <= 20 and str(at.utcoffset()) == "13:00:00" for at in days} == {True}
    for model, statuses in ((Workflow, Workflow.Status), (Task, Task.Status), (NodeInstance, NodeStatus)):
        assert set(model.objects.values_list("status", flat=True)) == set(statuses.values)
    fields = [field for workflow in Workflow.objects.all() for field in workflow.fields]
    assert len({field["type"] for field in fields}) == 12
    assert Task.objects.count() >= 300
    assert max(Task.objects.annotate(number=Count("nodes")).values_list("number", flat=True)) > 12
    assert Organization.objects.count() == 2
    assert_counts_match_the_nodes()
    assert_workflows_have_known_ids(server)
    models = (Organization, Person, Membership, Workflow, Task, NodeInstance)
    before = [model.objects.count() for model in models]
    call_command("load_demo")
    assert [model.objects.count() for model in models] == before


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


MONDAY = datetime(2026, 11, 30, 9, 12, tzinfo=UTC)
STARTS = [MONDAY, MONDAY - timedelta(days=1, hours=8), datetime(2026, 7, 1, 0, 5, tzinfo=UTC), MONDAY - timedelta(3)]
STOPPED = ["failed", "escalated", "quarantined"]
# By workflow, status, finished steps and all steps.
GROUPS = {
    (40, "failed", 1, 4): 121,
    (40, "failed", 3, 4): 7,
    (42, "quarantined", 1, 5): 9,
    (43, "escalated", 1, 4): 17,
    (43, "escalated", 3, 4): 6,
    (44, "failed", 12, 14): 3,
    (57, "failed", 1, 4): 1,
    (57, "failed", 3, 4): 1,
    (61, "failed", 1, 6): 34,
}
STUCK = {(42, "in_progress", 3, 5): 8, (44, "in_progress", 5, 14): 6}


@pytest.mark.django_db
@pytest.mark.parametrize("start", [STARTS[0], *(pytest.param(start, marks=pytest.mark.full) for start in STARTS[1:])])
def test_tasks_stop_in_a_few_groups_on_every_day(start: datetime) -> None:
    load_demo(start)
    tasks = Task.objects.exclude(workflow__organization__name="Northwind Research")
    assert by_place(tasks.filter(status__in=STOPPED)) == GROUPS
    still = tasks.filter(status__in=["pending", "in_progress"], updated_at__lt=start - timedelta(days=1))
    assert by_place(still) == STUCK
    assert not tasks.filter(Q(created_at__gt=start) | Q(updated_at__lt=F("created_at"))).exists()
    assert not tasks.filter(status__in=STOPPED, updated_at__gt=start).exists()
    assert_facts_tell_them_apart(plan_other_work(start, fields_of_workflows()))
    assert_facts_of_orders(start)


def by_place(tasks: QuerySet[Task]) -> dict[Any, int]:
    return Counter(tasks.values_list("workflow", "status", "nodes_finished", "nodes_total"))


def assert_facts_tell_them_apart(work: list[Work]) -> None:
    rows = [(each, fields, progress) for each in work for fields, progress in each.tasks if each.send.sender]
    tickets = [(fields, progress) for each, fields, progress in rows if each.workflow == TRIAGE]
    urgency = Counter((progress.status, fields["urgency"]) for fields, progress in tickets)
    assert urgency["escalated", 5] == 15
    assert urgency["finished", 5] < 0.1 * sum(count for (status, _), count in urgency.items() if status == "finished")
    assert {fields["channel"] for fields, progress in tickets if stopped_at(progress, 3)} == {"Chat"}
    failed = {fields["length"] for _, fields, progress in rows if progress.status == "failed" and "length" in fields}
    assert failed == {LONG}
    quarantined = [each for each, _, progress in rows if progress.status == "quarantined"]
    assert {each.send.sender for each in quarantined} == {orders.TOM}
    assert quarantined[-1].send.at - quarantined[0].send.at < timedelta(minutes=20)
    assert orders.TOM not in {each.send.sender for each, _, progress in rows if each.workflow == TRANSLATIONS
                       and progress.status != "quarantined"}  # fmt: skip


def stopped_at(progress: orders.Progress, steps: int) -> bool:
    return progress.status == "escalated" and len(progress.step_seconds) == steps


def assert_facts_of_orders(start: datetime) -> None:
    sends = orders.plan_sends(start)
    by_country, by_channel = Counter[Any](), Counter[Any]()
    for order in orders.build_orders(sends, start):
        failed_after = len(order.progress.step_seconds) if order.progress.status == "failed" else None
        by_country[failed_after, order.fields["country"] == orders.FAILING] += 1
        by_channel[failed_after, order.fields["channel"] == "Phone"] += 1
    assert (by_country[1, True], by_country[1, False], by_channel[3, True], by_channel[3, False]) == (121, 0, 7, 0)
    assert by_country[None, True] < 0.04 * by_country[None, False]
    assert by_channel[None, True] < 0.2 * by_channel[None, False]
    sent_by = Counter[str]()
    for send in sends:
        sent_by[send.sender] += send.count
    assert sent_by == {orders.MARIA: 60, orders.BEN: 480, orders.LENA: 280, orders.TOM: 80, "": 340}


@pytest.mark.django_db
def test_new_tasks_stop_only_where_others_did(monkeypatch: pytest.MonkeyPatch) -> None:
    """The groups of the demo stay, and get a few more tasks with the same values."""
    load_demo(datetime.now(UTC))
    monkeypatch.setattr(simulation.chance, "random", lambda: 0.2)
    workflow = Workflow.objects.get(pk=orders.ORDER_ENTRY)
    fields = orders.order_fields(1, MONDAY, simulation.chance, 0)
    ids = insert_tasks(workflow, [fields, fields | {"country": orders.FAILING}])
    triage = row_for(Workflow.objects.get(pk=TRIAGE).fields, simulation.chance)
    ids += insert_tasks(Workflow.objects.get(pk=TRIAGE), [triage | {"urgency": 4}, triage | {"urgency": 5}])
    for pk in ids:
        for _ in range(12):
            if Task.objects.get(pk=pk).status not in STOPPED:
                simulation.advance_task(pk)
    after = Task.objects.filter(pk__in=ids).order_by("pk").values_list("status", "nodes_finished")
    assert list(after) == [("finished", 4), ("failed", 1), ("finished", 4), ("escalated", 1)]
    monkeypatch.setattr(simulation.chance, "random", lambda: 0.0)
    stopped = set(Task.objects.filter(status__in=STOPPED).values_list("pk", flat=True))
    simulation.advance_some("Acme Labeling")
    assert stopped <= set(Task.objects.filter(status__in=STOPPED).values_list("pk", flat=True))
