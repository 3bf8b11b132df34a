from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.task_index.models import WorkflowIndex


class Command(BaseCommand):
    help = "Rebuild the task counts of all workflows, or of one. The worker reads the tasks again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workflow", nargs="?", type=int, help="the workflow's ID in Pipelines")

    def handle(self, *args: Any, **options: Any) -> None:
        indexes = WorkflowIndex.objects.filter(workflow__isnull=False).select_related("workflow")
        if options["workflow"] is not None:
            indexes = indexes.filter(workflow__workflow_id=options["workflow"])
        started = [new for index in indexes if (new := index.rebuild())]
        if not started and options["workflow"] is not None:
            raise CommandError("The tasks of this workflow are not read yet. Open its overview once.")
        self.stdout.write(f"Workflows to read again: {len(started):,}.")
