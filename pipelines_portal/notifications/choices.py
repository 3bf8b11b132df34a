"""What people want to be told of, in the portal and by mail."""

from pipelines_portal.accounts.models import User
from pipelines_portal.notifications.models import Choices, Kind

LISTED = [kind.value for kind in Kind]
MAILED = [Kind.BATCH.value, Kind.UNKNOWN.value, Kind.KEY.value]


def choices_of(person: User) -> Choices:
    """Kept, or what everybody begins with."""
    kept = Choices.objects.filter(person=person).first()
    return kept or Choices(person=person, listed=LISTED, mailed=MAILED)


def keep(person: User, listed: list[str], mailed: list[str], mail: str) -> None:
    Choices.objects.update_or_create(person=person, defaults={"listed": listed, "mailed": mailed, "mail": mail})
