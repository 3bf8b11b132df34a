"""What the External API's benches share: a database of their own, an organization, a client."""

import atexit
import gc
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
FOLDER = tempfile.mkdtemp(prefix="pipelines-portal-bench-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
(Path(FOLDER) / "static" / "external_api").mkdir(parents=True)
os.environ |= {
    "DATA_DIR": FOLDER,
    "DJANGO_SETTINGS_MODULE": "pipelines_portal.external_api.settings",
    "EXTERNAL_API_KEY_LIMIT": "1000000/minute",
}

import django  # noqa: E402 the environment comes first

django.setup()

from django.core.management import call_command  # noqa: E402

from pipelines_portal.external_api.models import Membership, Organization, Person, Workflow  # noqa: E402
from pipelines_portal.external_api.organizations.keys import create_key  # noqa: E402
from pipelines_portal.external_api.wsgi import application  # noqa: E402

FIELDS = [
    {"name": "input_text", "title": "Text to translate", "type": "long_text", "required": True},
    {
        "name": "target_language",
        "title": "Language",
        "type": "select",
        "required": True,
        "options": ["French", "German"],
    },
    {"name": "priority", "title": "Priority", "type": "rating", "required": False, "min": 1, "max": 5},
]
NODES = [{"name": name, "status": "pending"} for name in ("Draft", "Translate", "Check", "Review", "Sign-off")]


@dataclass
class Caller:
    """Calls the whole server, middleware and all, without a socket between."""

    key: str

    def call(self, method: str, path: str, body: bytes = b"") -> bytes:
        url, _, query = path.partition("?")
        environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": f"/api/v1{url}", "QUERY_STRING": query}
        environ |= {"HTTP_AUTHORIZATION": f"Bearer {self.key}", "CONTENT_TYPE": "application/json"}
        environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body), "REMOTE_ADDR": "127.0.0.1"}
        setup_testing_defaults(environ)
        statuses: list[str] = []
        answer = application(environ, lambda status, headers: statuses.append(status))
        content = b"".join(answer)
        answer.close()
        assert statuses == ["200 OK"], (statuses, content[:500])
        return content


def set_up() -> tuple[Workflow, Caller]:
    """A workflow of five nodes, and a caller whose every request carries a key for it."""
    call_command("migrate", verbosity=0)
    organization = Organization.objects.create(name="Bench")
    admin = Person.objects.create_user("bench@example.com")
    Membership.objects.create(organization=organization, person=admin, role=Membership.Role.ADMIN)
    _, key = create_key(organization, "bench", "none", admin)
    workflow = Workflow.objects.create(
        organization=organization, name="Bench", status="ACTIVE", fields=FIELDS, nodes=NODES
    )
    return workflow, Caller(key)


def seconds(rounds: int, **contestants: Callable[[], Any]) -> dict[str, float]:
    """The best time of each, taken in turns: what the work costs, without what else the machine was doing."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            gc.collect()
            started = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - started)
    return {name: min(values) for name, values in times.items()}


def report(claim: str, ratio: float, limit: float) -> bool:
    holds = ratio <= limit
    print(f"{'holds' if holds else 'FAILS'}  {claim}: {ratio:.2f} (at most {limit})")
    return holds
