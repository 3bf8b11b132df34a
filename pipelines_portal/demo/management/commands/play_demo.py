import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from pipelines_portal.demo.story import TODAY, TOM
from pipelines_portal.entry.imports.sending import send_requests
from pipelines_portal.entry.models import Sheet

ROWS_PER_REQUEST = 16


class Command(BaseCommand):
    help = "Send an import of the demo slowly, so that people can watch it. It is sent once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, default=4.0, help="between two requests")

    def handle(self, *args: Any, seconds: float, **options: Any) -> None:
        sheet = Sheet.objects.filter(owner__email=TOM, file_name=TODAY, status="checked").first()
        if sheet is None or not sheet.start_sending(sheet.owner, sheet.counts().ready):
            return
        place = Sheet.objects.filter(pk=sheet.pk, status=Sheet.Status.SENDING)
        place.update(rows_per_request=ROWS_PER_REQUEST)
        while place.update(start_at=None, due_at=timezone.now()):
            sheet.refresh_from_db()
            if sheet.take_lease():
                send_requests(sheet, most=1)
            time.sleep(seconds)
