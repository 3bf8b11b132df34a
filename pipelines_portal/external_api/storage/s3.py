"""A storage in an S3 bucket. boto3 finds the credentials, for example in AWS_ACCESS_KEY_ID."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, BinaryIO

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils import timezone

from pipelines_portal.external_api.storage.base import (
    ARCHIVE_TYPE,
    ChangedError,
    Readable,
    StorageUnavailableError,
    StoredObject,
)
from pipelines_portal.external_api.storage.location import S3Location

CHUNK_BYTES = 1024 * 1024
GONE = {"404", "NoSuchKey", "412", "PreconditionFailed"}
# Threads would read ahead and hold the whole file in memory.
ONE_AFTER_ANOTHER = TransferConfig(use_threads=False)


class S3Storage:
    """A `Storage` in a bucket."""

    notes_puts = False

    def __init__(self, location: S3Location) -> None:
        self._bucket = location.bucket
        self._client = _client(location.endpoint, location.region)
        self._signer = _client(location.public_endpoint, location.region)

    def upload_url(self, name: str, expires_at: datetime, server: str) -> str:
        url: str = self._signer.generate_presigned_url(
            "put_object",
            Params={"Bucket": self._bucket, "Key": name, "ContentType": ARCHIVE_TYPE},
            ExpiresIn=int((expires_at - timezone.now()).total_seconds()),
        )
        return url

    def find(self, name: str) -> StoredObject | None:
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=name)
            return StoredObject(head["ETag"], head["ContentLength"])
        except ClientError as error:
            if _code(error) in GONE:
                return None
            raise StorageUnavailableError from error
        except BotoCoreError as error:
            raise StorageUnavailableError from error

    def require_room(self, size: int) -> None:
        """Do nothing: a bucket does not report free space."""

    @contextmanager
    def open(self, name: str, fingerprint: str, progress: Callable[[], None]) -> Iterator[BinaryIO]:
        with tempfile.TemporaryFile(dir=settings.DATA_DIR) as copy:
            for chunk in self._chunks(name, fingerprint):
                copy.write(chunk)
                progress()
            copy.seek(0)
            yield copy

    def _chunks(self, name: str, fingerprint: str) -> Iterator[bytes]:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=name, IfMatch=fingerprint)
        except ClientError as error:
            if _code(error) in GONE:
                raise ChangedError from error
            raise
        with closing(answer["Body"]) as body:
            yield from body.iter_chunks(CHUNK_BYTES)

    def save(self, name: str, content: Readable) -> None:
        self._client.upload_fileobj(content, self._bucket, name, Config=ONE_AFTER_ANOTHER)

    def delete(self, name: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=name)

    def sizes(self, prefix: str) -> dict[str, int]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return {entry["Key"]: entry["Size"] for page in pages for entry in page.get("Contents", [])}

    def delete_unfinished(self, older_than: datetime) -> int:
        """Do nothing: S3 stores complete objects only."""
        return 0


def _client(endpoint: str | None, region: str) -> Any:
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"} if endpoint else {},
        connect_timeout=5,
        read_timeout=30,
        retries={"max_attempts": 3, "mode": "standard"},
        # Not every S3-compatible storage supports the newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return boto3.client("s3", endpoint_url=endpoint, region_name=region, config=config)


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
