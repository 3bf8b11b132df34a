"""A pooled answer, as SQL, against the plain queryset."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.keys.models import PooledAnswer
from pipelines_portal.keys.reads import read_answer


def test_it_reads_what_the_queryset_reads(saved_key: Any) -> None:
    for what, fetched_at in (("asked", None), ("read", timezone.now()), ("old", timezone.now() - timedelta(minutes=1))):
        PooledAnswer.objects.create(key=saved_key, workflow_id=42, what=what, text=f"{what} ü", fetched_at=fetched_at)
    for what in ("asked", "read", "old"):
        stored, plain = read_answer(saved_key.pk, what), PooledAnswer.objects.get(key=saved_key, what=what)
        assert stored and (stored.text, stored.fetched_at) == (plain.text, plain.fetched_at)
        assert stored.is_younger_than(30) == (what == "read")
    assert read_answer(saved_key.pk, "never asked") is None
    assert read_answer(saved_key.pk + 1, "read") is None
