"""Who may invite whom: roles and teams that a person may grant."""

from collections.abc import Collection

from pipelines_portal.accounts.models import Role, Team, User


def grantable_roles(person: User) -> list[Role]:
    """Return the roles that the person may grant: none with more rights than their own."""
    if person.is_administrator:
        return list(Role)
    return [Role.OPERATOR, Role.VIEWER] if person.may_send else [Role.VIEWER]


def may_grant(person: User, role: str, team_ids: Collection[int], led: Collection[int] | None = None) -> bool:
    """Return whether the person may invite into this role and these teams.

    Administrators may grant everything. Leads may grant their own role or less, in at least one team, and only in teams
    that they lead. A caller with many questions passes those as `led`.
    """
    if not person.is_active or role not in grantable_roles(person):
        return False
    if person.is_administrator:
        return True
    return bool(team_ids) and set(team_ids) <= set(led_team_ids(person) if led is None else led)


def led_team_ids(person: User) -> set[int]:
    return set(Team.objects.led_by(person).values_list("pk", flat=True))


def may_invite(person: User) -> bool:
    return person.is_administrator or Team.objects.led_by(person).exists()
