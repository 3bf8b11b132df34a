"""Rows for the database of the API. Each test has an organization of its own."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from pipelines_portal.external_api.models import Membership, Organization, OrganizationKey, Person, Task, Workflow
from pipelines_portal.external_api.organizations.keys import create_key
from pipelines_portal.external_api.tasks.create import insert_tasks
from pipelines_portal.external_api.tasks.node_summary import summarize

_numbers = count(1)
TEXT_FIELD = {"name": "input_text", "title": "Text to translate", "type": "long_text", "required": True}
LANGUAGE_FIELD = {
    "name": "target_language",
    "title": "Target language",
    "type": "select",
    "required": True,
    "options": ["French", "German", "Spanish"],
}
FILE_FIELD = {"name": "photo", "title": "Photo", "type": "file_upload", "required": True}
NODES = [{"name": "Translate", "status": "available"}, {"name": "Review", "status": "pending"}]


@dataclass
class Tenant:
    """An organization, its admin and a key."""

    organization: Organization
    admin: Person
    api_key: OrganizationKey
    key: str

    def workflow(self, **values: Any) -> Workflow:
        given = {"name": "French translations", "status": "ACTIVE", "fields": [TEXT_FIELD, LANGUAGE_FIELD]}
        return Workflow.objects.create(organization=self.organization, **{"nodes": NODES} | given | values)


def make_person(role: str | None = None, organization: Organization | None = None, password: str = "secret") -> Person:
    person = Person.objects.create_user(f"person{next(_numbers)}@example.com", password)
    if organization is not None:
        Membership.objects.create(organization=organization, person=person, role=role or "member", created_account=True)
    return person


def make_tenant() -> Tenant:
    organization = Organization.objects.create(name=f"Organization {next(_numbers)}")
    admin = make_person("admin", organization)
    api_key, text = create_key(organization, "tests", "none", admin)
    return Tenant(organization, admin, api_key, text)


def make_tasks(workflow: Workflow, number: int, **values: Any) -> list[int]:
    """Create tasks with these values, for example a status, and return their ids, oldest first."""
    ids = insert_tasks(workflow, [{"input_text": f"Text {n}", "target_language": "French"} for n in range(number)])
    if values:
        Task.objects.filter(pk__in=ids).update(**values)
    return ids


def set_nodes(task_id: int, statuses: list[str]) -> None:
    """Replace the node instances of a task."""
    task = Task.objects.get(pk=task_id)
    task.nodes.all().delete()
    for position, status in enumerate(statuses):
        task.nodes.create(name=f"Node {position}", status=status, position=position)
    Task.objects.filter(pk=task_id).update(**{f"nodes_{name}": n for name, n in summarize(statuses).items()})
