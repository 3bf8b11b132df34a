"""The number of unread notifications, as SQL, against the plain queryset."""

import pytest
from django.utils import timezone

from pipelines_portal.notifications.models import Notification
from pipelines_portal.notifications.reads import count_unread
from tests.factories import make_person


@pytest.mark.django_db
def test_it_counts_what_the_queryset_counts() -> None:
    person, other = make_person(), make_person("other@acme.example")
    for number in range(7):
        Notification.objects.create(
            person=other if number == 6 else person, kind="key", subject=str(number), title="Key", address="/",
            is_listed=number != 0, read_at=timezone.now() if number == 1 else None,
        )  # fmt: skip
    unread = Notification.objects.filter(person=person, read_at=None, is_listed=True)
    assert count_unread(person.pk, 100) == unread.count() == 4
    assert count_unread(person.pk, 3) == unread[:3].count() == 3
    assert count_unread(other.pk, 100) == 1
