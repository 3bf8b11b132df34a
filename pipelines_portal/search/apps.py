from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "pipelines_portal.search"
