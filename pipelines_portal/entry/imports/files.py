"""The file of an import as it came, kept in parts until its rows are on their way."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines_portal.entry.models import FilePart, ImportJob

PART = 1024 * 1024


def keep_file(import_job: ImportJob, chunks: Iterable[bytes]) -> None:
    """Call in the transaction that makes the import."""
    for number, part in enumerate(_parts(chunks)):
        FilePart.objects.create(import_job=import_job, number=number, data=part)


@contextmanager
def file_on_disk(import_job: ImportJob) -> Iterator[Path]:
    """The file, for as long as it is read."""
    with tempfile.NamedTemporaryFile(prefix="import-") as file:
        for part in import_job.parts.iterator(4):
            file.write(part.data)
        file.flush()
        yield Path(file.name)


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    kept = b""
    for chunk in chunks:
        kept += chunk
        while len(kept) >= PART:
            yield kept[:PART]
            kept = kept[PART:]
    if kept:
        yield kept
