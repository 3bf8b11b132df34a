"""What administrators do for people who cannot get in by themselves."""

from django.db import transaction
from django.http import HttpRequest

from pipelines_portal.accounts.issuer import unlink
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.passwords import mail_reset_link_by, reset_link
from pipelines_portal.accounts.second_step import steps_of, take_away
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.mail import mail_is_on
from pipelines_portal.people.roles import lock_administrators


@transaction.atomic
def make_reset_link(person: User, request: HttpRequest, *, by: User) -> str:
    """For an administrator to hand on; the worker mails one as well. It sets a password, and leaves the second step."""
    lock_administrators(by)
    record(Verb.RESET_LINK_MADE, by=by, target=person, email=person.email)
    if mail_is_on():
        mail_reset_link_by.enqueue(by.pk, person.pk)
    return reset_link(person, request, by=by)


@transaction.atomic
def take_second_step_away(person: User, *, by: User) -> bool:
    """False when they have none. They are signed out everywhere."""
    lock_administrators(by)
    if not steps_of(person).exists():
        return False
    take_away(person, by)
    return True


@transaction.atomic
def unlink_from_issuer(person: User, *, by: User) -> bool:
    """False when they are not linked. They are signed out everywhere."""
    lock_administrators(by)
    return unlink(person, by)
