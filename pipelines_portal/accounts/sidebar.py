"""The version of a person's sidebar, under which each process caches the sidebar."""

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.db.models import F
from django.db.transaction import on_commit


def outdate_sidebars(person_ids: Iterable[int]) -> None:
    """Let the pages of these people read their sidebar again, after the transaction has committed.

    Within the transaction, a change that many people see would lock all their rows until it ends, and two such changes
    could deadlock.
    """
    ids = list(person_ids)
    if ids:
        on_commit(lambda: _raise_versions(ids))


def _raise_versions(person_ids: list[int]) -> None:
    get_user_model().objects.filter(pk__in=person_ids).update(sidebar_version=F("sidebar_version") + 1)
