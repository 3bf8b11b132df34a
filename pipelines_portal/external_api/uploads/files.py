"""Deleting what an ended upload leaves behind."""

from pipelines_portal.external_api.models import Task, Upload
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.storage.base import archive_name, files_prefix


def delete_what_is_not_needed(upload: Upload) -> None:
    """The archive of an ended upload, and every unpacked file that no task names. What stays is counted."""
    storage = get_storage()
    storage.delete(archive_name(upload.pk))
    needed = _objects_of_tasks(upload)
    kept = 0
    for name, size in storage.sizes(files_prefix(upload.pk)).items():
        if name in needed:
            kept += size
        else:
            storage.delete(name)
    Upload.objects.filter(pk=upload.pk).update(kept_bytes=kept)


def _objects_of_tasks(upload: Upload) -> set[str]:
    fields = Task.objects.filter(upload=upload).values_list("fields", flat=True).iterator()
    return {
        value["object"]
        for values in fields
        for value in values.values()
        if isinstance(value, dict) and "object" in value
    }
