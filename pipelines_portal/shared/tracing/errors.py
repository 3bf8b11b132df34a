"""Errors to Sentry: where in the code, and for which request. Nothing of what was sent, and nothing of who sent it."""

import json
from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.django import DjangoIntegration

from pipelines_portal.shared import request_ids

from .scrubbing import address_alone, without_secrets

LEFT_OUT = ("user", "extra", "breadcrumbs", "modules", "_meta")
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
    told = {name: value for name, value in event.items() if name not in LEFT_OUT}
    request = event.get("request") or {}
    told["request"] = {"method": request.get("method", ""), "url": address_alone(request.get("url", ""))}
    told["tags"] = {**(event.get("tags") or {}), "request_id": request_ids.current()}
    return json.loads(without_secrets(json.dumps(told, default=str, ensure_ascii=False)))
