from django.apps import AppConfig


class EntryConfig(AppConfig):
    name = "pipelines_portal.entry"

    def ready(self) -> None:
        from pipelines_portal.core.attention import decisions_asked
        from pipelines_portal.entry.imports import requests  # noqa: F401 - it connects its receivers
        from pipelines_portal.entry.imports.removed_keys import announce_removal, warn_of_removal
        from pipelines_portal.entry.imports.waiting import waiting_imports
        from pipelines_portal.keys.signals import key_removal_asked, key_removed

        decisions_asked.connect(waiting_imports)
        key_removal_asked.connect(warn_of_removal)
        key_removed.connect(announce_removal)
