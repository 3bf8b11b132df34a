"""Queries whose SQL is made once answer as the same queries made anew."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import BigIntegerField, CharField, DateTimeField, QuerySet
from django.db.models.constants import OnConflict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.shared.prepared import NUMBERS, TEXTS, Given, prepared, prepared_write
from pipelines_portal.workflows.models import OpenedWorkflow, WorkflowMark
from tests.factories import make_person, open_workflow, save_key

pytestmark = pytest.mark.django_db
MARIA, KEY = "maria@example.com", "pk_live_" + "0" * 40


@prepared(person=BigIntegerField(), since=DateTimeField())
def opened_since(person: Given, since: Given) -> QuerySet[OpenedWorkflow]:
    workflows = OpenedWorkflow.objects.filter(key__in=SavedKey.objects.usable_by(person).values("pk"))  # type: ignore[arg-type]
    mine = workflows.filter(opened_at__gte=since).marked_by(person)  # type: ignore[arg-type]
    return mine.in_sight().recent_first().select_related("key__owner").defer("key__encrypted_key")


@prepared(email=CharField())
def names_of(email: Given) -> QuerySet[User, str]:
    return User.objects.filter(email=email).values_list("name", flat=True)


@prepared_write(person=BigIntegerField(), name=CharField(), at=DateTimeField())
def renamed(person: Given, name: Given, at: Given) -> tuple[QuerySet[User], dict[str, Any]]:
    return User.objects.filter(pk=person), {"name": name, "last_seen_at": at}


@prepared_write(email=CharField(), joined=DateTimeField())
def added(email: Any, joined: Any) -> User:
    return User(email=email, date_joined=joined, password="!")


@prepared_write(email=CharField(), joined=DateTimeField())
def added_once(email: Any, joined: Any) -> tuple[User, OnConflict]:
    return User(email=email, date_joined=joined, password="!"), OnConflict.IGNORE


@prepared(people=NUMBERS, emails=TEXTS)
def several(people: Given, emails: Given) -> QuerySet[User, str]:
    return User.objects.filter(pk__in=people, email__in=emails).order_by("email").values_list("email", flat=True)


def open_pinned_workflow() -> OpenedWorkflow:
    """Return a workflow that Maria opened with her key, and pinned."""
    workflow = open_workflow(save_key(make_person(MARIA, name="Maria"), KEY), name="French")
    WorkflowMark.objects.create(workflow=workflow, user=workflow.key.owner, is_pinned=True)
    return workflow


def test_it_gives_models_with_their_relations_annotations_and_deferred_fields() -> None:
    workflow = open_pinned_workflow()
    person = workflow.key.owner
    since = workflow.opened_at - timedelta(minutes=1)
    with CaptureQueriesContext(connection) as queries:
        (found,) = opened_since.all(person=person.pk, since=since)
        assert (found.name, found.is_pinned, found.opened_at) == ("French", True, workflow.opened_at)
        assert found.key.owner.email == MARIA
    assert len(queries) == 1
    assert found.key.get_deferred_fields() == {"encrypted_key"}
    assert found.key.reveal() == KEY


def test_only_the_values_of_a_call_count() -> None:
    workflow = open_pinned_workflow()
    person = workflow.key.owner
    stranger = make_person("ben@example.com", name="Ben")
    since, later = workflow.opened_at, workflow.opened_at + timedelta(seconds=1)
    assert opened_since.first(person=person.pk, since=since) == workflow
    assert opened_since.first(person=stranger.pk, since=since) is None
    assert opened_since.first(person=person.pk, since=later) is None
    assert opened_since.first(person=person.pk, since=since) == workflow
    assert opened_since.first(person=2**63, since=since) is None
    assert names_of.all(email="ben@example.com") == ["Ben"]
    assert names_of.all(email=f"{MARIA}' OR '1'='1") == []


def test_an_update_says_how_many_it_met() -> None:
    person = make_person(MARIA, name="Maria")
    now = timezone.now()
    assert renamed.run(person=person.pk, name="Maria Weber", at=now) == 1
    assert renamed.run(person=0, name="Nobody", at=now) == 0
    person.refresh_from_db()
    assert (person.name, person.last_seen_at) == ("Maria Weber", now)


def test_an_insert_takes_what_it_is_given_and_defaults_for_the_rest() -> None:
    now = timezone.now()
    for email in ("one@example.com", "two's@example.com"):
        assert added.run(email=email, joined=now) == 1
    found = User.objects.order_by("email").values_list("email", "date_joined", "role", "is_active", "last_seen_at")
    assert list(found) == [(email, now, "operator", True, None) for email in ("one@example.com", "two's@example.com")]


def test_an_insert_that_is_there_already_meets_no_row() -> None:
    make_person(MARIA, name="Maria")
    now = timezone.now()
    assert added_once.run(email=MARIA, joined=now) == 0
    assert [added_once.run(email="ben@example.com", joined=now) for _ in range(2)] == [1, 0]
    assert User.objects.count() == 2


def test_any_number_of_values_is_one_query() -> None:
    person = make_person(MARIA, name="Maria")
    ben = make_person('ben"o@example.com')
    everybody, emails = [person.pk, ben.pk, 10**30], [person.email, ben.email]
    assert several.all(people=everybody, emails=emails) == sorted(emails)
    assert several.all(people=[ben.pk], emails=emails) == [ben.email]
    assert several.all(people=[], emails=emails) == several.all(people=everybody, emails=[]) == []


@pytest.mark.django_db(transaction=True)
def test_threads_ask_over_connections_of_their_own() -> None:
    make_person(MARIA, name="Maria")
    found: list[list[str]] = []

    def ask() -> None:
        found.append(names_of.all(email=MARIA))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["Maria"]] * 4
