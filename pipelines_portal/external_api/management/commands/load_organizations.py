import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.external_api.organizations.json_file import (
    BadOrganizationFileError,
    load_organizations,
    parse_organizations,
)


class Command(BaseCommand):
    help = "Create or update organizations, their people and their workflows from a JSON file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a JSON file, or - for standard input")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            content = parse_organizations(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
            waiting = load_organizations(content)
        except OSError as error:
            raise CommandError(f"{file} can't be read ({error.strerror}).") from error
        except BadOrganizationFileError as error:
            raise CommandError(str(error)) from error
        count = len(content.organizations)
        self.stdout.write(f"Loaded {count} organization{'' if count == 1 else 's'}.")
        for one in waiting:
            self.stdout.write(
                f"{one.person.email} has an older account, and joins {one.organization.name} with a new password: "
                f"password_link {one.person.email}"
            )
