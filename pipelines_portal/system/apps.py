from django.apps import AppConfig


class SystemConfig(AppConfig):
    name = "pipelines_portal.system"

    def ready(self) -> None:
        from pipelines_portal.system import receivers  # noqa: F401 it connects them
