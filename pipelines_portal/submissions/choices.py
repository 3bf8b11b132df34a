"""What filters offer to choose from: whose, and to which workflow."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.bounds import LARGEST_ID
from pipelines_portal.web.parameters import number_in
from pipelines_portal.workflows.access import shown_workflows, workflow_labels

# More than a select shows well; of all others a link of the list leads to what they sent.
MOST_PEOPLE = 100
NOTHING = Value("", output_field=CharField())


@dataclass(frozen=True)
class Choices:
    """`workflows` as a select takes them; `people` by name, with what names them."""

    workflows: list[tuple[str, str]] = field(default_factory=list)
    people: list[User] = field(default_factory=list)


def choices_for(user: User, people: QuerySet[User], asked: str) -> Choices:
    """Both in one query: of `people` as many as a select shows, and who is asked for."""
    found = list(_workflows(user).union(_people(people, asked), all=True))
    named = [User(pk=pk, name=name, email=email) for is_person, pk, name, email in found if is_person]
    opened = [(number, name) for is_person, number, name, _ in found if not is_person]
    return Choices(workflow_labels(opened), sorted(named, key=lambda person: (person.name.lower(), person.email)))


def _people(people: QuerySet[User], asked: str) -> QuerySet[Any, Any]:
    mine = people.filter(pk=number_in(asked, LARGEST_ID) or 0)
    shown = Q(pk__in=people.values("pk")[:MOST_PEOPLE]) | Q(pk__in=mine.order_by().values("pk"))
    named = User.objects.filter(shown).order_by().annotate(is_person=Value(True))
    return named.values_list("is_person", "pk", "name", "email")


def _workflows(user: User) -> QuerySet[Any, Any]:
    opened = shown_workflows(user).annotate(is_person=Value(False), nothing=NOTHING)
    return opened.values_list("is_person", "workflow_id", "name", "nothing")
