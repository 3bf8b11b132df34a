"""Reads that go in one query give what each gives alone."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import BigIntegerField, Count, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.shared.together import together
from pipelines_portal.submissions.models import Export, Submission
from pipelines_portal.workflows.models import OpenedWorkflow

pytestmark = pytest.mark.django_db


@prepared(person=BigIntegerField())
def keys_of(person: Given) -> QuerySet[SavedKey]:
    return SavedKey.objects.filter(owner=person).select_related("owner", "last_used_by").order_by("-name")  # type: ignore[arg-type]


@pytest.fixture
def person() -> User:
    maria = User.objects.create_user("maria@example.com", name="Maria %s ü\n\"'", last_seen_at=timezone.now())
    for number in range(12):
        sealed = bytes([0, number, 255])
        SavedKey.objects.create(owner=maria, name=f"Key {number:02}", encrypted_key=sealed, fingerprint=str(number))
    Export.objects.create(owner=maria, filters={"who": "team", "none": None}, names=["a", "ü"], last_at=timezone.now())
    Submission.objects.create(owner=maria, workflow_id=2**60, success_count=3, state="unknown")
    return maria


def reads(person: User) -> list[QuerySet[Any, Any]]:
    return [
        Export.objects.order_by("pk"),
        Submission.objects.filter(owner=person).select_related("owner", "key"),
        OpenedWorkflow.objects.all(),
        SavedKey.objects.filter(owner=person).order_by("-fingerprint", "name"),
        SavedKey.objects.filter(owner=person).order_by("name").values_list("name", flat=True)[2:7],
        Submission.objects.order_by().values_list("owner").annotate(Count("pk")),
        User.objects.values_list("is_active", "last_seen_at", "pk"),
        Submission.objects.values_list("pk", "is_dropped", "workflow_id", "created_at"),
        User.objects.filter(name__contains="% \\%").values_list("pk", flat=True),
        SavedKey.objects.filter(pk__in=[]),
    ]


def seen(found: Any) -> Any:
    """All that a row holds."""
    if not hasattr(found, "_meta"):
        return found
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in vars(found).items()
            if name != "_state"}  # fmt: skip


def test_each_gives_what_it_gives_alone_with_its_types_and_in_its_order(person: User) -> None:
    prepared_one = keys_of.asked(person=person.pk)
    with CaptureQueriesContext(connection) as queries:
        *found, keys, nobodys = together(*reads(person), prepared_one, keys_of.asked(person=2**63))
    assert len(queries) == 1
    for rows, alone in zip(found, reads(person), strict=True):
        assert [seen(row) for row in rows] == [seen(row) for row in alone]
    assert [seen(row) for row in keys] == [seen(row) for row in keys_of.all(person=person.pk)]
    assert (len(keys), keys[0].owner.email, keys[0].last_used_by, nobodys) == (12, "maria@example.com", None, [])


def test_what_cannot_find_anything_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert together(SavedKey.objects.none(), SavedKey.objects.filter(pk=2**63)) == [[], []]
    assert len(queries) == 0
