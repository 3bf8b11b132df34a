from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "pipelines_portal.notifications"

    def ready(self) -> None:
        from pipelines_portal.notifications import receivers  # noqa: F401 it connects them
