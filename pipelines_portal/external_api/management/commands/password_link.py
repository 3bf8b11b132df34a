from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.external_api.models import Person
from pipelines_portal.external_api.organizations.password_links import reset_account


class Command(BaseCommand):
    help = "End an account's password, two-step verification and sessions, and print a link for a new password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        try:
            link = reset_account(email)
        except Person.DoesNotExist:
            raise CommandError(f"There is no active account with the email {email}.") from None
        self.stdout.write(f"Send this link to {email.lower()} only. It works once, for 7 days:")
        self.stdout.write(link)
