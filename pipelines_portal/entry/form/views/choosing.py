"""Choose an entry of a list on a page of its own. Until then, what was typed is the draft of the form."""

from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import Schema
from pipelines_portal.core.json_text import cleaned
from pipelines_portal.entry.form.drafts import AlreadySent, DraftTooLarge, save_typed, texts_of, typed_draft
from pipelines_portal.entry.form.views.page import form_page, form_token
from pipelines_portal.entry.signals import entry_requested
from pipelines_portal.web.form_fields import one_line
from pipelines_portal.web.parameters import uuid_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.lists import ListedField, find_entries, listed_fields, matching_entries
from pipelines_portal.workflows.models import ListEntry, OpenedWorkflow, ReferenceList
from pipelines_portal.workflows.permissions import may_write_notes, usable_workflow
from pipelines_portal.workflows.schema_form import PREFIX, SchemaForm

MOST_SHOWN, LONGEST_QUERY = 30, 100


def choose_from_list(request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema) -> HttpResponse:
    """Save what was typed, and show the list of the field whose button was pressed."""
    try:
        save_typed(request.user, workflow, request.POST, form_token(request))
    except (DraftTooLarge, AlreadySent):
        messages.warning(request, "We can’t save your text as a draft, so the list doesn’t open. Type the code.")
        return form_page(request, workflow, SchemaForm.as_typed(schema, request.POST))
    query = urlencode({"field": request.POST["choose"], "q": request.POST.get(PREFIX + request.POST["choose"], "")})
    return redirect(f"{reverse('new_task:choose', args=[workflow.key_id, workflow.workflow_id])}?{query}")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@senders_only
def task_choose(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Search the list of the field `field`. A POST puts the chosen code into the draft, and returns to the form.

    With the import `rows`, a person came from a grid to ask for a code, and goes back there.
    """
    workflow = usable_workflow(request.user, key_id, workflow_id)
    values = request.POST if request.method == "POST" else request.GET
    listed = listed_fields(workflow).get(values.get("field", ""))
    rows = uuid_in(values.get("rows", ""))
    form_url = f"{reverse('new_task:create', args=[key_id, workflow_id])}?view=form"
    if rows:
        form_url = reverse("sheets:page", args=[rows])
    if listed is None:  # its rule may have been changed since
        return redirect(form_url)
    if request.method == "POST" and "request" in request.POST:
        return _request_entry(request, workflow, listed, form_url)
    if request.method == "POST":
        code = cleaned(request.POST.get("code", ""))
        if entry := listed.reference_list.entries.filter(code=code).first():
            _fill_draft(request, workflow, listed, entry)
        else:
            messages.warning(request, f"{listed.reference_list} no longer has this code.")
        return redirect(form_url)
    words = request.GET.get("q", "")[:LONGEST_QUERY].strip()
    found = find_entries(listed.reference_list, words, MOST_SHOWN) if words else []
    context = {
        "key": workflow.key,
        "workflow": workflow,
        "tab": "create",
        "list": listed.reference_list,
        "field": listed.name,
        "rows": rows,
        "words": words,
        "has_found": bool(found),
        # Those who may change the list need not ask.
        "may_request": bool(words) and not may_write_notes(request.user, workflow),
        "entries": found or list(matching_entries(listed.reference_list, "")[:MOST_SHOWN]),
        "form_url": form_url,
    }
    return render_page(request, "entry/form/choose.html", context)


def _request_entry(
    request: SignedInRequest, workflow: OpenedWorkflow, listed: ListedField, form_url: str
) -> HttpResponse:
    """Notify those who may change the list that a code is missing in it."""
    code = one_line(cleaned(request.POST["request"]))[:LONGEST_QUERY]
    if code and not listed.reference_list.has_code(code):
        about = {"reference_list": listed.reference_list, "code": code, "by": request.user, "workflow": workflow}
        entry_requested.send(ReferenceList, **about)
        messages.success(request, f"We notified those who can add {code} to {listed.reference_list}")
    return redirect(form_url)


def _fill_draft(request: SignedInRequest, workflow: OpenedWorkflow, listed: ListedField, entry: ListEntry) -> None:
    """Put the code into the draft, and what the entry fills into fields that are empty."""
    draft = typed_draft(request.user, workflow)
    typed = texts_of(draft) if draft else QueryDict(mutable=True)
    typed[PREFIX + listed.name] = entry.code
    for name, text in listed.filled_by(entry).items():
        if not typed.get(PREFIX + name, "").strip():
            typed[PREFIX + name] = text
    if draft:
        typed["draft_seen"] = draft.mark
    try:
        save_typed(request.user, workflow, typed, draft.token if draft and draft.token else uuid4())
    except (DraftTooLarge, AlreadySent):
        messages.warning(request, f"{entry.code} isn’t filled in. Type the code.")
