from django.urls import path

from pipelines_portal.workflows import views

app_name = "workflows"
urlpatterns = [
    path("", views.workflow_list, name="list"),
    path("<int:workflow_id>/fields/", views.workflow_fields, name="fields"),
    path("<int:workflow_id>/mark/", views.workflow_mark, name="mark"),
    path("<int:workflow_id>/forget/", views.workflow_forget, name="forget"),
]
