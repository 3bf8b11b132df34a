"""Say what a time means while a person types it."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import Field
from pipelines_portal.core import notation
from pipelines_portal.core.notation import Notation
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.checking import check_row
from pipelines_portal.workflows.fields.date_time import DateTime
from pipelines_portal.workflows.fields.reading.local_times import known_zone
from pipelines_portal.workflows.fields.time_inputs import LocalTimeInput, meaning_of
from pipelines_portal.workflows.permissions import usable_workflow
from pipelines_portal.workflows.schema_form import PREFIX


@require_safe
@signed_in
@senders_only
def time_read(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Return the help text of a time: its meaning, with its place and UTC."""
    usable_workflow(request.user, key_id, workflow_id)
    name = next((name for name in request.GET if name.startswith(PREFIX)), "")
    entry = LocalTimeInput()
    entry.zone = known_zone(request.GET.get("zone", ""))
    typed_in = Notation.of_mark(request.GET["notation"]) if "notation" in request.GET else notation.current()
    entry.typed_in = typed_in
    read = entry.value_from_datadict(request.GET, {}, name) or ""
    meaning = meaning_of(read, entry.zone) if read.strip() else ""
    if read.strip() and not meaning:
        time = Field(name="time", type=DateTime.api_name)
        verdict = check_row([time], {time.name: read}, typed_in, entry.zone, timezone.now())
        meaning = verdict.problems[0].sentence if verdict.problems else ""
    return render_page(request, "entry/form/_time_meaning.html", {"meaning": meaning})
