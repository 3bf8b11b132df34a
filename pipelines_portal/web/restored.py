"""The database is that of an earlier moment: what went out since is not in it."""

from django.dispatch import Signal

from pipelines_portal.shared.backup.places import read_places

# Rooms that send by themselves stop, until a person has looked. Each may be told twice.
portal_restored = Signal()


def tell_of_a_restore(*, is_one: bool = False) -> None:
    """Before the first start after a restore, in the migrated database. `is_one`: somebody says so, of PostgreSQL."""
    mark = read_places().restored
    if is_one or mark.exists():
        portal_restored.send(sender=None)
        mark.unlink(missing_ok=True)
