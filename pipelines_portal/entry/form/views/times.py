"""Say what a time means while a person types it."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.values.local_times import known_zone
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.fields.dates import LocalTimeInput, meaning_of, two_days
from pipelines_portal.workflows.fields.schema_form import PREFIX
from pipelines_portal.workflows.permissions import usable_workflow


@require_safe
@signed_in
@senders_only
def time_read(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Return the help text of a time: its meaning, with its place and UTC."""
    usable_workflow(request.user, key_id, workflow_id)
    name = next((name for name in request.GET if name.startswith(PREFIX)), "")
    entry = LocalTimeInput()
    entry.zone = known_zone(request.GET.get("zone", ""))
    text = request.GET.get(name, "").strip()
    meaning = meaning_of(entry.value_from_datadict(request.GET, {}, name), entry.zone) if text else ""
    if text and not meaning:
        meaning = two_days(text) or "Enter a date that exists, like 27 Nov 10:15 or yesterday 4pm"
    return render_page(request, "entry/form/_time_meaning.html", {"meaning": meaning})
