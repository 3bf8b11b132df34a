from django.apps import AppConfig


class AttentionConfig(AppConfig):
    name = "pipelines_portal.attention"
