import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.saved_keys.access import client_for
from pipelines_portal.saved_keys.forms import cleaned_key, fingerprint
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.workflows.opening import open_workflow

EMAIL, PASSWORD = "demo@example.com", "pipelines-demo"


class Command(BaseCommand):
    help = "The demo's account with a working key (read from standard input) and opened workflows. For demos only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--key-name", required=True)
        parser.add_argument("--workflows", type=int, nargs="+", required=True)

    def handle(self, *args: Any, key_name: str, workflows: list[int], **options: Any) -> None:
        user = User.objects.filter(email=EMAIL).first() or User.objects.create_user(EMAIL, PASSWORD)
        key = self._save_key(user, key_name, sys.stdin.read())
        try:
            for workflow_id in workflows:
                open_workflow(key, client_for(key), workflow_id, user)
        except PipelinesError as error:
            raise CommandError(f"The demo's workflows could not be opened: {error}") from None

    def _save_key(self, user: User, name: str, pasted: str) -> SavedKey:
        try:
            text = cleaned_key(pasted)
        except ValidationError as error:
            raise CommandError(error.message) from None
        key = SavedKey(owner=user, name=name, fingerprint=fingerprint(text))
        key.seal(text)
        key.save()
        return key
