import os
import re
from typing import Any

from django.contrib.auth.management.commands import createsuperuser

NAME_VARIABLE = "DJANGO_SUPERUSER_NAME"


class Command(createsuperuser.Command):
    """Django's command, which needs a name. A script may leave it out."""

    help = "Create an administrator."

    def handle(self, *args: Any, **options: Any) -> Any:
        if not options["interactive"] and not os.environ.get(NAME_VARIABLE):
            options["name"] = options["name"] or name_in(options["email"] or "")
        return super().handle(*args, **options)


def name_in(email: str) -> str:
    """Return "Maria Weber" for maria.weber@example.com."""
    return " ".join(re.split(r"[._+-]+", email.partition("@")[0])).title()
