from typing import Any

from django.core.management.base import BaseCommand

from pipelines_portal.core.demo_accounts import refused_accounts
from pipelines_portal.core.preparation import prepare


class Command(BaseCommand):
    help = "Prepare to start: migrate the database and collect static files."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        prepare()
        if count := refused_accounts():
            self.stdout.write(
                f"Demo accounts in the External API's database: {count}. Their passwords are published, so they "
                "can't sign in here. Remove them with manage.py remove_demo_accounts --settings "
                "pipelines_portal.settings.external_api, or start with an empty DATA_DIR."
            )
