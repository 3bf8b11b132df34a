from django.urls import path

from pipelines_portal.tasks.views import detail, list, notes, saved_views, suggestions

app_name = "tasks"
urlpatterns = [
    path("", list.task_list, name="list"),
    path("<int:task_id>/", detail.task_detail, name="detail"),
    path("suggestions/", suggestions.suggestion_list, name="suggestion_list"),
    path("export.<file_form:form>", list.task_export, name="export"),
    path("mute/", notes.task_mute, name="mute"),
    path("mark-as-mistakes/", notes.task_mark_mistake, name="mark_mistake"),
    path("columns/", saved_views.columns, name="columns"),
    path("views/", saved_views.view_list, name="view_list"),
    path("views/add/", saved_views.view_add, name="view_add"),
    path("views/<int:view_id>/", saved_views.view_change, name="view_change"),
    path("undo-notes/", notes.task_undo_note, name="undo_note"),
    path("clear-notes/", notes.task_clear_note, name="clear_note"),
]
