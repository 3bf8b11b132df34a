"""The SQL for one workflow and for the sidebar returns the same rows as plain querysets."""

from itertools import product
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow, WorkflowMark
from pipelines_portal.workflows.reads import read_listed_workflows, read_usable_workflow
from tests.factories import make_person, make_team, open_workflow, save_key, share_key

pytestmark = pytest.mark.django_db


def plain(user: User, key_id: int, workflow_id: int) -> OpenedWorkflow | None:
    usable = SavedKey.objects.usable_by(user).filter(pk=key_id)
    opened = OpenedWorkflow.objects.filter(key__in=usable, workflow_id=workflow_id)
    return opened.select_related("key__owner").first()


def columns(row: Any) -> list[Any]:
    values = [getattr(row, field.attname) for field in row._meta.concrete_fields]
    return [bytes(value) if isinstance(value, memoryview) else value for value in values]


def test_the_sql_returns_the_same_workflow_as_the_queryset_for_everybody() -> None:
    """Everybody is the owner, a person it is shared with, a member of one team or of two, and a stranger."""
    people = [make_person(f"{name}@acme.example") for name in ("owner", "friend", "member", "both", "stranger")]
    owner, friend, member, both, _ = people
    keys = [save_key(owner, f"pk_live_{number:040x}", f"Key {number}") for number in range(2)]
    for key, number in product(keys, (42, 43)):
        open_workflow(key, number, has_file_fields=number == 43, title_field="a")
    share_key(keys[0], friend)
    share_key(keys[0], make_team(member, both))
    share_key(keys[0], make_team(both, name="Second"))
    SavedKey.objects.update(rejected_at=timezone.now(), last_used_by=friend)
    for user, key, number in product(people, keys, (42, 43, 44)):
        found, expected = read_usable_workflow(user, key.pk, number), plain(user, key.pk, number)
        assert (found is None) == (expected is None), (user, key, number)
        if found and expected:
            assert columns(found) == columns(expected)
            assert columns(found.key) == columns(expected.key)
            assert columns(found.key.owner) == columns(expected.key.owner)
            assert found.key.decrypt() == expected.key.decrypt()


@pytest.mark.parametrize("key_id", [0, 2**63 - 1, 2**63, 2**70])
def test_ids_that_are_too_large_for_a_column_match_nothing(key_id: int) -> None:
    person = make_person()
    assert read_usable_workflow(person, key_id, 42) is None
    assert read_usable_workflow(person, 1, key_id) is None


def test_the_sql_returns_the_same_sidebar_as_the_queryset() -> None:
    """Some are pinned, hidden, visited, or hidden by another person. Names differ in case alone."""
    person, other = make_person(), make_person("other@acme.example")
    key = save_key(person, f"pk_live_{1:040x}")
    opened = [open_workflow(key, 50 - number, name=name) for number, name in enumerate("bBaAcdefg")]
    for number, values in ((0, {"is_hidden": True}), (1, {"is_pinned": True}), (2, {"visited_at": timezone.now()})):
        WorkflowMark.objects.create(workflow=opened[number], user=person, **values)
    WorkflowMark.objects.create(workflow=opened[3], user=person, visited_at=timezone.now())
    WorkflowMark.objects.create(workflow=opened[4], user=other, is_hidden=True, is_pinned=True)
    for user, count in product((person, other), (3, 20)):
        plain = OpenedWorkflow.objects.filter(key=key).marked_by(user).in_sight().pinned_first()[:count]
        found = read_listed_workflows(user.pk, key.pk, count)
        assert [(one.workflow_id, one.name, one.status, one.is_pinned, one.accepts_tasks) for one in found] == [
            (one.workflow_id, one.name, one.status, bool(one.is_pinned), one.accepts_tasks) for one in plain
        ]
    assert read_listed_workflows(person.pk, key.pk + 1, 20) == []
