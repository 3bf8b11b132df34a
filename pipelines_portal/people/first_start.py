"""The account of the first administrator, created with the setup link. The link works until there is one."""

from django.conf import settings
from django.urls import reverse

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.first_start import first_only, setup_link
from pipelines_portal.people.models import FirstAdministrator


def is_finished() -> bool:
    """Return whether there is an administrator. Colleagues may have signed in through the identity provider before.

    Demo accounts count only where they can sign in.
    """
    administrators = User.objects.filter(role=Role.ADMINISTRATOR)
    return (administrators if settings.DEMO_IS_ON else administrators.filter(is_demo=False)).exists()


def link() -> str:
    """Return the setup link, or "" if there is an administrator."""
    if is_finished():
        return ""
    address = settings.PORTAL_URL or f"http://localhost:{settings.PORT}"
    return setup_link(address, reverse("people:first_administrator"))


def create_first_administrator(name: str, email: str, password: str) -> User:
    """Create the account. Raise SetupFinished for all but one of several requests at once."""
    with first_only(is_finished):
        FirstAdministrator.objects.create(pk=FirstAdministrator.ONLY)
        person = User.objects.create_user(email, password, name=name, role=Role.ADMINISTRATOR)
        record(Verb.PERSON_MADE, by=person, target=person, how="the setup link")
    return person
