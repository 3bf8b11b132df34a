"""The key and the page of tasks, as SQL, against the plain querysets."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

from pipelines_portal.external_api.models import OrganizationKey, Task
from pipelines_portal.external_api.reads import read_key, read_tasks
from tests.external_api.factories import Tenant, make_tenant


def plain(organization_id: int, workflow_id: int, count: int, below: int | None, status: str | None) -> list[Any]:
    tasks = Task.objects.filter(workflow=workflow_id, workflow__organization=organization_id).order_by("-pk")
    tasks = tasks.filter(pk__lt=below) if below is not None else tasks
    tasks = tasks.filter(status=status) if status is not None else tasks
    return [
        (
            task.pk, task.status, task.nodes_total, task.nodes_finished, task.nodes_in_progress, task.nodes_pending,
            f"{task.created_at:%Y-%m-%dT%H:%M:%SZ}", f"{task.updated_at:%Y-%m-%dT%H:%M:%SZ}",
        )
        for task in tasks[:count]
    ]  # fmt: skip


def test_a_page_is_what_the_queryset_reads(tenant: Tenant) -> None:
    workflow, other = tenant.workflow(), make_tenant().workflow()
    moment = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
    for number in range(12):
        Task.objects.create(
            workflow=other if number % 4 == 3 else workflow, status=("pending", "failed")[number % 2],
            nodes_total=5, nodes_finished=number % 3, created_at=moment, updated_at=moment.replace(microsecond=0),
        )  # fmt: skip
    middle = Task.objects.filter(workflow=workflow).order_by("pk")[5].pk
    organizations = (workflow.organization_id, other.organization_id)
    for organization, reached, below, status in product(
        organizations, (workflow, other), (None, middle, 1, 2**63), (None, "failed", "finished")
    ):
        found = read_tasks(organization, reached.pk, 4, below=below, status=status)
        assert found == plain(organization, reached.pk, 4, min(below, 2**63 - 1) if below else None, status)
    assert len(read_tasks(workflow.organization_id, workflow.pk, 100)) == 9
    assert read_tasks(workflow.organization_id, 2**63, 4) == []


def test_a_key_is_what_the_queryset_reads(tenant: Tenant) -> None:
    key = OrganizationKey.objects.latest("pk")
    found = read_key(key.sha256)
    assert found == key and found.is_live is not None
    names = [field.attname for field in OrganizationKey._meta.concrete_fields]
    assert [getattr(found, name) for name in names] == [getattr(key, name) for name in names]
    assert read_key("0" * 64) is None
