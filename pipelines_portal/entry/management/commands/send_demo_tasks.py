"""What the demo's two people sent: the ledger, Home and search then show what they are for."""

from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.core.management.base import BaseCommand

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.creation import Result, Typed, create_task
from pipelines_portal.keys.clients import client_for
from pipelines_portal.workflows.models import OpenedWorkflow

FRENCH, LATIN = "French", "Latin"
LEAD, OPERATOR = "demo@example.com", "operator@example.com"
TRANSLATIONS = 42
# Who sent which text to which language, the newest last. The API knows no Latin: one is rejected.
SENT = (
    (LEAD, "Welcome to the autumn collection.", FRENCH),
    (OPERATOR, "Free returns within 30 days of delivery.", FRENCH),
    (OPERATOR, "Your parcel is on its way. Follow it with the number below.", FRENCH),
    (OPERATOR, "The invoice is attached as a PDF.", LATIN),
    (OPERATOR, "Please keep the receipt for your records.", FRENCH),
    (LEAD, "We are closed on public holidays.", FRENCH),
)


class Command(BaseCommand):
    help = "Send a few tasks as the people of the demo. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        workflow = OpenedWorkflow.objects.filter(workflow_id=TRANSLATIONS, key__owner__email=LEAD).first()
        if workflow is None:
            return
        for result in _send_all(workflow):
            if result in (Result.NOT_SENT, Result.UNCERTAIN):
                return  # the API is away: the rest would wait for it too


def _send_all(workflow: OpenedWorkflow) -> Iterator[Result]:
    client = client_for(workflow.key)
    people = {person.email: person for person in User.objects.filter(email__in=(LEAD, OPERATOR))}
    for email, text, language in SENT:
        fields = {"input_text": text, "target_language": language}
        token = uuid5(NAMESPACE_URL, f"{email} {text}")
        yield create_task(people[email], workflow, client, Typed(fields, token, is_meant=True)).result
