from typing import Any

from django.core.management.base import BaseCommand

from pipelines_portal.external_api.demo.load import load_demo


class Command(BaseCommand):
    help = "Load the two demo organizations with their workflows and tasks. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        load_demo()
