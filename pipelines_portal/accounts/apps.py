from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "pipelines_portal.accounts"

    def ready(self) -> None:
        from pipelines_portal.accounts.signals import came_from_issuer
        from pipelines_portal.accounts.teams.groups import follow_groups

        came_from_issuer.connect(follow_groups)
