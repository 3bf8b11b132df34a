from typing import Any

from django.core.management.base import BaseCommand

from pipelines_portal.core.preparation import require_migrated
from pipelines_portal.core.start_line import find_setup_link


class Command(BaseCommand):
    help = "Print the link to the form for the first account, or nothing if there are accounts."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        require_migrated()
        if link := find_setup_link():
            self.stdout.write(link)
