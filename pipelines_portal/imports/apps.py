from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "pipelines_portal.imports"

    def ready(self) -> None:
        from pipelines_portal.saved_keys.signals import key_removal_asked, key_removed
        from pipelines_portal.web.attention import decisions_asked

        from . import requests  # noqa: F401 - it connects its receivers
        from .removed_keys import announce_removal, warn_of_removal
        from .waiting import waiting_imports

        decisions_asked.connect(waiting_imports)
        key_removal_asked.connect(warn_of_removal)
        key_removed.connect(announce_removal)
