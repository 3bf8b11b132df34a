from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "pipelines_portal.imports"

    def ready(self) -> None:
        from pipelines_portal.saved_keys.signals import keys_given_up, keys_rotated
        from pipelines_portal.web.attention import decisions_asked

        from .rotating import renew_digests, tell_given_up
        from .waiting import waiting_imports

        keys_rotated.connect(renew_digests)
        keys_given_up.connect(tell_given_up)
        decisions_asked.connect(waiting_imports)
