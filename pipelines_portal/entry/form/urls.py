from django.urls import path

from pipelines_portal.entry.form.views import choosing, create, drafts, presets, suggestions, times

app_name = "new_task"
urlpatterns = [
    path("tasks/new/", create.task_create, name="create"),
    path("tasks/new/choose/", choosing.task_choose, name="choose"),
    path("tasks/new/draft/", drafts.draft_save, name="draft_save"),
    path("tasks/new/draft/discard/", drafts.draft_discard, name="draft_discard"),
    path("tasks/new/presets/", presets.preset_save, name="preset_save"),
    path("tasks/new/time/", times.time_read, name="time_read"),
    path("tasks/new/suggestions/", suggestions.suggestion_list, name="suggestion_list"),
    path("tasks/new/presets/<int:preset_id>/apply/", presets.preset_apply, name="preset_apply"),
    path("tasks/new/presets/<int:preset_id>/", presets.preset_rename, name="preset_rename"),
    path("tasks/new/presets/<int:preset_id>/delete/", presets.preset_delete, name="preset_delete"),
]
