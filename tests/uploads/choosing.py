"""Step 1 of the wizard: the end of an archive posted as the browser does."""

from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from pipelines_portal.uploads.models import ZipUpload

FRAGMENT = {"HX-Request": "true", "HX-Target": "preview"}


def address(workflow: Any, query: str = "") -> str:
    return f"/keys/{workflow.key_id}/workflows/{workflow.workflow_id}/upload/{query}"


def check_archive(
    browser: Client, workflow: Any, archive: bytes, *, tail: int = 256 * 1024, **more: Any
) -> HttpResponse:
    """Post the archive's last `tail` bytes, which hold the list of its files, as the page does when one is chosen."""
    form = {"token": str(uuid4()), "name": "a.zip", "size": len(archive), "fingerprint": "0" * 64}
    end = SimpleUploadedFile("tail", archive[-tail:])
    return browser.post(address(workflow), form | {"tail": end} | more, headers=FRAGMENT)


def rows_of(upload: ZipUpload) -> list[dict[str, Any]]:
    return list(upload.submission.read_fields())
