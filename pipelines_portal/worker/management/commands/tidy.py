from typing import Any

from django.core.management.base import BaseCommand

from pipelines_portal.shared.tidying import tidied
from pipelines_portal.worker.duties import TIDYING


class Command(BaseCommand):
    help = "Remove what is over or older than it is kept. The worker does so every hour by itself."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for line in tidied(TIDYING):
            self.stdout.write(line)
