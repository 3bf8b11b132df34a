"""The pages of the audit log, for administrators."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, administrators_only, signed_in
from pipelines_portal.audit.filters import EventFilters, all_events, filtered_events, page_of_events
from pipelines_portal.audit.models import Event
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.texts import only_about
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.times import in_zone
from pipelines_portal.people.forms import EventFilterForm
from pipelines_portal.spreadsheets.downloads import table_response
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page

PAGE_SIZE = 50
# Of the file, after the time.
HEADER = ("Event", "Person", "Target", "IP address", "Details", "Event name", "Target type", "Target ID")


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
def event_export(request: SignedInRequest, form: str) -> HttpResponseBase:
    """Save the filtered events as a file, which is an event itself."""
    filter_form = EventFilterForm(request.GET)
    if not filter_form.is_valid():
        return event_list(request)
    filters = [f"{name} {value}" for name, value in filter_form.cleaned_data.items() if value]
    record(Verb.EVENTS_EXPORTED, by=request.user, filters=filters)
    rows = map(_row, all_events(filter_form.filters()))
    return table_response(request, f"events-{timezone.localdate()}", form, [in_zone("Time"), *HEADER], rows)


def _row(event: Event) -> list[Any]:
    return [
        event.at, event.sentence, event.actor_email, event.target_label, event.address, "; ".join(event.facts),
        event.verb, event.target_type, event.target_id,
    ]  # fmt: skip
