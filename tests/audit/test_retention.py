"""Events are never changed, and are deleted after AUDIT_RETENTION_DAYS."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from pipelines_portal.audit import models
from pipelines_portal.audit.models import Event, delete_old_events
from pipelines_portal.core.housekeeping import run_tasks
from pipelines_portal.worker.schedule import EVERY_HOUR


@pytest.mark.django_db
def test_old_events_are_deleted_in_batches(settings: Any, monkeypatch: Any) -> None:
    settings.AUDIT_RETENTION_DAYS = 30
    monkeypatch.setattr(models, "BATCH_SIZE", 10)
    now = timezone.now()
    for days, count in ((29, 3), (31, 25)):
        Event.objects.bulk_create(Event(verb="signed-in", at=now - timedelta(days=days)) for _ in range(count))
    assert delete_old_events() == 25
    assert Event.objects.count() == 3
    assert delete_old_events() == 0


@pytest.mark.django_db
def test_an_event_cannot_be_changed() -> None:
    event = Event.objects.create(verb="signed-in")
    with pytest.raises(DatabaseError, match="Events are added, and never changed"), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(verb="signed-out")


@pytest.mark.django_db(transaction=True)
def test_the_worker_deletes_old_events_when_it_tidies() -> None:
    for days in (731, 729, 0):
        Event.objects.create(verb="signed-in", at=timezone.now() - timedelta(days=days))
    run_tasks(EVERY_HOUR)
    assert Event.objects.count() == 2
