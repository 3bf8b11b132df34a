from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.external_api.models import Membership, Organization, Person, WaitingMembership
from pipelines_portal.external_api.organizations.keys import create_key

LIFETIMES = {"never": "none", "30d": "30d", "90d": "90d", "1y": "1y"}


class Command(BaseCommand):
    help = "Create an API key. It is printed once, on the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization")
        parser.add_argument("--name", required=True, help="the key's name")
        parser.add_argument("--expires", choices=LIFETIMES, default="never")
        parser.add_argument("--expires-at", type=_time, help="an ISO 8601 time, instead of --expires")
        parser.add_argument("--created-by", metavar="EMAIL", help="default: the organization's first admin")

    def handle(self, *args: Any, organization: str, name: str, **options: Any) -> None:
        found = Organization.objects.filter(name=organization).first()
        if found is None:
            raise CommandError(f"There is no organization named {organization!r}.")
        if not 1 <= len(name.strip()) <= 200:
            raise CommandError("Give a --name of 1 to 200 characters.")
        key, text = create_key(
            found, name.strip(), LIFETIMES[options["expires"]], _creator(found, options["created_by"])
        )
        if options["expires_at"]:
            key.expires_at = options["expires_at"]
            key.save(update_fields=["expires_at"])
        self.stdout.write(f"Key {key.name!r} of {found.name}, {_expiry_text(key.expires_at)}:")
        self.stdout.write(text)


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _creator(organization: Organization, email: str | None) -> Person:
    people = Membership.objects.filter(organization=organization).order_by("pk").select_related("person")
    wanted = people.filter(person__email=email.lower()) if email else people.filter(role=Membership.Role.ADMIN)
    membership = wanted.first()
    if membership is None:
        reason = f"has no member with the email {email}" if email else "has no admin"
        waiting = WaitingMembership.objects.filter(organization=organization).select_related("person").first()
        advice = f"{waiting.person.email} joins it with a new password" if waiting else "Name someone with --created-by"
        raise CommandError(f"{organization.name} {reason}. {advice}.")
    return membership.person


def _expiry_text(expires_at: datetime | None) -> str:
    return f"expires {expires_at:%Y-%m-%d %H:%M} UTC" if expires_at else "never expires"
