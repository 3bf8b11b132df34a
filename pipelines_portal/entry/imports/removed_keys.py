"""What removing an API key does to the imports that were begun with it: they are deleted, too."""

from django.db.models import QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.imports.access import unfinished
from pipelines_portal.entry.imports.signals import import_removed
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.models import SavedKey

MOST_NAMED = 5


def unfinished_with(key: SavedKey) -> QuerySet[ImportJob]:
    return unfinished(ImportJob.objects.filter(key=key)).select_related("owner")


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
        import_removed.send(ImportJob, removed=one, key=key, by=by)
