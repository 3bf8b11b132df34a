"""What removing an API key does to the imports that were begun with it: they are deleted, too."""

from django.db.models import QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey

from .access import unfinished
from .models import Import
from .signals import import_removed

MOST_NAMED = 5


def unfinished_with(key: SavedKey) -> QuerySet[Import]:
    return unfinished(Import.objects.filter(key=key)).select_related("owner")


def warn_of_removal(sender: object, key: SavedKey, **more: object) -> list[str]:
    """Return a sentence that says which imports would be deleted, if any."""
    found = list(unfinished_with(key)[: MOST_NAMED + 1])
    if not found:
        return []
    names = [f"{one.label} (of {one.owner})" for one in found[:MOST_NAMED]]
    more_of_them = ", and others" if len(found) > MOST_NAMED else ""
    return [
        f"Imports that are not finished are deleted for good, with the rows that were not sent: "
        f"{', '.join(names)}{more_of_them}."
    ]


def announce_removal(sender: object, key: SavedKey, by: User, **more: object) -> None:
    for one in unfinished_with(key):
        import_removed.send(Import, removed=one, key=key, by=by)
