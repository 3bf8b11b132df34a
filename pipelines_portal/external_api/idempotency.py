"""Idempotency keys: a POST that a client repeats with the same key is carried out once and answered again."""

import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.utils import timezone

from pipelines_portal.core.database_errors import is_locked
from pipelines_portal.core.housekeeping import delete_in_batches
from pipelines_portal.external_api.http.errors import ApiError, note_commit
from pipelines_portal.external_api.http.middleware import IDEMPOTENCY_KEY, is_idempotency_key
from pipelines_portal.external_api.models import IdempotentRequest, Upload
from pipelines_portal.external_api.workflows.permissions import KeyRequest

STORED_FOR = timedelta(days=7)
# How long a request waits for the first one with its key. On SQLite, it waits as long as for any other lock.
WAIT_SECONDS = 5
RETRY_AFTER_SECONDS = 1
JSON = "application/json; charset=utf-8"
REPLAYED = "Idempotent-Replayed"
MALFORMED = "Idempotency-Key must have 1 to 255 visible ASCII characters, without spaces."
REUSED = "This Idempotency-Key was used for another {}. Use a new key for each request."
IN_USE = "The first request with this Idempotency-Key is still running. Try again in a moment."
# Method, path and hash of the body.
Sent = tuple[str, str, str]


@dataclass
class Claim:
    """A request's claim on its key. `first` is the stored request that it repeats; `key` is "" without a header."""

    organization_id: int
    key: str = ""
    first: IdempotentRequest | None = None

    def store(self, status: int, body: bytes = b"", upload: Upload | None = None) -> None:
        """Store the answer: its body, or the upload that was started. Call in the transaction that made the change."""
        if self.key:
            row = IdempotentRequest.objects.filter(organization=self.organization_id, key=self.key)
            row.update(status=status, answer=zlib.compress(body), upload=upload)


def stored_response(first: IdempotentRequest) -> HttpResponse:
    """Return the answer to the first request, byte for byte."""
    response = HttpResponse(zlib.decompress(first.answer), status=first.status, content_type=JSON)
    response[REPLAYED] = "true"
    return response


def first_request(request: KeyRequest) -> IdempotentRequest | None:
    """Return the stored request that this one repeats, if any. Ask before anything is checked: its answer stands."""
    key = idempotency_key(request)
    return None if key is None else _find(request.auth.organization_id, key, _sent(request))


@contextmanager
def claim_key(request: KeyRequest) -> Iterator[Claim]:
    """Claim the request's key in a transaction around the block. If it was used meanwhile, `first` is that request.

    The key's row is inserted first and committed together with what the block changes. A second request with the same
    key waits for that: it finds the complete answer, or no row if the first one failed. On SQLite all others wait too,
    so the block only writes: what takes time comes before.
    """
    key = idempotency_key(request)
    with transaction.atomic():
        yield _claim(request, key) if key else Claim(request.auth.organization_id)
        note_commit(request)


def idempotency_key(request: KeyRequest) -> str | None:
    """Return the request's key, or None. Raise 400 if it is malformed."""
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is not None and not is_idempotency_key(key):
        raise ApiError(400, MALFORMED)
    return key


def _claim(request: KeyRequest, key: str) -> Claim:
    organization_id, sent = request.auth.organization_id, _sent(request)
    while not _insert(organization_id, key, sent):
        if first := _find(organization_id, key, sent):
            return Claim(organization_id, key, first)
        # Its time was over, and it was deleted in between.
    return Claim(organization_id, key)


def _sent(request: KeyRequest) -> Sent:
    return str(request.method), request.path, hashlib.sha256(request.body).hexdigest()


def _find(organization_id: int, key: str, sent: Sent) -> IdempotentRequest | None:
    first = IdempotentRequest.objects.select_related("upload").filter(organization=organization_id, key=key).first()
    if first and (first.method, first.path) != sent[:2]:
        raise ApiError(422, REUSED.format("path"), reason="idempotency_key_reused")
    if first and first.body_sha256 != sent[2]:
        raise ApiError(422, REUSED.format("body"), reason="idempotency_key_reused")
    return first


def _insert(organization_id: int, key: str, sent: Sent) -> bool:
    """Insert the row, and return False if there is one. On PostgreSQL, wait for a transaction that inserts the same."""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
        try:
            cursor.execute(INSERT_SQL, [organization_id, key, *sent, 0, b"", now])
        except OperationalError as error:
            if is_locked(error):
                raise ApiError(409, IN_USE, reason="idempotency_key_in_use", retry_after=RETRY_AFTER_SECONDS) from error
            raise
        return bool(cursor.rowcount)


INSERT_SQL = f"""
    INSERT INTO {IdempotentRequest._meta.db_table}
        (organization_id, key, method, path, body_sha256, status, answer, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (organization_id, key) DO NOTHING"""  # noqa: S608 the model's own name


def delete_old_answers() -> int:
    return delete_in_batches(IdempotentRequest.objects.filter(created_at__lte=timezone.now() - STORED_FOR))
