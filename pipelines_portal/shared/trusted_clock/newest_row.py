"""By when anything was last written: the clock stood there once."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import DateTimeField, Max, Model
from django.utils import timezone

AS_DJANGO_HAS_IT = timezone.now


def newest_row() -> datetime | None:
    """None where nothing was ever written, and nothing can be lost. What lies ahead was written by a wrong clock."""
    found = (_newest(model, field.name) for model, field in _times())
    return max((time for time in found if time is not None), default=None)


def _times() -> "Iterator[tuple[type[Model], DateTimeField[Any, Any]]]":
    """Of all tables, by when a row was made. What is set later may lie ahead: when something ends, or is due."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, DateTimeField) and (field.auto_now_add or field.default is AS_DJANGO_HAS_IT):
                yield model, field


def _newest(model: type[Model], name: str) -> datetime | None:
    past = model._base_manager.filter(**{f"{name}__lte": timezone.now()})
    newest: datetime | None = past.aggregate(newest=Max(name))["newest"]
    return newest
