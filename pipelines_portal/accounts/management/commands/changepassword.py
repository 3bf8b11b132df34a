from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.passwords import set_password_by_command

MOST_TRIES = 3


class Command(BaseCommand):
    """Replaces Django's command, which overwrites the whole row and records no event."""

    help = "Set a person’s password and sign them out everywhere."
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The person’s email.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = User.objects.get_by_natural_key(options["email"])
        except User.DoesNotExist:
            raise CommandError(f"No account for {options['email']}.") from None
        self.stdout.write(f"New password for {person.email}")
        set_password_by_command(person, self._password_for(person))
        self.stdout.write(f"Password of {person.email} changed. They’re signed out everywhere.")

    def _password_for(self, person: User) -> str:
        for _ in range(MOST_TRIES):
            password = getpass("Password: ")
            try:
                if getpass("Password (again): ") != password:
                    raise ValidationError("The passwords don’t match.")
                validate_password(password, person)
            except ValidationError as rejection:
                self.stderr.write("\n".join(rejection.messages))
            else:
                return password
        raise CommandError("Password not changed.")
