"""What filters offer to choose from: whose, and to which workflow."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.bounds import LARGEST_ID
from pipelines_portal.shared.prepared import Given
from pipelines_portal.web.parameters import number_in
from pipelines_portal.workflows.access import workflow_labels

# More than a select shows well; of all others a link of the list leads to what they sent.
MOST_PEOPLE = 100


@dataclass(frozen=True)
class Choices:
    """`workflows` as a select takes them; `people` by name, with what names them."""

    workflows: list[tuple[str, str]] = field(default_factory=list)
    people: list[User] = field(default_factory=list)


def choices_in(opened: list[tuple[int, str]], people: list[tuple[int, str, str]]) -> Choices:
    """Of what `shown_workflows` and `shown_people` gave."""
    named = [User(pk=pk, name=name, email=email) for pk, name, email in people]
    return Choices(workflow_labels(opened), sorted(named, key=lambda person: (person.name.lower(), person.email)))


def asked_for(said: Any) -> int:
    """Whom an address names."""
    return number_in(str(said or ""), LARGEST_ID) or 0


def shown_people(people: QuerySet[User], asked: Given) -> QuerySet[User, tuple[int, str, str]]:
    """Of them as many as a select shows, and who is asked for."""
    first = User.objects.filter(pk__in=people.values("pk")[:MOST_PEOPLE]).order_by().values("pk")
    shown = first.union(people.filter(pk=asked).order_by().values("pk"))
    return User.objects.filter(pk__in=shown).order_by().values_list("pk", "name", "email")
