from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "pipelines_portal.workflows"
    label = "workflows"
