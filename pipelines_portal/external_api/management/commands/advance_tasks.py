from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.external_api.demo.simulation import advance_some
from pipelines_portal.external_api.models import Organization


class Command(BaseCommand):
    help = "Advance unfinished tasks by one step, like real work. The demo's worker does this regularly."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="NAME", help="this organization's tasks only")

    def handle(self, *args: Any, organization: str | None, **options: Any) -> None:
        if organization and not Organization.objects.filter(name=organization).exists():
            raise CommandError(f"There is no organization named {organization!r}.")
        advance_some(organization)
