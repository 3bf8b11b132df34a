"""The management commands."""

import json
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pipelines_portal.external_api.models import (
    Membership,
    NodeInstance,
    Organization,
    OrganizationKey,
    Person,
    Task,
    Workflow,
)
from pipelines_portal.external_api.organizations.json_file import parse_organizations
from pipelines_portal.external_api.tasks.node_summary import summarize
from pipelines_portal.external_api.uploads.process import process_upload
from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant, make_tasks, make_tenant
from tests.external_api.server import PROJECT, Api

FIELD = {"name": "text", "title": "Text", "type": "short_text"}


def write(folder: Path, *organizations: Any) -> str:
    file = folder / "organizations.json"
    file.write_text(json.dumps({"organizations": organizations}))
    return str(file)


def workflow_part(pk: int, **more: Any) -> dict[str, Any]:
    return {"id": pk, "name": "Loaded", "status": "ACTIVE", "nodes": [], "fields": [FIELD]} | more


def test_the_guide_shows_a_file_that_can_be_loaded(tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "administrators" / "organizations.md").read_text()
    (shown,) = re.findall(r"^ *```json\n(.+?)^ *```", page, re.MULTILINE | re.DOTALL)
    organizations = parse_organizations(shown).organizations
    assert organizations[0].admins[0].password and organizations[0].workflows[0].fields


