from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.task_index.watching import begin_anew


class Command(BaseCommand):
    help = "Read the index of tasks anew, of all workflows or of the one with this ID. The worker does the reading."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workflow", nargs="?", type=int, help="The workflow's ID at the API")

    def handle(self, *args: Any, **options: Any) -> None:
        indexes = WorkflowIndex.objects.filter(workflow__isnull=False).select_related("workflow")
        if options["workflow"] is not None:
            indexes = indexes.filter(workflow__workflow_id=options["workflow"])
        begun = [index for index in map(begin_anew, indexes) if index]
        if not begun and options["workflow"] is not None:
            raise CommandError("Nobody has the tasks of that workflow read: open its overview once.")
        self.stdout.write(f"{len(begun):,} to be read anew.")
