"""The storage that the settings name."""

from functools import lru_cache

from django.conf import settings

from pipelines_portal.external_api.storage.base import Storage
from pipelines_portal.external_api.storage.embedded import EmbeddedStorage
from pipelines_portal.external_api.storage.location import S3Location


@lru_cache(maxsize=1)
def get_storage() -> Storage:
    """Return the storage that STORAGE_URL names."""
    if isinstance(settings.STORAGE, S3Location):
        # boto3 takes time and memory to load, so it is loaded only if there is a bucket.
        from pipelines_portal.external_api.storage.s3 import S3Storage

        return S3Storage(settings.STORAGE)
    return EmbeddedStorage(settings.STORAGE)
