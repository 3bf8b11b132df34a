from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "pipelines_portal.web"
    label = "web"
