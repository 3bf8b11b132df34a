from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    name = "pipelines_portal.submissions"
