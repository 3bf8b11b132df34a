"""Error reports to Sentry, without the data of requests and without secrets."""

import json
from typing import Any

import sentry_sdk

from pipelines_portal.core import request_ids
from pipelines_portal.core.log_lines import without_secrets


def report_errors(dsn: str) -> None:
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=_without_secrets,
    )


def _without_secrets(event: Any, hint: dict[str, Any]) -> Any:
    """Remove the message of the error, the query and headers of the request, and extra fields of log records.

    They may contain personal data. The log has the message under the request's ID.
    """
    for error in (event.get("exception") or {}).get("values", []):
        error.pop("value", None)
    event.pop("extra", None)
    for name in ("query_string", "headers", "env"):
        event.get("request", {}).pop(name, None)
    event["tags"] = {"request_id": request_ids.current()}
    return json.loads(without_secrets(json.dumps(event, default=str, ensure_ascii=False)))
