from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    name = "pipelines_portal.submissions"

    def ready(self) -> None:
        from pipelines_portal.saved_keys.signals import keys_given_up, keys_retired, keys_rotated

        from .rotating import give_up_missing, keep_first_alone, renew_digests

        keys_rotated.connect(renew_digests)
        keys_given_up.connect(give_up_missing)
        keys_retired.connect(keep_first_alone)
