"""Errors to Sentry: where in the code, and for which request. Nothing of what was sent, and nothing of who sent it."""

import json
from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.django import DjangoIntegration

from pipelines_portal.shared import request_ids
from pipelines_portal.shared.log_lines import without_secrets

from .scrubbing import address_alone

# A list of what is told: what a library adds one day is not on it.
KEPT = (
    "event_id", "timestamp", "platform", "type", "level", "logger", "transaction", "transaction_info", "release",
    "environment", "server_name", "sdk",
)  # fmt: skip
KEPT_CONTEXTS = ("runtime",)
# Without what a caller's `baggage` asks to be told with it: of an envelope that is the head, which nothing else scrubs.
KEPT_OF_TRACE = ("trace_id", "span_id", "parent_span_id")
# Whose message is the error's own words.
SUSPICIONS = "django.security"
# The words of an error may quote what somebody typed: they stand in the log, under the request's id.
KEPT_OF_ERROR = ("type", "module", "mechanism", "thread_id")
KEPT_OF_FRAME = ("filename", "module", "function", "lineno", "in_app", "pre_context", "context_line", "post_context")
Event = Any


def begin() -> None:
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        integrations=[DjangoIntegration(middleware_spans=False, signals_spans=False, cache_spans=False)],
        auto_enabling_integrations=False,
        before_send=_scrubbed,
        send_default_pii=False,
        # Values of variables hold keys, and what people typed.
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        trace_propagation_targets=[],
    )


def _scrubbed(event: Event, hint: dict[str, Any]) -> Event:
    contexts = event.get("contexts") or {}
    trace = {"trace": _only(contexts.get("trace") or {}, KEPT_OF_TRACE)}
    told = _only(event, KEPT) | {"contexts": _only(contexts, KEPT_CONTEXTS) | trace}
    if errors := (event.get("exception") or {}).get("values"):
        told["exception"] = {"values": [_place(error) for error in errors]}
    if (logged := event.get("logentry")) and not (event.get("logger") or "").startswith(SUSPICIONS):
        told["logentry"] = _only(logged, ("message",))  # without what stands for its %s
    request = event.get("request") or {}
    told["request"] = {"method": request.get("method", ""), "url": address_alone(request.get("url", ""))}
    told["tags"] = {"request_id": request_ids.current()}
    return json.loads(without_secrets(json.dumps(told, default=str, ensure_ascii=False)))


def _place(error: dict[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames", [])
    return _only(error, KEPT_OF_ERROR) | {"stacktrace": {"frames": [_only(frame, KEPT_OF_FRAME) for frame in frames]}}


def _only(told: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: told[name] for name in names if name in told}
