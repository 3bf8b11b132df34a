from django.apps import AppConfig


class ExternalApiConfig(AppConfig):
    name = "pipelines_portal.external_api"
    label = "external_api"
