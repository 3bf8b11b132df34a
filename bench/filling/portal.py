"""Fill the portal's database. The last line of output is JSON.

python -m filling.portal company few|many DIVISOR KEY      prints the addresses of its pages
python -m filling.portal operators WORKFLOWS               makes a person for each key in the JSON on standard input
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import django


def make_company(name: str, divisor: str, key: str) -> dict[str, Any]:
    from .addresses import addresses_for
    from .company import make_company
    from .size import FEW, MANY, reduced

    return addresses_for(make_company(FEW if name == "few" else reduced(MANY, int(divisor)), key))


def make_operators(workflows: str) -> list[int]:
    """Make people who each own a key and have opened some workflows. Return the ids of their keys."""
    from django.contrib.auth.hashers import make_password

    from pipelines_portal.accounts.models import User

    from .people import PASSWORD, WORKFLOW, make_keys, open_workflows

    password, ids = make_password(PASSWORD), []
    for number, text in enumerate(json.load(sys.stdin)):
        person = User.objects.create(email=f"operator{number}@acme.example", password=password)
        [key] = make_keys(person, [text])
        open_workflows(key, list(range(WORKFLOW, WORKFLOW + int(workflows))))
        ids.append(key.pk)
    return ids


COMMANDS: dict[str, Callable[..., Any]] = {"company": make_company, "operators": make_operators}


def main(command: str, *arguments: str) -> None:
    django.setup()
    print(json.dumps(COMMANDS[command](*arguments)))


if __name__ == "__main__":
    main(*sys.argv[1:])
