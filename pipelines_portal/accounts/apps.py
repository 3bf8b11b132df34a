from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "pipelines_portal.accounts"
