"""A pooled answer, as SQL, against the plain queryset."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.keys.models import PooledAnswer
from pipelines_portal.keys.reads import read_answer


def test_it_reads_what_the_queryset_reads(saved_key: Any) -> None:
    for digest, fetched_at in (
        ("asked", None),
        ("read", timezone.now()),
        ("old", timezone.now() - timedelta(minutes=1)),
    ):
        PooledAnswer.objects.create(
            key=saved_key, workflow_id=42, digest=digest, text=f"{digest} ü", fetched_at=fetched_at
        )
    for digest in ("asked", "read", "old"):
        stored, plain = read_answer(saved_key.pk, digest), PooledAnswer.objects.get(key=saved_key, digest=digest)
        assert stored and (stored.text, stored.fetched_at) == (plain.text, plain.fetched_at)
        assert stored.is_younger_than(30) == (digest == "read")
    assert read_answer(saved_key.pk, "never asked") is None
    assert read_answer(saved_key.pk + 1, "read") is None
