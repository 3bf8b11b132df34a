from django.apps import AppConfig


class EntryConfig(AppConfig):
    name = "pipelines_portal.entry"

    def ready(self) -> None:
        from pipelines_portal.entry.receivers import imports_deleted_with, lists_deleted_with
        from pipelines_portal.entry.sent_imports import describe_imports, find_imports_of_status
        from pipelines_portal.keys.removal import provide_losses
        from pipelines_portal.submissions.import_states import ImportStates, provide_import_states

        provide_losses(imports_deleted_with)
        provide_losses(lists_deleted_with)
        provide_import_states(ImportStates(find=describe_imports, select=find_imports_of_status))
