"""One person of each kind, and a team they are in, or not."""

from dataclasses import dataclass
from typing import Any

from django.test import Client

from pipelines_portal.accounts.models import Team, User
from pipelines_portal.audit.models import Event
from tests.factories import confirm_in, make_person, make_team


@dataclass
class Cast:
    """`team` has a lead, a member and a viewer; the administrator and the stranger are in none."""

    team: Team
    administrator: User
    lead: User
    member: User
    viewer: User
    stranger: User

    def client(self, name: str) -> Client:
        """Signed in as one of them; `anonymous` is nobody."""
        client = Client()
        if name != "anonymous":
            client.force_login(getattr(self, name))
        return client

    def confirmed(self, name: str) -> Client:
        """Signed in as one of them, who has just shown once more who they are."""
        return confirm_in(self.client(name), getattr(self, name))


def make_cast() -> Cast:
    make = make_person
    people: dict[str, Any] = {
        "administrator": make("admin@acme.example", name="Maria Weber", role="administrator"),
        "lead": make("lead@acme.example", name="Ben Okafor"),
        "member": make("member@acme.example", name="Ana Costa"),
        "viewer": make("viewer@acme.example", name="Priya Nair", role="viewer"),
        "stranger": make("stranger@acme.example", name="Olu Adeyemi"),
    }
    team = make_team(people["member"], people["viewer"], lead=people["lead"])
    return Cast(team=team, **people)


def events(*verbs: str) -> list[tuple[str, str, str]]:
    """Return actor, verb and target of each event, oldest first."""
    found = Event.objects.order_by("id")
    found = found.filter(verb__in=verbs) if verbs else found
    return [(event.actor_email, event.verb, event.target_label) for event in found]
