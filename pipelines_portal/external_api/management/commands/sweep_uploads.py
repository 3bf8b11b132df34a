"""Sweep once, for installations that run it by a timer instead of in the worker."""

from typing import Any

from django.core.management.base import BaseCommand

from pipelines_portal.external_api.uploads.sweep import sweep


class Command(BaseCommand):
    help = "Cancel abandoned uploads, requeue those of dead workers, and delete unused files."

    def handle(self, *args: Any, **options: Any) -> None:
        sweep()
