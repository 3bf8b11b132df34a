import json
import sys
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from pipelines_portal.accounts.models import Team, User
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.demo.replay import RecordedApi, clock_at
from pipelines_portal.demo.story import BEN, KEY_DAYS_LEFT, LENA, MARIA, TOM, Story
from pipelines_portal.keys.checking import KeyVerdict
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.expiry import Expiry
from pipelines_portal.keys.forms import clean_key_text
from pipelines_portal.keys.models import SavedKey, fingerprint
from pipelines_portal.web.api_connection import standing_in
from pipelines_portal.workflows.opening import open_workflow

PASSWORD = "pipelines-demo"  # noqa: S105 - the demo prints it
TEAM = "Intake"
NAMES = {MARIA: "Maria Weber", BEN: "Ben Okafor", LENA: "Lena Novak", TOM: "Tom Fischer"}
KEY_LIFETIME = timedelta(days=30)


class Command(BaseCommand):
    help = (
        "Load the demo: an administrator with an API key and workflows, and a team. With --story, standard input is "
        "what the External API's load_demo prints; without, it is the API key. Safe to run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--story", action="store_true")
        parser.add_argument("--key-name")
        parser.add_argument("--workflows", type=int, nargs="+", default=[])

    def handle(self, *args: Any, story: bool, key_name: str | None, workflows: list[int], **options: Any) -> None:
        given = sys.stdin.read()
        if story:
            _load_story(json.loads(given))
        else:
            _load_key(key_name or "Demo", given, workflows)


def _load_key(key_name: str, pasted: str, workflows: list[int]) -> None:
    with transaction.atomic():
        key = _share_key(key_name, pasted, [MARIA, BEN])
    try:
        for workflow_id in workflows:
            open_workflow(key, client_for(key), workflow_id, key.owner)
    except PipelinesError as error:
        raise CommandError(f"The workflows of the demo could not be added: {error}") from None


@transaction.atomic
def _load_story(told: dict[str, Any]) -> None:
    if SavedKey.objects.filter(fingerprint=fingerprint(told["key"])).exists():
        return  # the start was stopped just after this was loaded
    start = datetime.fromisoformat(told["start"])
    with clock_at(start - KEY_LIFETIME + timedelta(days=KEY_DAYS_LEFT)):
        key = _share_key(told["organization"], told["key"], list(NAMES), Expiry.DAYS_30)
    api = RecordedApi(told["workflows"], start)
    with standing_in(api):
        Story(told, api, key).tell()


def _share_key(name: str, pasted: str, emails: list[str], expiry: Expiry = Expiry.UNKNOWN) -> SavedKey:
    """Save the key of the first person, and share it with a team that all of them belong to."""
    try:
        text = clean_key_text(pasted)
    except ValidationError as error:
        raise CommandError(error.message) from None
    lead, *others = map(_person, emails)
    key = SavedKey.objects.filter(fingerprint=fingerprint(text)).first()
    key = key or SavedKey.objects.save_key(lead, name, text, expiry, KeyVerdict.UNKNOWN)
    team = Team.objects.filter(name=TEAM).first() or Team.objects.create_team(TEAM, by=lead)
    team.add_member(lead, by=lead, is_lead=True)
    for person in others:
        team.add_member(person, by=lead)
    key.share_with(team, lead)
    return key


def _person(email: str) -> User:
    person = User.objects.filter(email=email).first()
    if person is not None:
        return person
    if email == MARIA:
        return User.objects.create_superuser(email, PASSWORD, name=NAMES[email], is_demo=True)
    person = User.objects.create_user(email, PASSWORD, name=NAMES[email], is_demo=True)
    record(Verb.PERSON_MADE, by=None, target=person, email=person.email, role=person.role)
    return person
