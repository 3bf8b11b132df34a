"""Spans to OpenTelemetry: a request, and the calls to the API that it made, joined to those of the other program."""

from typing import Any

from django.conf import settings
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from pipelines_portal.shared import request_ids

from .scrubbing import address_alone

KNOWN_HOST = "pipelines_portal.shared.http.middleware.KnownHostMiddleware"


def begin() -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": settings.PROGRAM}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    # It asks for the host's name, which must be a known one by then; watchers never come so far.
    place = settings.MIDDLEWARE.index(KNOWN_HOST) + 1
    DjangoInstrumentor().instrument(middleware_position=place, request_hook=_describe_request)
    RequestsInstrumentor().instrument(request_hook=_describe_call)


def _describe_request(span: Any, request: Any) -> None:
    _set_addresses(span, request.build_absolute_uri(), request.path)


def _describe_call(span: Any, request: Any) -> None:
    _set_addresses(span, request.url, request.path_url)


def _set_addresses(span: Any, url: str, path: str) -> None:
    """By the old names and by the new ones, over what the library has put there."""
    span.set_attribute("pipelines.request_id", request_ids.current())
    for name, value in (("http.url", url), ("url.full", url), ("http.target", path), ("url.path", path)):
        span.set_attribute(name, address_alone(value))
    span.set_attribute("url.query", "")
