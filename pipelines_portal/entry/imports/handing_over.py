"""Handing an import over to another person, in whose name its remaining rows are sent from then on."""

from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.entry.imports.requests import give_back_unsent, lock_unsent
from pipelines_portal.entry.imports.signals import import_handed_over
from pipelines_portal.entry.models import ImportJob

NOT_NOW = (ImportJob.Status.SENDING, ImportJob.Status.DELETED)


def hand_over(import_job: ImportJob, to: User, by: User) -> bool:
    """Make `to` the owner. Return False if it is being sent or deleted, or has another owner than `of` says.

    Submissions that were sent stay the former owner's; those that were not are made again for the new one.
    """
    former = import_job.owner
    # With a token of its own, it never meets another import that the new owner began.
    values = {"owner": to, "token": uuid4(), "continued_by": None, "changed_at": timezone.now()}
    with transaction.atomic():
        lock_unsent(import_job)
        if not ImportJob.objects.filter(pk=import_job.pk, owner=former).exclude(status__in=NOT_NOW).update(**values):
            return False
        import_job.refresh_from_db()
        give_back_unsent(import_job, of_others=True)
        owners = {"former_owner": former.email, "owner": to.email}
        record(Verb.IMPORT_HANDED_OVER, by=by, target=import_job, label=import_job.label, **owners)
        if to != by:
            import_handed_over.send(ImportJob, handed_over=import_job, by=by)
    return True
