"""Copy the files of tasks out of the archive, and delete those that no task names."""

from pipelines_portal.external_api.models import Task, Upload
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.storage.base import archive_name, file_name, files_prefix, stored_file
from pipelines_portal.external_api.uploads.archives import Archive, EntryError, EntryReader
from pipelines_portal.external_api.uploads.rows import UploadRow
from pipelines_portal.external_api.uploads.workers import Lease


class FileStore:
    """Copies the files of valid rows to the storage, each file once."""

    def __init__(self, upload: Upload, archive: Archive, lease: Lease) -> None:
        self._upload = upload
        self._archive = archive
        self._lease = lease
        self._numbers = {path: number for number, path in enumerate(archive.files)}
        self._stored: set[str] = set()

    def store_files(self, row: UploadRow) -> None:
        """Store the files of the row, and set its file values to the path as sent and the name of the object."""
        if row.problems:
            return
        for name, path in row.paths.items():
            try:
                row.values[name] = {"path": path, "object": self._object(path)}
            except EntryError as error:
                row.problems.add(name, str(error))

    def _object(self, path: str) -> str:
        name = file_name(self._upload.pk, self._numbers[path])
        if path not in self._stored:
            with self._archive.open(path) as content:
                get_storage().save(name, _RenewingReader(content, self._lease))
            self._stored.add(path)
        return name


class _RenewingReader:
    """A reader that renews the lease, because one file can take longer than a lease lasts."""

    def __init__(self, content: EntryReader, lease: Lease) -> None:
        self._content = content
        self._lease = lease

    def read(self, size: int = -1) -> bytes:
        self._lease.renew_if_due()
        return self._content.read(size)


def delete_unneeded_files(upload: Upload) -> None:
    """Delete the archive of an ended upload and every file that no task names, and count what stays."""
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
    return {name for values in fields for value in values.values() if (name := stored_file(value))}
