"""Spans to OpenTelemetry: a request, and the calls to the API that it made, joined to those of the other program."""

from collections.abc import Sequence, Set
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
from opentelemetry.util.types import Attributes

from pipelines_portal.shared import request_ids

from .scrubbing import address_alone

KIND = "exception.type"
# All that is told of a request or a call, by the old names and by the new ones. Whatever else the libraries or the
# environment put into a span (headers, cookies, who asked and with what) stays here.
TOLD = frozenset({
    "pipelines.request_id", "error.type",
    "http.method", "http.request.method", "http.status_code", "http.response.status_code", "http.route",
    "http.scheme", "url.scheme", "http.url", "url.full", "http.target", "url.path", "url.query",
    "http.server_name", "server.address", "server.port", "net.host.name", "net.host.port",
    "http.flavor", "network.protocol.version",
})  # fmt: skip
KNOWN_HOST = "pipelines_portal.shared.http.middleware.KnownHostMiddleware"


class _OnlyWhatIsTold(OTLPSpanExporter):
    """Of what went wrong its kind alone: the text of an error may hold a signed link, or what somebody typed."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return super().export([_only_told(span) for span in spans])


def _only_told(span: ReadableSpan) -> ReadableSpan:
    events = [Event(event.name, _only(event.attributes, {KIND}), event.timestamp) for event in span.events]
    return ReadableSpan(
        name=span.name, context=span.context, parent=span.parent, resource=span.resource,
        attributes=_only(span.attributes, TOLD), events=events, kind=span.kind, status=Status(span.status.status_code),
        start_time=span.start_time, end_time=span.end_time, instrumentation_scope=span.instrumentation_scope,
    )  # fmt: skip


def _only(attributes: Attributes, names: Set[str]) -> Attributes:
    return {name: value for name, value in (attributes or {}).items() if name in names}


def begin() -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": settings.PROGRAM}))
    provider.add_span_processor(BatchSpanProcessor(_OnlyWhatIsTold()))
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
