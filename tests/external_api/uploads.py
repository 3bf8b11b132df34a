"""The ZIP flow as a client goes through it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pipelines_portal.external_api.models import Upload, WorkerHeartbeat, Workflow
from pipelines_portal.external_api.uploads.process import process_upload
from tests.external_api.factories import FILE_FIELD, LANGUAGE_FIELD, Tenant
from tests.external_api.server import Api

PORTAL_ORIGIN = "http://portal.test"
ENDED = ("completed", "failed", "cancelled")
FRONT_FIELD = FILE_FIELD | {"name": "front", "title": "Front"}
BACK_FIELD = FILE_FIELD | {"name": "back", "title": "Back"}
CAPTIONED_FIELDS = [FILE_FIELD, LANGUAGE_FIELD]


@dataclass
class Stack:
    """An API and its storage. What differs between one process and several is left to subclasses."""

    server: Api
    storage: str

    def path(self, workflow: Workflow, upload_id: str = "", tail: str = "") -> str:
        return f"/workflows/{workflow.pk}/tasks/upload" + (f"/{upload_id}" if upload_id else "") + tail

    def start(self, tenant: Tenant, workflow: Workflow, **body: Any) -> dict[str, Any]:
        """Start an upload, which must succeed."""
        answer = self.server.post(self.path(workflow), key=tenant.key, json=body)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def put(self, started: dict[str, Any], archive: Any) -> requests.Response:
        return self.request("PUT", started["upload_url"], data=archive, headers={"Content-Type": "application/zip"})

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """Send a request to the storage, as a client does that knows nothing but the URL."""
        with self.server.new_session() as session:
            return session.request(method, url, timeout=120, **options)

    def confirm(self, tenant: Tenant, workflow: Workflow, started: dict[str, Any]) -> requests.Response:
        return self.server.post(self.path(workflow, started["upload_id"], "/confirm"), key=tenant.key)

    def status(self, tenant: Tenant, workflow: Workflow, started: dict[str, Any]) -> dict[str, Any]:
        answer = self.server.get(self.path(workflow, started["upload_id"]), key=tenant.key)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stored(self, tenant: Tenant, workflow: Workflow, archive: Any, **body: Any) -> dict[str, Any]:
        """Start an upload and store its archive."""
        started = self.start(tenant, workflow, **body)
        answer = self.put(started, archive)
        assert answer.status_code == 200, answer.text
        return started

    def process(self, tenant: Tenant, workflow: Workflow, archive: Any, **body: Any) -> dict[str, Any]:
        """Start, store and confirm an upload, and return its last status. There must be a worker."""
        started = self.stored(tenant, workflow, archive, **body)
        answer = self.confirm(tenant, workflow, started)
        assert (answer.status_code, answer.json()["status"]) == (202, "processing")
        return self.wait(tenant, workflow, started)

    def worker(self) -> AbstractContextManager[object]:
        """Return a block in which a worker takes jobs."""
        raise NotImplementedError

    def sweep(self) -> None:
        raise NotImplementedError

    def wait(self, tenant: Tenant, workflow: Workflow, started: dict[str, Any], seconds: float = 240) -> dict[str, Any]:
        """Return the status of an upload that has ended. There must be a worker."""
        raise NotImplementedError

    def objects(self, started: dict[str, Any]) -> dict[str, bytes]:
        """Return everything that the storage has for an upload, by name."""
        raise NotImplementedError


@dataclass
class InProcessStack(Stack):
    """The embedded storage. A job is done when a test waits for its upload."""

    @contextmanager
    def worker(self) -> Iterator[None]:
        heartbeat = add_heartbeat()
        yield
        heartbeat.delete()

    def sweep(self) -> None:
        call_command("sweep_uploads")

    def wait(self, tenant: Tenant, workflow: Workflow, started: dict[str, Any], seconds: float = 240) -> dict[str, Any]:
        assert WorkerHeartbeat.objects.exists()
        run_jobs()
        state = self.status(tenant, workflow, started)
        assert state["status"] in ENDED, state
        return state

    def objects(self, started: dict[str, Any]) -> dict[str, bytes]:
        return folder_objects(started["upload_id"])


def run_jobs() -> None:
    """Do the jobs that are in the queue, as a worker would."""
    for job in DBTaskResult.objects.ready():
        process_upload.call(*job.args_kwargs["args"])
        job.delete()


def add_heartbeat(**ago: float) -> WorkerHeartbeat:
    """Record a worker's heartbeat: to the API that worker is alive, whether there is one or not."""
    return WorkerHeartbeat.objects.create(worker_id=uuid4().hex, seen_at=timezone.now() - timedelta(**ago))


def folder_objects(upload_id: str) -> dict[str, bytes]:
    """Return what the embedded storage has for an upload, by name."""
    folder = Path(settings.DATA_DIR) / "storage"
    paths = [*folder.glob(f"archives/{upload_id}.zip"), *folder.glob(f"files/{upload_id}/*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def change(started: dict[str, Any], **changes: Any) -> None:
    """Change the row of an upload, its times for example."""
    assert Upload.objects.filter(pk=started["upload_id"]).update(**changes)
