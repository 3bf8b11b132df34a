from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "pipelines_portal.imports"

    def ready(self) -> None:
        from pipelines_portal.saved_keys.signals import keys_rotated

        from .rotating import check_again

        keys_rotated.connect(check_again)
