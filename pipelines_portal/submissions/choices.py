"""The people that a filter offers to choose from."""

from typing import Any

from django.db.models import QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.bounds import LARGEST_ID
from pipelines_portal.core.parameters import number_in

# More than a select shows well; of all others a link of the list leads to what they sent.
MOST_PEOPLE = 100


def asked_for(said: Any) -> int:
    """Whom an address names."""
    return number_in(str(said or ""), LARGEST_ID) or 0


def shown_people(people: QuerySet[User], asked: int) -> list[User]:
    """By name: as many of them as a select shows, and who is asked for."""
    first = User.objects.filter(pk__in=people.values("pk")[:MOST_PEOPLE]).order_by().values("pk")
    shown = first.union(people.filter(pk=asked).order_by().values("pk"))
    named = User.objects.filter(pk__in=shown).order_by().only("pk", "name", "email")
    return sorted(named, key=lambda person: (person.name.lower(), person.email))
