"""Endpoints to create tasks from a ZIP archive: start, confirm, status. The PUT goes to the storage."""

from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from ninja import Body, Path, Router
from pydantic import WithJsonSchema

from pipelines_portal.core.times import machine
from pipelines_portal.external_api.http import responses
from pipelines_portal.external_api.http.errors import ApiError, note_commit
from pipelines_portal.external_api.http.ignored import ignored_parameters
from pipelines_portal.external_api.http.schemas import PathId
from pipelines_portal.external_api.idempotency import JSON, REPLAYED, claim_key, first_request, stored_response
from pipelines_portal.external_api.models import OrganizationKey, Upload, Workflow
from pipelines_portal.external_api.uploads.confirm import cancel, hand_to_worker, require_archive, require_pending
from pipelines_portal.external_api.uploads.links import renew, start
from pipelines_portal.external_api.uploads.schemas import (
    UploadCancelled,
    UploadConfirmed,
    UploadIn,
    UploadStarted,
    UploadStatus,
)
from pipelines_portal.external_api.workflows.field_types import has_file_fields, has_only_file_fields
from pipelines_portal.external_api.workflows.permissions import KeyRequest, require_open, workflow_for

router = Router(tags=["ZIP uploads"])
RESULT_KEYS = ("success_count", "error_count", "errors", "task_ids", "ignored_count", "ignored_files")
UploadId = Annotated[
    str, WithJsonSchema({"type": "string", "format": "uuid"}), Path(description="The `upload_id` from init, a UUID.")
]


@router.post(
    "/workflows/{workflow_id}/tasks/upload",
    response=responses.accepting(UploadStarted, 400, 409, 415),
    operation_id="start_upload",
    summary="Start creating tasks from a ZIP archive",
)
def start_upload(
    request: KeyRequest, workflow_id: PathId, upload: Annotated[UploadIn | None, Body()] = None
) -> HttpResponse:
    """Then PUT the archive to `upload_url` with `Content-Type: application/zip`, and confirm.

    `tasks` may be left out when all fields of the workflow are files: the archive's top level makes the rows.
    """
    sent = upload or UploadIn()
    server = request.build_absolute_uri("/").removesuffix("/")
    first = first_request(request)
    workflow = workflow_for(request.auth, workflow_id)
    _require_creator(request.auth)
    if not (upload_before := first and first.upload):
        require_open(workflow)
        _require_matching_rows(workflow, sent)
        with claim_key(request) as claim:
            if not (upload_before := claim.first and claim.first.upload):
                started, url = start(request.auth, workflow, sent, server)
                claim.store(202, upload=started)
    if upload_before:
        started, url = upload_before, renew(upload_before, sent.file_size_bytes, server)
    body = {"upload_id": str(started.pk), "upload_url": url, "expires_at": machine(started.expires_at)}
    response = _accepted(body | ignored_parameters(request, sent, sent.tasks or ()))
    if upload_before:
        response[REPLAYED] = "true"
    return response


def _accepted(body: dict[str, Any]) -> HttpResponse:
    return JsonResponse(body, status=202, content_type=JSON)


def _require_creator(key: OrganizationKey) -> None:
    if not key.creator_is_member():
        raise ApiError(422, "The user who created this API key is no longer a member of the organization")


def _require_matching_rows(workflow: Workflow, sent: UploadIn) -> None:
    if not has_file_fields(workflow.fields):
        path = f"/workflows/{workflow.pk}/tasks"
        raise ApiError(422, f"Workflow has no file_upload fields; create tasks with POST {path}")
    if sent.file_size_bytes is not None and sent.file_size_bytes > settings.MAX_ARCHIVE_BYTES:
        limit = settings.MAX_ARCHIVE_BYTES
        raise ApiError(422, f"file_size_bytes: an archive may have at most {limit} bytes")
    if sent.tasks is None and not has_only_file_fields(workflow.fields):
        raise ApiError(422, "tasks: field required (the workflow has fields other than file uploads)")


@router.post(
    "/workflows/{workflow_id}/tasks/upload/{upload_id}/confirm",
    response=responses.accepting(UploadConfirmed, 400, 409),
    operation_id="confirm_upload",
    summary="Start processing an archive that was uploaded",
)
def confirm_upload(request: KeyRequest, workflow_id: PathId, upload_id: UploadId) -> HttpResponse:
    """Works once. After 422 (not uploaded yet) and 503 (no worker) the upload is still pending: try again."""
    if first := first_request(request):
        return stored_response(first)
    workflow = workflow_for(request.auth, workflow_id)
    upload = _find_upload(workflow, upload_id)
    _require_creator(request.auth)
    if upload.status != Upload.Status.PENDING and (first := first_request(request)):
        return stored_response(first)  # it was confirmed with this key a moment ago
    require_pending(upload)
    require_open(workflow)
    archive = require_archive(upload)
    with claim_key(request) as claim:
        if claim.first:
            return stored_response(claim.first)
        hand_to_worker(upload, archive)
        body = {"upload_id": str(upload.pk), "status": "processing"}
        response = _accepted(body | ignored_parameters(request))
        claim.store(response.status_code, response.content)
    return response


@router.get(
    "/workflows/{workflow_id}/tasks/upload/{upload_id}",
    response=responses.reading(UploadStatus),
    operation_id="get_upload",
    summary="What has become of an upload",
)
def get_upload(request: KeyRequest, workflow_id: PathId, upload_id: UploadId) -> dict[str, Any]:
    """Poll until `status` is `completed`, `failed` or `cancelled`. A failed one may have created tasks before."""
    upload = _find_upload(workflow_for(request.auth, workflow_id), upload_id)
    _require_creator(request.auth)
    # A failed upload reports the tasks that were created before it failed.
    result = _result(upload) if upload.status in Upload.ENDED else dict.fromkeys(RESULT_KEYS)
    return {
        "upload_id": str(upload.pk),
        "status": upload.status,
        **result,
        "error_message": upload.error_message,
    }


@router.delete(
    "/workflows/{workflow_id}/tasks/upload/{upload_id}",
    response=responses.reading(UploadCancelled, 409),
    operation_id="cancel_upload",
    summary="Cancel an upload that was not confirmed",
)
def cancel_upload(request: KeyRequest, workflow_id: PathId, upload_id: UploadId) -> dict[str, Any]:
    """Delete its archive and end its link. Doing it again changes nothing."""
    upload = _find_upload(workflow_for(request.auth, workflow_id), upload_id)
    _require_creator(request.auth)
    note_commit(request)
    cancel(upload)
    return {"upload_id": str(upload.pk), "status": "cancelled"}


def _result(upload: Upload) -> dict[str, Any]:
    errors = upload.error_batches.order_by("first_row").values_list("errors", flat=True)
    return {
        "success_count": upload.success_count or 0,
        "error_count": upload.error_count or 0,
        "errors": [error for batch in errors for error in batch],
        "task_ids": list(upload.tasks.order_by("upload_row").values_list("pk", flat=True)),
        "ignored_count": upload.ignored_count,
        "ignored_files": upload.ignored_files,
    }


def _find_upload(workflow: Workflow, upload_id: str) -> Upload:
    """Return the upload, or raise 404, also for an ID that is no UUID."""
    try:
        pk = UUID(upload_id)
    except ValueError:
        pk = None
    found = Upload.objects.filter(pk=pk, workflow=workflow).first() if pk else None
    if found is None:
        raise ApiError(404, "Upload not found")
    return found
