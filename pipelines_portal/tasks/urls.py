from django.urls import path

from .views import detail, list, new

app_name = "tasks"
urlpatterns = [
    path("", list.task_list, name="list"),
    path("new/", new.task_new, name="new"),
    path("<int:task_id>/", detail.task_detail, name="detail"),
]
