from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    name = "pipelines_portal.submissions"

    def ready(self) -> None:
        from pipelines_portal.saved_keys.signals import keys_rotated

        from .rotating import renew_digests

        keys_rotated.connect(renew_digests)
