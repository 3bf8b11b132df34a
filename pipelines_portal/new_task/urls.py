from django.urls import path

from .views import form

app_name = "new_task"
urlpatterns = [path("tasks/new/", form.task_new, name="new")]
