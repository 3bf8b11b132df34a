"""Helpers to read responses of the API."""

from requests import Response

# Those of the API reference: none is added, since clients are generated from it.
CODES = {
    "missing_api_key",
    "invalid_api_key",
    "invalid_request",
    "unauthorized",
    "forbidden",
    "not_found",
    "payload_too_large",
    "validation_error",
    "rate_limit_exceeded",
    "internal_server_error",
    "service_unavailable",
    "api_error",
}
REASONS = {"idempotency_key_in_use", "idempotency_key_reused", "too_many_uploads"}


def error_of(answer: Response) -> tuple[int, str, str]:
    """Check the shape of an error, and return its status, code and message."""
    body = answer.json()
    expected = {"error", "message"} | ({"retry_after"} if answer.status_code == 429 else set())
    if "reason" in body:
        assert body["reason"] in REASONS, body
        expected |= {"reason"}
    if answer.status_code == 409 and "upload_id" in body:
        expected |= {"upload_id"}
    if "failed: tasks." in body["message"]:
        expected |= {"errors"}
    assert set(body) == expected, body
    assert body["error"] in CODES, body
    assert body["message"].strip(), body
    assert answer.headers["Content-Type"].startswith("application/json")
    return answer.status_code, body["error"], body["message"]
