from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.saved_keys.access import client_for, usable_key
from pipelines_portal.submissions.origin import Origin, origin_of_task
from pipelines_portal.submissions.views.detail import as_text
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.access import opened_workflow

from ..live_page import moves


@require_safe
@signed_in
def task_detail(request: SignedInRequest, key_id: int, workflow_id: int, task_id: int) -> HttpResponse:
    """One task: status, node progress, times."""
    key = usable_key(request.user, key_id)
    workflow = opened_workflow(key, workflow_id)
    task = client_for(key).task(workflow_id, task_id)
    origin = origin_of_task(request.user, key, workflow_id, task_id)
    context = {"key": key, "workflow": workflow, "tab": "tasks", "task": task, "now": timezone.now()}
    context["moves"] = moves(task, context["now"])
    context |= {"task_number": str(task.id), "origin": origin, "values": _values(origin)}
    return render_page(request, "tasks/detail.html", context, partials=("task-state",))


def _values(origin: Origin | None) -> list[tuple[str, str]] | None:
    """Pairs, not the mapping: templates would take a field named `items` for the mapping's own."""
    if origin is None or origin.fields is None:
        return None
    return [(name, as_text(value)) for name, value in origin.fields.items()]
