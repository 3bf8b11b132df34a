from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "pipelines_portal.imports"
