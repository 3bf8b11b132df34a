"""Step 1 of the wizard: workflows with files, and the end of an archive posted as the browser does."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from pipelines_portal.submissions.rows import fields_of
from pipelines_portal.uploads.models import ZipUpload
from tests import samples
from tests.conftest import save_key
from tests.live import ExternalApi

SEVERAL, MIXED, CLOSED = 201, 202, 203
FRAGMENT = {"HX-Request": "true", "HX-Target": "preview"}
Check = Callable[..., HttpResponse]


@pytest.fixture(scope="session")
def uploads_key(api: ExternalApi) -> str:
    def file(name: str) -> dict[str, Any]:
        return samples.field(name, "file_upload", required=True)

    several = samples.workflow(SEVERAL, "Two sides", fields=[file("front"), file("back")])
    mixed = [
        file("photo"), samples.field("caption", required=True), samples.field("stars", "rating", min=1, max=5),
        samples.field("taken", "datetime"),
    ]  # fmt: skip
    closed = samples.workflow(CLOSED, "Closed", "COMPLETED", fields=[file("photo")])
    api.load(samples.organization("Uploads", several, samples.workflow(MIXED, "Captions", fields=mixed), closed))
    return api.new_key("Uploads")


@pytest.fixture
def saved_key(person: Any, uploads_key: str) -> Any:
    return save_key(person, uploads_key)


def address(workflow: Any, query: str = "") -> str:
    return f"/keys/{workflow.key_id}/workflows/{workflow.workflow_id}/upload/{query}"


@pytest.fixture
def check(page: Client) -> Check:
    """Post an archive's end as the browser does."""

    def post(workflow: Any, archive: bytes, *, tail: int = 256 * 1024, **more: Any) -> HttpResponse:
        form = {"token": str(uuid4()), "name": "a.zip", "size": len(archive), "fingerprint": "0" * 64}
        end = SimpleUploadedFile("tail", archive[-tail:])
        return page.post(address(workflow), form | {"tail": end} | more, headers=FRAGMENT)

    return post


def rows_of(upload: ZipUpload) -> list[dict[str, Any]]:
    return [fields_of(row) for row in upload.submission.rows.all()]
