from django.urls import path

from pipelines_portal.tasks.views import detail, list

app_name = "tasks"
urlpatterns = [
    path("", list.task_list, name="list"),
    path("<int:task_id>/", detail.task_detail, name="detail"),
]
