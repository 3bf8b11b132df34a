"""Files of rows that go along with an archive: read in the page if that takes a moment, else by the worker."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_tasks import task

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.core.page_work import OutOfTime, TimeBudget
from pipelines_portal.core.tidying import remove_in_batches
from pipelines_portal.spreadsheets.limits import RowsFileError
from pipelines_portal.spreadsheets.reading import RowsRead, read_rows
from pipelines_portal.uploads.models import RowsFile

# Longer than the worker needs for one.
LEASE = timedelta(minutes=2)
KEPT_FOR = timedelta(days=1)
LONGEST_NAME = 255
# Files of one person that are stored at once: a new one replaces the oldest.
MOST_OF_ONE = 5


def rows_in_file(user: User, name: str, data: bytes, schema: Schema, budget: TimeBudget) -> RowsRead | None:
    """Return the rows of the file, or None while the worker reads it. Raises RowsFileError."""
    digest = _digest(name, data, schema)
    file = RowsFile.objects.filter(owner=user, digest=digest).defer("data").first()
    if file is None:
        try:
            return read_rows(name, data, schema, budget)
        except OutOfTime:
            file = _store(user, digest, name, data, schema)
    if file.is_read:
        return _result_of(file.result)
    _start_job(file)
    return None


def _digest(name: str, data: bytes, schema: Schema) -> str:
    """Hash the file with the secret key, so that its contents cannot be guessed from the digest."""
    hashed = salted_hmac("uploads.rows_file", data, algorithm="sha256")
    hashed.update(f"\0{name}\0{schema.model_dump_json()}".encode(errors="replace"))
    return hashed.hexdigest()


def _store(user: User, digest: str, name: str, data: bytes, schema: Schema) -> RowsFile:
    stored = RowsFile.objects.filter(owner=user).order_by("-created_at").values_list("pk", flat=True)
    RowsFile.objects.filter(pk__in=list(stored[MOST_OF_ONE - 1 :])).delete()
    values = {"name": name[-LONGEST_NAME:], "data": data, "schema": schema.model_dump(mode="json")}
    return RowsFile.objects.get_or_create(owner=user, digest=digest, defaults=values)[0]


def _result_of(result: dict[str, Any]) -> RowsRead:
    if "title" in result:
        raise RowsFileError(**result)
    return RowsRead(**result)


def _start_job(file: RowsFile) -> None:
    """Start one job at a time for each file, and another one if the last left no result within its lease."""
    now = timezone.now()
    if RowsFile.objects.filter(pk=file.pk, is_read=False, due_at__lte=now).update(due_at=now + LEASE):
        read_rows_file.enqueue(str(file.pk))


@task()
def read_rows_file(file_id: str) -> None:
    """Read a file that a page had no time for."""
    file = RowsFile.objects.filter(pk=UUID(file_id), is_read=False).first()
    if file is None:
        return
    try:
        result = asdict(read_rows(file.name, bytes(file.data), Schema.model_validate(file.schema)))
    except RowsFileError as error:
        result = {"title": error.title, "advice": error.advice}
    RowsFile.objects.filter(pk=file.pk).update(result=result, data=b"", is_read=True)


def forget_old_rows_files() -> int:
    """Remove those of a day ago: their rows are in a submission by now, or nobody asked again. Return how many."""
    return remove_in_batches(RowsFile.objects.filter(created_at__lt=timezone.now() - KEPT_FOR), 1)
