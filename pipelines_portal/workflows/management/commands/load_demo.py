import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from pipelines_portal.accounts.models import Team, User
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.checking import Verdict
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.expiry import Expiry
from pipelines_portal.keys.forms import clean_key_text
from pipelines_portal.keys.models import SavedKey, fingerprint
from pipelines_portal.workflows.opening import open_workflow

EMAIL, NAME = "demo@example.com", "Maria Weber"
SECOND_EMAIL, SECOND_NAME = "operator@example.com", "Ben Okafor"
PASSWORD = "pipelines-demo"  # noqa: S105 - the demo prints it
TEAM = "Intake"


class Command(BaseCommand):
    help = (
        "Load the demo: an administrator with an API key (read from standard input) and workflows, and an operator in "
        "a team. Safe to run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--key-name", required=True)
        parser.add_argument("--workflows", type=int, nargs="+", required=True)

    def handle(self, *args: Any, key_name: str, workflows: list[int], **options: Any) -> None:
        with transaction.atomic():
            user = User.objects.filter(email=EMAIL).first()
            user = user or User.objects.create_superuser(EMAIL, PASSWORD, name=NAME, is_demo=True)
            key = self._save_key(user, key_name, sys.stdin.read())
            _share_with_team(key, user)
        try:
            for workflow_id in workflows:
                open_workflow(key, client_for(key), workflow_id, user)
        except PipelinesError as error:
            raise CommandError(f"The workflows of the demo could not be added: {error}") from None

    def _save_key(self, user: User, name: str, pasted: str) -> SavedKey:
        try:
            text = clean_key_text(pasted)
        except ValidationError as error:
            raise CommandError(error.message) from None
        saved = SavedKey.objects.filter(fingerprint=fingerprint(text)).first()
        if saved:
            return saved
        return SavedKey.objects.save_key(user, name, text, Expiry.UNKNOWN, Verdict.UNKNOWN)


def _share_with_team(key: SavedKey, lead: User) -> None:
    """Share the key with a team that the second person belongs to."""
    team = Team.objects.filter(name=TEAM).first() or Team.objects.create_team(TEAM, by=lead)
    team.add_member(lead, by=lead, is_lead=True)
    team.add_member(_second_person(), by=lead)
    key.share_with(team, lead)


def _second_person() -> User:
    person = User.objects.filter(email=SECOND_EMAIL).first()
    if person is None:
        person = User.objects.create_user(SECOND_EMAIL, PASSWORD, name=SECOND_NAME, is_demo=True)
        record(Verb.PERSON_MADE, by=None, target=person, email=person.email, role=person.role)
    return person
