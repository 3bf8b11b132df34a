"""Examples for the OpenAPI document: errors by status, bodies by the name of their schema."""

from typing import Any


def _error(code: str, message: str, **more: Any) -> dict[str, Any]:
    return {"error": code, "message": message, **more}


ERRORS: dict[int, dict[str, dict[str, Any]]] = {
    400: {
        "cursor": _error("invalid_request", "Invalid cursor"),
        "status": _error(
            "invalid_request",
            "Invalid status. Valid values: pending, in_progress, finished, failed, paused, escalated, quarantined",
        ),
    },
    401: {
        "no key": _error("missing_api_key", "No API key. Send one as Authorization: Bearer <key> or X-API-Key: <key>."),
        "unknown, expired or revoked": _error("invalid_api_key", "The API key is not valid."),
    },
    404: {"not in the key's organization": _error("not_found", "Workflow not found")},
    405: {"another method on this path": _error("api_error", "Method Not Allowed")},
    408: {"the body was too slow": _error("api_error", "The request body did not arrive in time.")},
    409: {
        "confirmed before": _error("api_error", "Upload has already been confirmed or is no longer pending"),
    },
    413: {"over 32 MB": _error("payload_too_large", "The request body is larger than 33554432 bytes.")},
    415: {"compressed": _error("api_error", "The body is compressed. Send it without Content-Encoding.")},
    422: {
        "shape": _error("validation_error", "tasks: ensure this value has at most 5000 items"),
        "state": _error("validation_error", "Workflow must be ACTIVE or PAUSED to create tasks"),
    },
    429: {
        "too fast": _error("rate_limit_exceeded", "Too many requests. Try again in 30 seconds.", retry_after=30),
    },
    500: {"our fault": _error("internal_server_error", "Something went wrong on the server.")},
    503: {
        "no worker": _error(
            "service_unavailable",
            "The background worker is unavailable. The upload is still pending; try again later.",
        ),
        "no database": _error(
            "service_unavailable", "The database does not answer. Nothing was done; try again in a moment."
        ),
    },
}
# Of operations that take an Idempotency-Key.
KEY_ERRORS: dict[int, dict[str, dict[str, Any]]] = {
    409: {
        "the first request runs": _error(
            "api_error",
            "The first request with this Idempotency-Key is still running. Try again in a moment.",
            reason="idempotency_key_in_use",
        ),
    },
    422: {
        "a key that was used": _error(
            "validation_error",
            "This Idempotency-Key was used for another body. Use a new key for each request.",
            reason="idempotency_key_reused",
        ),
    },
}
TOO_MANY_UPLOADS = _error(
    "rate_limit_exceeded",
    "The organization has 200 uploads open, as many as it may. No upload was started. Confirm or cancel those that are "
    "open, or wait until they expire.",
    reason="too_many_uploads",
    retry_after=60,
)
TASK = {
    "id": 1001,
    "status": "in_progress",
    "node_summary": {"total": 5, "finished": 2, "in_progress": 1, "pending": 2},
    "created_at": "2026-03-30T12:00:00Z",
    "updated_at": "2026-03-30T12:05:00Z",
}
UPLOAD_ID = "7d3f8a52-0c1e-4b6f-9a57-2f6f1d1c9e10"
ROW = {"input_text": "Translate this to French: Hello world", "target_language": "French"}
BODIES: dict[str, dict[str, Any]] = {
    "Health": {"status": "ok"},
    "WorkflowOut": {"id": 42, "name": "French translations", "status": "ACTIVE"},
    "WorkflowSchemaOut": {
        "workflow_id": 42,
        "fields": [
            {
                "name": "input_text",
                "title": "Text to translate",
                "type": "long_text",
                "required": True,
                "format_hint": None,
            },
            {
                "name": "target_language",
                "title": "Target language",
                "type": "select",
                "required": True,
                "format_hint": "One of: French, German, Spanish",
                "options": ["French", "German", "Spanish"],
            },
        ],
        "has_file_upload_fields": False,
        "has_only_file_upload_fields": False,
    },
    "TasksIn": {"tasks": [{"fields": ROW}]},
    "TasksCreated": {
        "success_count": 1,
        "error_count": 1,
        "errors": [
            {
                "index": 1,
                "field_name": "target_language",
                "message": "Missing required columns: target_language",
            }
        ],
        "task_ids": [1001],
    },
    "TaskOut": TASK,
    "TaskPage": {"tasks": [TASK], "next_cursor": "eyJsYXN0X2lkIjogMTAwMX0=", "has_more": True},
    "UploadIn": {"tasks": [{"fields": {"photo": "images/cat.jpg"}}], "file_size_bytes": 73_400_320},
    "UploadStarted": {
        "upload_id": UPLOAD_ID,
        "upload_url": f"https://storage.example/archives/{UPLOAD_ID}.zip?expires=1774875600&signature=…",
        "expires_at": "2026-03-30T13:00:00Z",
    },
    "UploadConfirmed": {"upload_id": UPLOAD_ID, "status": "processing"},
    "UploadCancelled": {"upload_id": UPLOAD_ID, "status": "cancelled"},
    "UploadStatus": {
        "upload_id": UPLOAD_ID,
        "status": "completed",
        "success_count": 2,
        "error_count": 1,
        "errors": [{"index": 2, "field_name": "photo", "message": "File not found in ZIP: images/dog.jpg"}],
        "task_ids": [1002, 1003],
        "error_message": None,
        "ignored_count": 1,
        "ignored_files": ["images/spare.jpg"],
    },
}
# Examples besides the typical one.
MORE: dict[str, dict[str, dict[str, Any]]] = {
    "TasksCreated": {
        "after a dry run": {"success_count": 1, "error_count": 0, "errors": [], "task_ids": [], "dry_run": True},
    },
    "UploadStatus": {
        "failed when one task was created": {
            "upload_id": UPLOAD_ID,
            "status": "failed",
            "success_count": 1,
            "error_count": 0,
            "errors": [],
            "task_ids": [1002],
            "error_message": "Workflow must be ACTIVE or PAUSED to create tasks. 1 task had been created before.",
            "ignored_count": 0,
            "ignored_files": [],
        },
    },
}
