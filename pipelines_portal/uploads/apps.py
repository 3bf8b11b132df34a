from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "pipelines_portal.uploads"
    label = "uploads"
