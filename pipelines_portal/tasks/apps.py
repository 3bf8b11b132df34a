from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "pipelines_portal.tasks"
    label = "tasks"
