from django.urls import path

from pipelines_portal.entry.form.views import draft, form, preset

app_name = "new_task"
urlpatterns = [
    path("tasks/new/", form.task_new, name="new"),
    path("tasks/new/draft/", draft.draft_save, name="draft_save"),
    path("tasks/new/draft/discard/", draft.draft_discard, name="draft_discard"),
    path("tasks/new/presets/", preset.preset_save, name="preset_save"),
    path("tasks/new/presets/<int:preset_id>/", preset.preset, name="preset"),
    path("tasks/new/presets/<int:preset_id>/delete/", preset.preset_delete, name="preset_delete"),
]
