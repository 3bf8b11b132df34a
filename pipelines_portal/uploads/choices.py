"""Step 1: judge a chosen archive by its end, and keep the choice as a draft of the ledger."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.db import transaction

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.submissions.drafts import save_draft
from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads.archive.directory import read_directory
from pipelines_portal.uploads.archive.given_rows import preview_before_rows, preview_of_rows, row_entry
from pipelines_portal.uploads.archive.preview import Preview, preview_of_archive, preview_of_refusal
from pipelines_portal.uploads.archive.tail import Tail, Unusable
from pipelines_portal.uploads.forms import ChosenFile
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.transitions import replace_choice
from pipelines_portal.workflows.fields.base import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow


@dataclass
class Checked:
    """What would come of it. `entries` name what makes each row."""

    preview: Preview
    rows: list[FieldValues] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)


def check_archive(file: ChosenFile, schema: Schema, given: list[FieldValues] | None) -> Checked:
    """The tasks that the archive makes, with the `given` rows or by itself; no rows: they are still to come.

    Raises TailTooShort.
    """
    try:
        directory = read_directory(Tail(file.tail, file.size))
        if given is not None and not given:
            return Checked(preview_before_rows(directory))
        if given is not None:
            entries = [row_entry(number, row, schema) for number, row in enumerate(given, 1)]
            return Checked(preview_of_rows(given, directory, schema), given, entries)
        preview, derived = preview_of_archive(directory, schema)
    except Unusable as refusal:
        return Checked(preview_of_refusal(refusal))
    entries = [f"{row.entry}/" if row.is_folder else row.entry for row in derived]
    return Checked(preview, [dict(row.files) for row in derived], entries)


def save_choice(owner: User, workflow: OpenedWorkflow, file: ChosenFile, checked: Checked, token: UUID) -> ZipUpload:
    """The choice as a draft: the same page's next check takes its place, until it is on its way."""
    chosen = {
        "file_name": file.name,
        "size_bytes": file.size,
        "fingerprint": file.fingerprint,
        "levels_left_out": file.levels_left_out,
        "task_count": checked.preview.task_count,
        "sends_rows": not checked.preview.is_derived,
        "entries": checked.entries,
        "preview": checked.preview.as_json(),
    }
    with transaction.atomic():
        earlier = ZipUpload.objects.select_for_update().filter(submission__owner=owner, submission__token=token).first()
        if earlier and not replace_choice(earlier, chosen):
            earlier, token = None, uuid4()
        submission = _draft_of_rows(owner, workflow, checked, token)
        return earlier or ZipUpload.objects.create(submission=submission, **chosen)


def _draft_of_rows(owner: User, workflow: OpenedWorkflow, checked: Checked, token: UUID) -> Submission:
    submission = save_draft(owner, workflow.key, workflow, checked.rows, token, Submission.Kind.ZIP)
    if submission.status != Submission.Status.DRAFT:
        submission = save_draft(owner, workflow.key, workflow, checked.rows, uuid4(), Submission.Kind.ZIP)
    return submission


def discard_choice(owner: User, token: UUID) -> None:
    """An archive that cannot be used takes the place of the one chosen before it: nothing is left to go on with."""
    chosen = ZipUpload.objects.filter(submission__owner=owner, submission__token=token, stage=Stage.CHOSEN)
    with transaction.atomic():
        drafts = [upload.submission_id for upload in chosen.select_for_update()]
        Submission.objects.filter(pk__in=drafts, status=Submission.Status.DRAFT).delete()
