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

    help = "Set the password of whoever signs in with that email. They are signed out everywhere."
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The email they sign in with.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = User.objects.get_by_natural_key(options["email"])
        except User.DoesNotExist:
            raise CommandError(f"Nobody signs in with {options['email']} here.") from None
        self.stdout.write(f"A new password for {person.email}")
        set_password_by_command(person, self._password_for(person))
        self.stdout.write(f"The password of {person.email} is set. They are signed out everywhere.")

    def _password_for(self, person: User) -> str:
        for _ in range(MOST_TRIES):
            password = getpass("Password: ")
            try:
                if getpass("Password (again): ") != password:
                    raise ValidationError("These two are not the same.")
                validate_password(password, person)
            except ValidationError as refusal:
                self.stderr.write("\n".join(refusal.messages))
            else:
                return password
        raise CommandError("Nothing was changed.")
