"""Spans to OpenTelemetry: a request, and the calls to the API that it made, joined to those of the other program."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import Status

from pipelines_portal.shared import request_ids

from .scrubbing import address_alone

KIND = "exception.type"
KNOWN_HOST = "pipelines_portal.shared.http.middleware.KnownHostMiddleware"


class _WithoutTexts(OTLPSpanExporter):
    """Of what went wrong its kind alone: the text of an error may hold a signed link, or what somebody typed."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return super().export([_without_texts(span) for span in spans])


def _without_texts(span: ReadableSpan) -> ReadableSpan:
    events = [
        Event(
            event.name,
            {name: value for name, value in (event.attributes or {}).items() if name == KIND},
            event.timestamp,
        )
        for event in span.events
    ]
    return ReadableSpan(
        name=span.name, context=span.context, parent=span.parent, resource=span.resource, attributes=span.attributes,
        events=events, links=span.links, kind=span.kind, status=Status(span.status.status_code),
        start_time=span.start_time, end_time=span.end_time, instrumentation_scope=span.instrumentation_scope,
    )  # fmt: skip


def begin() -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": settings.PROGRAM}))
    provider.add_span_processor(BatchSpanProcessor(_WithoutTexts()))
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
