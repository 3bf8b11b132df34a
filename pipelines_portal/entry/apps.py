from django.apps import AppConfig


class EntryConfig(AppConfig):
    name = "pipelines_portal.entry"

    def ready(self) -> None:
        from pipelines_portal.entry import receivers  # noqa: F401 - it connects its receivers
