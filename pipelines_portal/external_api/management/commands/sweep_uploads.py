"""Sweep once, for installations that run it by a timer instead of in the worker."""

from typing import Any

from django.core.management.base import BaseCommand

from pipelines_portal.external_api.uploads.sweep import sweep


class Command(BaseCommand):
    help = "Cancel abandoned uploads, queue again what lost its worker, delete files nobody needs."

    def handle(self, *args: Any, **options: Any) -> None:
        sweep()
