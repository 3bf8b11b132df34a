"""What a person may give to others by inviting them."""

from collections.abc import Collection

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.accounts.teams.access import teams_led_by


def roles_given_by(person: User) -> list[Role]:
    """None that is more than their own."""
    if person.is_administrator:
        return list(Role)
    return [Role.OPERATOR, Role.VIEWER] if person.may_send else [Role.VIEWER]


def may_give(person: User, role: str, teams: Collection[int], led: Collection[int] | None = None) -> bool:
    """Administrators everything; leads a role of their own or less, in teams that they lead: at least one.

    `led`: the teams they lead, from whoever asks about many roles and has them.
    """
    if not person.is_active or role not in roles_given_by(person):
        return False
    if person.is_administrator:
        return True
    return bool(teams) and set(teams) <= set(ids_of_teams_led_by(person) if led is None else led)


def ids_of_teams_led_by(person: User) -> set[int]:
    return set(teams_led_by(person).values_list("pk", flat=True))


def may_invite(person: User) -> bool:
    return person.is_administrator or teams_led_by(person).exists()
