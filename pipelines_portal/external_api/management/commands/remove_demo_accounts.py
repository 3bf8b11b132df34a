from typing import Any

from django.core.management.base import BaseCommand

from pipelines_portal.external_api.models import Person


class Command(BaseCommand):
    help = "Delete the accounts of the demo. Its organizations, keys, workflows and tasks stay."

    def handle(self, *args: Any, **options: Any) -> None:
        people = Person.objects.filter(is_demo=True)
        count = people.count()
        people.delete()
        self.stdout.write(f"Demo accounts removed: {count}.")
