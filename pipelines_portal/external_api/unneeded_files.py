"""Deleting what an ended upload leaves behind."""

from pipelines_portal.external_api.models import Task, Upload
from pipelines_portal.external_api.storage import archive_name, file_name, get_storage


def delete_what_is_not_needed(upload: Upload) -> None:
    """The archive of an ended upload, and every unpacked file that no task names."""
    storage = get_storage()
    storage.delete(archive_name(upload.pk))
    needed = _objects_of_tasks(upload)
    for name in storage.names(file_name(upload.pk, 0).removesuffix("0")):
        if name not in needed:
            storage.delete(name)


def _objects_of_tasks(upload: Upload) -> set[str]:
    fields = Task.objects.filter(upload=upload).values_list("fields", flat=True).iterator()
    return {
        value["object"]
        for values in fields
        for value in values.values()
        if isinstance(value, dict) and "object" in value
    }
