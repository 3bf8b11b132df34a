"""Rows that a query names, of a table that was just filled."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.shared.among import Among
from pipelines_portal.shared.together import together

pytestmark = pytest.mark.django_db
PEOPLE, FEW = 3_000, 50


def make_people() -> QuerySet[User]:
    made = [User(email=f"p{number}@acme.example", name=f"Person {number % 7}") for number in range(PEOPLE)]
    User.objects.bulk_create(made)
    return User.objects.filter(email__endswith="@acme.example")


def named(people: QuerySet[User]) -> QuerySet[User, Any]:
    return people.filter(name="Person 3").order_by("-pk").values("pk")


def test_they_are_those_of_an_in() -> None:
    people = make_people()
    few = named(people)[10 : 10 + FEW]
    found = people.filter(Among("pk", few)).order_by("pk")
    assert [one.pk for one in found] == [
        one.pk for one in people.filter(pk__in=[one["pk"] for one in few]).order_by("pk")
    ]
    assert together(found.values_list("pk", flat=True)) == [[one.pk for one in found]]
    assert people.filter(~Among("pk", few)).count() == PEOPLE - FEW


def test_none_are_named_by_none() -> None:
    people = make_people()
    assert list(people.filter(Among("pk", named(people.filter(pk__in=[]))[:FEW]))) == []
    assert together(people.filter(Among("pk", named(people.none())[:FEW]))) == [[]]


def test_postgresql_asks_for_them_once() -> None:
    """It knows nothing of the table: no statistics were made."""
    people = make_people()
    if connection.vendor != "postgresql":
        return
    found = people.filter(Among("pk", named(people)[:FEW]), is_active=True)
    (plan,) = json.loads(found.explain(format="json", analyze=True))
    assert sum(parts(plan["Plan"])) < 5 * PEOPLE


def parts(plan: dict[str, Any]) -> Iterator[float]:
    """Of each step, how many rows it looked at."""
    yield (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    for part in plan.get("Plans", []):
        yield from parts(part)
