from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.external_api.models import OrganizationKey
from pipelines_portal.external_api.organizations.keys import revoke


class Command(BaseCommand):
    help = "Revoke an API key. This cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("last4", help="the key's last 4 characters")
        parser.add_argument("--org", required=True, metavar="NAME", help="the organization's name")
        parser.add_argument("--name", help="the key's name, if several keys end in the same 4 characters")

    def handle(self, *args: Any, last4: str, org: str, name: str | None, **options: Any) -> None:
        keys = OrganizationKey.objects.filter(organization__name=org, last4=last4)
        if name is not None:
            keys = keys.filter(name=name)
        found = list(keys)
        if not found:
            raise CommandError(f"{org} has no key that ends in {last4}.")
        if len(found) > 1:
            raise CommandError(f"{len(found)} keys end in {last4}. Name the one to revoke with --name.")
        revoke(found[0])
        self.stdout.write(f"Key {found[0].name!r} (…{last4}) revoked.")
