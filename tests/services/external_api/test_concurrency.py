"""Sixteen clients at the same time: no errors, and nothing is lost or duplicated."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.utils import timezone

from pipelines_portal.external_api.models import NodeInstance, OrganizationKey
from pipelines_portal.external_api.organizations.password_links import reset_account
from pipelines_portal.external_api.organizations.people import add_person
from tests.external_api.factories import Tenant, make_person
from tests.external_api.people import Visitor, signed_in
from tests.external_api.server import Server
from tests.services.external_api.crowd import THREADS, crowd

BATCHES = 6
SIZE = 25


def test_creating_and_listing_together(server: Server, tenant: Tenant) -> None:
    """S6, S7, S85, S97, S103, S181: ids are unique, pages are in order, and new tasks can be read immediately."""
    workflow = tenant.workflow()
    path = f"/workflows/{workflow.pk}/tasks"

    def work(client: Server, number: int) -> list[int]:
        made: list[int] = []
        for batch in range(BATCHES):
            rows = [{"input_text": f"{number}/{batch}/{n}", "target_language": "French"} for n in range(SIZE)]
            answer = client.post(path, key=tenant.key, json={"tasks": [{"fields": row} for row in rows]})
            assert answer.status_code == 200, answer.text
            made += answer.json()["task_ids"]
            assert client.get(f"{path}/{made[-1]}", key=tenant.key).status_code == 200
            assert_pages_in_order(client, path, tenant.key)
        return made

    made = [pk for ids in crowd(server, work) for pk in ids]
    assert len(made) == len(set(made)) == THREADS * BATCHES * SIZE
    assert list(workflow.tasks.order_by("pk").values_list("pk", flat=True)) == sorted(made)
    texts = {fields["input_text"] for fields in workflow.tasks.values_list("fields", flat=True)}
    assert len(texts) == len(made)
    assert NodeInstance.objects.filter(task__workflow=workflow).count() == 2 * len(made)
    assert "locked" not in server.output()


def assert_pages_in_order(client: Server, path: str, key: str) -> None:
    """Check that the ids of three pages only decrease."""
    last, cursor = None, ""
    for _ in range(3):
        answer = client.get(path, key=key, params={"limit": 50, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        ids = [task["id"] for task in answer.json()["tasks"]]
        assert ids == sorted(set(ids), reverse=True)
        assert last is None or not ids or ids[0] < last
        cursor = answer.json()["next_cursor"] or ""
        if not cursor:
            return
        last = ids[-1]


def test_batches_of_one_request_have_rising_ids(server: Server, tenant: Tenant) -> None:
    """S133: task_ids are in the order of the tasks, although others create tasks, too."""
    workflow = tenant.workflow()

    def work(client: Server, number: int) -> list[int]:
        rows = [{"fields": {"input_text": str(n), "target_language": "French"}} for n in range(300)]
        return client.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, json={"tasks": rows}).json()["task_ids"]

    for ids in crowd(server, work):
        sent = dict(workflow.tasks.filter(pk__in=ids).values_list("pk", "fields"))
        assert [sent[pk]["input_text"] for pk in ids] == [str(n) for n in range(300)]


def test_simultaneous_requests_update_last_used(server: Server, tenant: Tenant) -> None:
    """S47: sixteen requests find that it is over a minute ago."""
    before = timezone.now() - timedelta(minutes=5)
    OrganizationKey.objects.filter(pk=tenant.api_key.pk).update(last_used_at=before)
    workflow = tenant.workflow()
    statuses = crowd(server, lambda client, _: client.get(f"/workflows/{workflow.pk}", key=tenant.key).status_code)
    assert statuses == [200] * THREADS
    assert OrganizationKey.objects.get(pk=tenant.api_key.pk).last_used_at > before


def test_simultaneous_edits_of_a_workflow_do_not_overwrite_each_other(server: Server, tenant: Tenant) -> None:
    """All send the form that they saw: one is saved, and the others learn of it."""
    workflow = tenant.workflow()
    path = f"/organization-keys/{tenant.organization.pk}/workflows/{workflow.pk}"
    visitors = [signed_in(server, make_person("admin", tenant.organization)) for _ in range(4)]
    pages = [visitor.get(path) for visitor in visitors]

    def work(client: Server, number: int) -> int:
        typed = {"workflow-name": f"Name {number}"}
        return visitors[number].submit(pages[number], typed, allow_redirects=False).status_code

    statuses = crowd(server, work, threads=4)
    assert sorted(statuses) == [302, 409, 409, 409]
    workflow.refresh_from_db()
    assert workflow.name == f"Name {statuses.index(302)}"


def test_admins_who_leave_at_the_same_moment_leave_one_behind(server: Server, tenant: Tenant) -> None:
    others = [make_person("admin", tenant.organization) for _ in range(3)]
    people = [tenant.admin, *others]
    visitors = [signed_in(server, person) for person in people]
    paths = [f"/organization-keys/{tenant.organization.pk}/people/{person.pk}/remove" for person in people]
    pages = [visitor.get(path) for visitor, path in zip(visitors, paths, strict=True)]

    def work(client: Server, number: int) -> int:
        return visitors[number].submit(pages[number], {}, allow_redirects=False).status_code

    assert sorted(crowd(server, work, threads=4)) == [302, 302, 302, 422]
    assert tenant.organization.memberships.count() == 1


def test_a_password_link_works_in_one_of_many_browsers(server: Server, tenant: Tenant) -> None:
    """Many browsers use one link at the same time, and one succeeds, also while an admin removes the person."""
    person = make_person()
    add_person(tenant.organization, person.email, "member")
    address = urlsplit(reset_account(person.email))
    browsers = [Visitor(server) for _ in range(8)]
    opened = [browser.get(f"{address.path}?{address.query}") for browser in browsers]
    admin = signed_in(server, tenant.admin)
    removal = admin.get(f"/organization-keys/{tenant.organization.pk}/people/{person.pk}/remove")

    def work(client: Server, number: int) -> int:
        if number == len(browsers):
            return admin.submit(removal, {}, allow_redirects=False).status_code
        password = f"a long password {number}"
        typed = {"new_password1": password, "new_password2": password}
        return browsers[number].submit(opened[number], typed, allow_redirects=False).status_code

    *answers, removed = crowd(server, work, 9)
    assert sorted(answers) == [302] + [404] * 7
    person.refresh_from_db()
    assert person.check_password(f"a long password {answers.index(302)}")
    assert removed == 302 and not person.memberships.exists() and not person.waiting_memberships.exists()
