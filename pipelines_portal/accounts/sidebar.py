"""The version of a person's sidebar, by which each process caches what the sidebar shows."""

from collections.abc import Iterable

from django.db.models import F
from django.db.transaction import on_commit

from pipelines_portal.accounts.models import User


def outdate_sidebars(person_ids: Iterable[int]) -> None:
    """Make pages of these people read their sidebar again, once the transaction has committed.

    Not within the transaction: a change that many people see would hold all their rows until it ends, and two such
    changes at once could wait for each other.
    """
    ids = list(person_ids)
    if ids:
        on_commit(lambda: _raise_versions(ids))


def _raise_versions(person_ids: list[int]) -> None:
    User.objects.filter(pk__in=person_ids).update(sidebar_version=F("sidebar_version") + 1)
