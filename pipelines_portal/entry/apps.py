from django.apps import AppConfig


class EntryConfig(AppConfig):
    name = "pipelines_portal.entry"

    def ready(self) -> None:
        from pipelines_portal.entry import receivers  # noqa: F401 - it connects its receivers
        from pipelines_portal.entry.sent_imports import describe_imports, find_imports_of_status
        from pipelines_portal.submissions.import_states import ImportStates, provide_import_states

        provide_import_states(ImportStates(find=describe_imports, select=find_imports_of_status))