def run(*arguments: str) -> str:
    """Run a command and return its output."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def refusal(*arguments: str) -> str:
    """Run a command that must fail, and return its error message."""
    with pytest.raises(CommandError) as refused:
        call_command(*arguments)
    return str(refused.value)


def test_organizations_are_loaded_and_loaded_again(server: Api, tmp_path: Path) -> None:
    """S4, S5: loading the same file again changes nothing. Another file changes what it names."""
    part = {"name": "Loaded twice", "admins": ["A@example.org", {"email": "b@example.org", "password": "pass-b"}]}
    part |= {"members": ["c@example.org"], "workflows": [workflow_part(700_001)]}
    for _ in range(2):
        run("load_organizations", write(tmp_path, part))
    organization = Organization.objects.get(name="Loaded twice")
    people = organization.memberships.order_by("person__email").values_list("person__email", "role")
    expected = [("a@example.org", "admin"), ("b@example.org", "admin"), ("c@example.org", "member")]
    assert list(people) == expected
    assert Person.objects.get(email="b@example.org").check_password("pass-b")
    assert not Person.objects.get(email="a@example.org").has_usable_password()
    changed = part | {"workflows": [workflow_part(700_001, name="Renamed", status="PAUSED")], "members": []}
    run("load_organizations", write(tmp_path, changed))
    assert Workflow.objects.get(pk=700_001).name == "Renamed"
    assert organization.memberships.count() == 3
    key = run("create_api_key", "Loaded twice", "--name", "k").splitlines()[-1]
    assert server.get("/workflows/700001", key=key).json()["status"] == "PAUSED"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"name": "X", "workflows": [workflow_part(1, status="LIVE")]}, "organizations.0.workflows.0.status: "),
        ({"name": "X", "workflows": [workflow_part(0)]}, "organizations.0.workflows.0.id: "),
        ({"name": "X", "workflows": [workflow_part(1, field=[])]}, "organizations.0.workflows.0.field: "),
        (
            {"name": "X", "workflows": [workflow_part(1, fields=[FIELD | {"type": "select"}])]},
            "organizations.0.workflows.0.fields.0: ",
        ),
        (
            {"name": "X", "workflows": [workflow_part(1, fields=[FIELD | {"type": "hologram"}])]},
            "organizations.0.workflows.0.fields.0.type: ",
        ),
        (
            {"name": "X", "workflows": [workflow_part(1, nodes=[{"name": "N", "status": "busy"}])]},
            "organizations.0.workflows.0.nodes.0.status: ",
        ),
        ({"name": "X", "admins": ["nobody"]}, "organizations.0.admins.0.email: "),
        ({"workflows": []}, "organizations.0.name: "),
        (5, "organizations.0: "),
    ],
)
def test_a_bad_file_names_the_path_and_loads_nothing(tmp_path: Path, part: Any, path: str) -> None:
    """S4: the good part before the bad one is not loaded either."""
    good = {"name": f"Before {path}"}
    error = refusal("load_organizations", write(tmp_path, good, part))
    assert path.replace("organizations.0", "organizations.1") in error
    assert not Organization.objects.filter(name=good["name"]).exists()


def test_a_workflow_id_belongs_to_one_organization(tenant: Tenant, tmp_path: Path) -> None:
    """S20: a file cannot move a workflow to another organization."""
    workflow = tenant.workflow()
    error = refusal("load_organizations", write(tmp_path, {"name": "Thief", "workflows": [workflow_part(workflow.pk)]}))
    assert f"organizations.0.workflows.0.id: workflow {workflow.pk} belongs to another organization" in error


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\u2028"])
@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"fields": [FIELD | {"type": "select", "options": ["A", "B{}C"]}]}, "fields.0.options.1"),
        ({"fields": [FIELD | {"title": "B{}C"}]}, "fields.0.title"),
        ({"fields": [FIELD | {"help": "B{}C"}]}, "fields.0.help"),
        ({"nodes": [{"name": "B{}C", "status": "pending"}]}, "nodes.0.name"),
        ({"name": "B{}C"}, "name"),
    ],
)
def test_line_breaks_are_refused(tmp_path: Path, more: dict[str, Any], path: str, line_break: str) -> None:
    """S4: the page would save an option with a line break as two options."""
    part = {"name": "X", "workflows": [workflow_part(1) | more]}
    file = write(tmp_path, part)
    Path(file).write_text(Path(file).read_text().replace("{}", json.dumps(line_break)[1:-1]))
    assert f"organizations.0.workflows.0.{path}: write it on one line" in refusal("load_organizations", file)


@pytest.mark.django_db
@pytest.mark.parametrize("content", ["{", "[]", '{"organizations": 5}'])
def test_an_unreadable_file_is_refused(tmp_path: Path, content: str) -> None:
    """S4: the command fails with a message."""
    file = tmp_path / "bad.json"
    file.write_text(content)
    assert refusal("load_organizations", str(file))
    assert "No such file" in refusal("load_organizations", str(tmp_path / "none.json"))


@pytest.mark.parametrize(("expires", "days"), [("never", None), ("30d", 30), ("90d", 90), ("1y", 365)])
def test_a_key_is_created(server: Api, tenant: Tenant, expires: str, days: int | None) -> None:
    """S19, S34: the last line of the output is the key."""
    name = tenant.organization.name
    text = run("create_api_key", name, "--name", "From the shell", "--expires", expires).splitlines()[-1]
    assert re.fullmatch(r"pk_live_[0-9a-f]{40}", text)
    key = OrganizationKey.objects.get(last4=text[-4:], organization=tenant.organization)
    assert (key.name, key.created_by) == ("From the shell", tenant.admin)
    life = key.expires_at and (key.expires_at - timezone.now()).total_seconds() / 86400
    assert life == (None if days is None else pytest.approx(days, abs=0.01))
    assert server.get(f"/workflows/{tenant.workflow().pk}", key=text).status_code == 200


def test_a_key_can_have_a_given_expiry_and_creator(server: Api, tenant: Tenant) -> None:
    """S26: the expiry can be in the past."""
    person = Person.objects.create_user("colleague@example.org")
    Membership.objects.create(organization=tenant.organization, person=person)
    more = ["--expires-at", "2026-01-01T00:00:00Z", "--created-by", "Colleague@example.org"]
    text = run("create_api_key", tenant.organization.name, "--name", "old", *more).splitlines()[-1]
    assert OrganizationKey.objects.get(last4=text[-4:], organization=tenant.organization).created_by == person
    assert error_of(server.get("/workflows/1", key=text))[:2] == (401, "invalid_api_key")


def test_a_key_needs_an_organization_and_a_creator(tenant: Tenant) -> None:
    """S20: each refusal has its message."""
    assert "There is no organization named 'Nowhere'" in refusal("create_api_key", "Nowhere", "--name", "x")
    stranger = ["--created-by", "stranger@example.org"]
    assert "has no member" in refusal("create_api_key", tenant.organization.name, "--name", "x", *stranger)
    Membership.objects.filter(organization=tenant.organization).delete()
    assert "has no admin" in refusal("create_api_key", tenant.organization.name, "--name", "x")


def test_a_key_is_revoked_at_once(server: Api, tenant: Tenant) -> None:
    """S27, S29: the next request is refused. Revoking the key again is not an error."""
    path = f"/workflows/{tenant.workflow().pk}"
    assert server.get(path, key=tenant.key).status_code == 200
    for _ in range(2):
        run("revoke_api_key", tenant.key[-4:], "--org", tenant.organization.name)
        assert error_of(server.get(path, key=tenant.key))[:2] == (401, "invalid_api_key")


def test_the_right_key_is_revoked(tenant: Tenant) -> None:
    """S32: the name distinguishes keys with the same last four characters."""
    duplicate = OrganizationKey.objects.get(pk=tenant.api_key.pk)
    duplicate.pk, duplicate.sha256, duplicate.name = None, "0" * 64, "duplicate"
    duplicate.save()
    arguments = ["revoke_api_key", tenant.key[-4:], "--org", tenant.organization.name]
    assert "Name the one to revoke with --name" in refusal(*arguments)
    run(*arguments, "--name", "tests")
    revoked = OrganizationKey.objects.filter(organization=tenant.organization, revoked_at__isnull=False)
    assert [key.name for key in revoked] == ["tests"]
    assert "has no key that ends in zzzz" in refusal("revoke_api_key", "zzzz", "--org", tenant.organization.name)


def test_tasks_advance_with_their_nodes(tenant: Tenant) -> None:
    """S171, S172, S173, S174, S175: after three steps the counts match the nodes."""
    names = ["Draft", "Translate", "Review"]
    workflow = tenant.workflow(nodes=[{"name": name, "status": "pending"} for name in names])
    paused = tenant.workflow(status="PAUSED")
    other = make_tenant().workflow()
    ids = make_tasks(workflow, 20)
    still = [*make_tasks(paused, 3), *make_tasks(other, 3)]
    before = list(NodeInstance.objects.filter(task_id__in=still).values_list("status", flat=True))
    for _ in range(3):
        run("advance_tasks", "--organization", tenant.organization.name)
    assert NodeInstance.objects.filter(task_id__in=ids).exclude(status="pending").exists()
    for task in Task.objects.filter(pk__in=ids).prefetch_related("nodes"):
        counts = summarize(node.status for node in task.nodes.all())
        stored = [task.nodes_total, task.nodes_finished, task.nodes_in_progress, task.nodes_pending]
        assert stored == list(counts.values())
    assert list(NodeInstance.objects.filter(task_id__in=still).values_list("status", flat=True)) == before
    assert "There is no organization" in refusal("advance_tasks", "--organization", "Nowhere")


@pytest.mark.django_db
def test_old_jobs_are_deleted() -> None:
    """S165: the queue does not grow for ever. A job that waits is not deleted, however old it is."""
    jobs = [process_upload.enqueue(str(uuid4())).id for _ in range(3)]
    DBTaskResult.objects.filter(pk__in=jobs[:2]).update(enqueued_at=timezone.now() - timedelta(days=8))
    DBTaskResult.objects.filter(pk=jobs[0]).update(status="SUCCESSFUL")
    assert "Jobs that are over: 1 removed" in run("tidy")
    assert {str(pk) for pk in DBTaskResult.objects.values_list("pk", flat=True)} == set(jobs[1:])


def test_who_has_an_older_account_is_named(tenant: Tenant, tmp_path: Path) -> None:
    """Somebody else may know its password, so the membership waits: without a word, the next command would fail."""
    email = tenant.admin.email
    told = run("load_organizations", write(tmp_path, {"name": "Second", "admins": [{"email": email}]}))
    assert f"{email} has an older account, and joins Second with a new password: password_link {email}" in told
    assert f"{email} joins it with a new password" in refusal("create_api_key", "Second", "--name", "k")
