"""The files of tasks: copied out of the archive, and deleted when no task names them."""

from pipelines_portal.external_api.models import Task, Upload
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.storage.base import archive_name, file_name, files_prefix
from pipelines_portal.external_api.uploads.archives import Archive, EntryError, EntryReader
from pipelines_portal.external_api.uploads.rows import UploadRow
from pipelines_portal.external_api.uploads.workers import Lease


class FileKeeper:
    """Copies the files of good rows to where tasks find them, each once."""

    def __init__(self, upload: Upload, archive: Archive, lease: Lease) -> None:
        self._upload = upload
        self._archive = archive
        self._lease = lease
        self._numbers = {path: number for number, path in enumerate(archive.files)}
        self._kept: set[str] = set()

    def keep_files(self, row: UploadRow) -> None:
        """Set the row's file values to what a task holds: the path as sent, and the stored object's name."""
        if row.problems:
            return
        for name, path in row.paths.items():
            try:
                row.values[name] = {"path": path, "object": self._object(path)}
            except EntryError as error:
                row.problems.add(name, str(error))

    def _object(self, path: str) -> str:
        name = file_name(self._upload.pk, self._numbers[path])
        if path not in self._kept:
            with self._archive.open(path) as content:
                get_storage().save(name, _Watched(content, self._lease))
            self._kept.add(path)
        return name


class _Watched:
    """A file being read; the lease is kept meanwhile, for one file can take longer than a lease lasts."""

    def __init__(self, content: EntryReader, lease: Lease) -> None:
        self._content = content
        self._lease = lease

    def read(self, size: int = -1) -> bytes:
        self._lease.keep_if_due()
        return self._content.read(size)


def delete_unneeded_files(upload: Upload) -> None:
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
