from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    name = "pipelines_portal.submissions"

    def ready(self) -> None:
        from pipelines_portal.saved_keys.signals import (
            keys_given_up,
            keys_missed,
            keys_retired,
            keys_rotated,
            rotation_began,
        )

        from .rotating import begin_retiring, give_up_missing, missed, renew_digests, retire

        rotation_began.connect(begin_retiring)
        keys_rotated.connect(renew_digests)
        keys_given_up.connect(give_up_missing)
        keys_retired.connect(retire)
        keys_missed.connect(missed)
