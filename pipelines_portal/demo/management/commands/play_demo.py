import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from pipelines_portal.demo.story import TODAY, TOM
from pipelines_portal.entry.imports.sending import send_requests
from pipelines_portal.entry.models import ImportJob

ROWS_PER_REQUEST = 16


class Command(BaseCommand):
    help = "Send an import of the demo slowly, so that people can watch it. It is sent once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, default=4.0, help="between two requests")

    def handle(self, *args: Any, seconds: float, **options: Any) -> None:
        import_job = ImportJob.objects.filter(owner__email=TOM, file_name=TODAY, status="checked").first()
        if import_job is None or not import_job.start_sending(import_job.owner, import_job.counts().ready):
            return
        place = ImportJob.objects.filter(pk=import_job.pk, status=ImportJob.Status.SENDING)
        place.update(rows_per_request=ROWS_PER_REQUEST)
        while place.update(start_at=None, due_at=timezone.now()):
            import_job.refresh_from_db()
            if import_job.take_lease():
                send_requests(import_job, most=1)
            time.sleep(seconds)
