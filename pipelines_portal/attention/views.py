"""Groups of tasks that need attention: the list, a group, and what people do about one."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.accounts.restored_forms import is_restoring
from pipelines_portal.attention.exports import header_and_rows
from pipelines_portal.attention.forms import GroupNoteForm, MuteGroupForm, ends_of
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.attention.pages import FILTERS, group_for, group_page, list_groups, people_who_use
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.spreadsheets.downloads import table_response
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page

CHANGED = "Someone else has already changed this"


@require_safe
@signed_in
def group_list(request: SignedInRequest) -> HttpResponse:
    """List the groups of all workflows of the person, by what is to be done about them."""
    show = request.GET.get("show", "open")
    found = list_groups(request.user, show if show in FILTERS else "open", timezone.now())
    return render_page(request, "attention/list.html", {"groups": found})


@require_safe
@signed_in
def group_detail(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Show what the tasks of a group share, and what people did about it."""
    return _page(request, group_for(request.user, group_id))


def _page(
    request: SignedInRequest,
    group: ProblemGroup,
    mute_form: MuteGroupForm | None = None,
    note_form: GroupNoteForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    page = group_page(request.user, group, request.GET.get("page", ""), now)
    ends = [(label, at.isoformat()) for label, at in ends_of(now)]
    context = {
        "page": page, "group": group, "line": page.line, "ends": ends,
        "mute_form": mute_form or MuteGroupForm(), "note_form": note_form or GroupNoteForm(),
        "chosen_end": mute_form["until"].value() if mute_form else ends[-2][1],
    }  # fmt: skip
    return render_page(request, "attention/group.html", context, status=status)


@require_POST
@signed_in
@senders_only
def group_done(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Mark a group as done: its tasks no longer count until new ones come."""
    group = group_for(request.user, group_id)
    if group.finish(request.user):
        said = f"Group done. {_tasks(group)} no longer counted, until new ones come."
        messages.success(request, said, extra_tags=reverse("attention:reopen", args=[group.pk]))
    else:
        messages.warning(request, CHANGED)
    return _back(request, group)


@require_POST
@signed_in(restore_form=True)
@senders_only
def group_mute(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Mute a group until a time."""
    group = group_for(request.user, group_id)
    form = MuteGroupForm(request.POST)
    if is_restoring(request) or not form.is_valid():
        return _page(request, group, mute_form=form, status=200 if is_restoring(request) else 422)
    posted = form.cleaned_data
    if group.mute(request.user, until=posted["ends_at"], note=posted["note"]):
        said = f"Group muted. {_tasks(group)} no longer counted."
        messages.success(request, said, extra_tags=reverse("attention:reopen", args=[group.pk]))
    else:
        messages.warning(request, CHANGED)
    return _back(request, group)


@require_POST
@signed_in
@senders_only
def group_reopen(request: SignedInRequest, group_id: int) -> HttpResponse:
    """End a mute, or take back that a group is done."""
    group = group_for(request.user, group_id)
    if group.reopen(request.user):
        messages.success(request, f"Group open again. {_tasks(group)} counted.")
    else:
        messages.warning(request, CHANGED)
    return _back(request, group)


@require_POST
@signed_in
@senders_only
def group_owner(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Take a group, give it to somebody who may use the key, or leave it without an owner."""
    group = group_for(request.user, group_id)
    wanted = number_in(request.POST.get("owner", ""))
    owner = people_who_use(group.workflow.key).filter(pk=wanted).first() if wanted else None
    if wanted and owner is None:
        messages.error(request, "Not changed. That person can’t use this workflow.")
    elif str(group.owner_id or "") != request.POST.get("seen", "") or not group.give_to(owner, request.user):
        messages.warning(request, CHANGED)
    else:
        messages.success(request, f"{owner} looks after this group" if owner else "Group has no owner")
    return _back(request, group)


@require_POST
@signed_in(restore_form=True)
@senders_only
def group_note(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Add a note for everybody who uses the workflow."""
    group = group_for(request.user, group_id)
    form = GroupNoteForm(request.POST)
    if is_restoring(request) or not form.is_valid():
        return _page(request, group, note_form=form, status=200 if is_restoring(request) else 422)
    group.add_note(form.cleaned_data["text"], request.user)
    messages.success(request, "Note added")
    return redirect("attention:detail", group.pk)


@require_POST
@signed_in
def group_export(request: SignedInRequest, group_id: int, form: str) -> HttpResponseBase:
    """Export the tasks of a group, with the values that the person may see."""
    group = group_for(request.user, group_id)
    WorkflowIndex.objects.watch([group.workflow])
    record(Verb.TASKS_EXPORTED, by=request.user, target=group.workflow, group=group.pk)
    return table_response(
        request, f"group-{group.pk}-{timezone.localdate()}", form, *header_and_rows(request.user, group)
    )


def _tasks(group: ProblemGroup) -> str:
    return "1 task is" if group.task_count == 1 else f"{group.task_count:,} tasks are"


def _back(request: SignedInRequest, group: ProblemGroup) -> HttpResponse:
    url = request.POST.get("next", "")
    is_here = url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return HttpResponseRedirect(url) if is_here else redirect("attention:detail", group.pk)
