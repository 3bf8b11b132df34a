"""The pages of the audit log, for administrators."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, administrators_only, signed_in
from pipelines_portal.audit.filters import EventFilters, all_events, filtered_events, page_of_events
from pipelines_portal.audit.models import Event
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.texts import only_about
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.csv_downloads import csv_response
from pipelines_portal.core.parameters import number_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.core.times import machine
from pipelines_portal.people.forms import EventFilterForm

PAGE_SIZE = 50
HEAD = ["time", "person", "event", "in words", "target type", "target id", "target", "address", "details"]


@require_safe
@signed_in
@administrators_only
def event_list(request: SignedInRequest) -> HttpResponse:
    form = EventFilterForm(request.GET)
    is_valid = form.is_valid()
    found = page_of_events(form.filters(), number_in(request.GET.get("before", "")), PAGE_SIZE + 1)
    query = request.GET.copy()
    query.pop("before", None)
    context: dict[str, Any] = {"form": form, "events": found[:PAGE_SIZE], "query": query.urlencode()}
    context["next_before"] = found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None
    context["is_filtered"] = any(query.values())
    context["only_about"] = _target_filter(form.filters())
    return render_page(request, "people/events.html", context, status=200 if is_valid else 422)


def _target_filter(filters: EventFilters) -> str:
    """Return the target that the filters name, by its kind and the label of its newest event, or an empty text."""
    if not filters.target_type:
        return ""
    target = EventFilters(target_type=filters.target_type, target_id=filters.target_id)
    newest = filtered_events(target).first()
    return only_about(filters.target_type, newest.target_label if newest else "")


@require_safe
@signed_in
@administrators_only
def event_export(request: SignedInRequest) -> HttpResponse | StreamingHttpResponse:
    """Save the filtered events as a file, which is an event itself."""
    form = EventFilterForm(request.GET)
    if not form.is_valid():
        return event_list(request)
    filters = [f"{name} {value}" for name, value in form.cleaned_data.items() if value]
    record(Verb.EVENTS_EXPORTED, by=request.user, filters=filters)
    return csv_response(f"events-{timezone.now():%Y-%m-%d}.csv", _rows(all_events(form.filters())))


def _rows(events: Iterator[Event]) -> Iterator[list[Any]]:
    yield HEAD
    for event in events:
        values = [event.verb, event.sentence, event.target_type, event.target_id, event.target_label]
        yield [machine(event.at), event.actor_email, *values, event.address, "; ".join(event.facts)]
