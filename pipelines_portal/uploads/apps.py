from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "pipelines_portal.uploads"

    def ready(self) -> None:
        from pipelines_portal.uploads import receivers  # noqa: F401 it connects them
