from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "pipelines_portal.teams"

    def ready(self) -> None:
        from pipelines_portal.accounts.signals import came_from_issuer

        from .groups import follow_groups

        came_from_issuer.connect(follow_groups)
