"""Every change of a team, with its event in the same transaction. False: it was so already, or the team is gone."""

from django.db import transaction

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb


@transaction.atomic
def create_team(name: str, *, by: User | None) -> Team:
    """Raises IntegrityError where another team is called so."""
    team = Team.objects.create(name=name)
    record(Verb.TEAM_CREATED, by=by, target=team)
    return team


@transaction.atomic
def rename_team(team: Team, name: str, *, by: User) -> bool:
    """Raises IntegrityError where another team is called so."""
    if not Team.objects.filter(pk=team.pk).exclude(name=name).update(name=name):
        return False
    record(Verb.TEAM_RENAMED, by=by, target=team, label=name, was=team.name)
    return True


@transaction.atomic
def remove_team(team: Team, *, by: User) -> bool:
    """Its members stay in the portal; what was shared with it is shared with it no longer."""
    if not _locked(team):
        return False
    keys = [str(share.key) for share in team.key_shares.select_related("key")]
    people = team.memberships.count()
    record(Verb.TEAM_REMOVED, by=by, target=team, people=people, keys=keys)
    outdate_sidebars(team.memberships.values_list("user", flat=True))
    team.delete()
    return True


@transaction.atomic
def add_member(team: Team, person: User, *, by: User | None, is_lead: bool = False) -> bool:
    if not _locked(team):
        return False
    _, is_new = Membership.objects.get_or_create(team=team, user=person, defaults={"is_lead": is_lead})
    if is_new:
        record(Verb.MEMBER_ADDED, by=by, target=team, person=person.email, lead=is_lead)
        outdate_sidebars([person.pk])
    return is_new


@transaction.atomic
def take_out(team: Team, person: User, *, by: User | None) -> bool:
    """Ends what they may do through the team with their next request."""
    gone, _ = Membership.objects.filter(team=team, user=person).delete()
    if gone:
        record(Verb.MEMBER_REMOVED, by=by, target=team, person=person.email)
        outdate_sidebars([person.pk])
    return bool(gone)


@transaction.atomic
def set_lead(team: Team, person: User, is_lead: bool, *, by: User) -> bool:
    changed = Membership.objects.filter(team=team, user=person, is_lead=not is_lead).update(is_lead=is_lead)
    if changed:
        record(Verb.LEAD_CHANGED, by=by, target=team, person=person.email, lead=is_lead)
    return bool(changed)


def _locked(team: Team) -> bool:
    """Whether it is still there; then it stays so to the transaction's end."""
    return Team.objects.select_for_update().filter(pk=team.pk).first() is not None
