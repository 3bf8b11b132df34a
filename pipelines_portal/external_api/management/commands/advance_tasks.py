import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections

from pipelines_portal.external_api.demo.simulation import advance_some
from pipelines_portal.external_api.models import Organization


class Command(BaseCommand):
    help = "Move the node instances of unfinished tasks on, the way work does: once, or every --interval seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", type=float, metavar="SECONDS")
        parser.add_argument("--organization", metavar="NAME", help="this organization's tasks only")

    def handle(self, *args: Any, interval: float | None, organization: str | None, **options: Any) -> None:
        if organization and not Organization.objects.filter(name=organization).exists():
            raise CommandError(f"There is no organization {organization!r}.")
        advance_some(organization)
        try:
            while interval:
                time.sleep(interval)
                self._try_to_advance(organization)
        except KeyboardInterrupt:
            return

    def _try_to_advance(self, organization: str | None) -> None:
        """A database that is away for a moment is no reason to end: the next step will do."""
        close_old_connections()
        try:
            advance_some(organization)
        except DatabaseError as error:
            self.stderr.write(f"This step is left out: {error}")
