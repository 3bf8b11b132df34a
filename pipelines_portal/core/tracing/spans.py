"""Spans for OpenTelemetry without secrets, if `opentelemetry-instrument` started the program."""

from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import Attributes

from pipelines_portal.core import request_ids
from pipelines_portal.core.log_lines import without_secrets


def export_spans() -> None:
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.add_span_processor(_RequestIdProcessor(_ScrubbingExporter()))


class _RequestIdProcessor(BatchSpanProcessor):
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        span.set_attribute("pipelines.request_id", request_ids.current())
        super().on_start(span, parent_context)


class _ScrubbingExporter(OTLPSpanExporter):
    """Exports URLs without queries and secrets, and only the types of errors."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return super().export([_scrub(span) for span in spans])


def _scrub(span: ReadableSpan) -> ReadableSpan:
    events = [Event(event.name, _only_type(event.attributes), event.timestamp) for event in span.events]
    return ReadableSpan(
        name=without_secrets(span.name), context=span.context, parent=span.parent, resource=span.resource,
        attributes=_without_secrets(span.attributes), events=events, kind=span.kind,
        status=Status(span.status.status_code), start_time=span.start_time, end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )  # fmt: skip


def _without_secrets(attributes: Attributes) -> Attributes:
    return {
        name: without_secrets(value.partition("?")[0]) if isinstance(value, str) else value
        for name, value in (attributes or {}).items()
        if name != "url.query"
    }


def _only_type(attributes: Attributes) -> Attributes:
    return {name: value for name, value in (attributes or {}).items() if name == "exception.type"}
