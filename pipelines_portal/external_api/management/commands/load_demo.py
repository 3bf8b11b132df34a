import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from pipelines_portal.external_api.demo.load import load_demo
from pipelines_portal.external_api.demo.story import tell_story


class Command(BaseCommand):
    help = "Load the two demo organizations with their workflows and tasks. Loads nothing the second time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--story", action="store_true", help="print what the portal's load_demo reads, with a key")
        parser.add_argument("--start", type=datetime.fromisoformat, help="the time now, in the time zone of the story")

    @transaction.atomic
    def handle(self, *args: Any, story: bool, start: datetime | None, **options: Any) -> None:
        start = start or timezone.now()
        is_new = load_demo(start)
        if story:
            self.stdout.write(json.dumps(tell_story(start, is_new=is_new)))
